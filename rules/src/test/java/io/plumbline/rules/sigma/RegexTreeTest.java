package io.plumbline.rules.sigma;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RegexTreeTest {
    @Test
    void countsWhatRepetitionsMake() {
        assertThat(RegexTree.sizeOf("(a{100}){100}")).isGreaterThan(10_000);
        assertThat(RegexTree.sizeOf("a+b*c{2,5}")).isLessThan(30);
        assertThat(RegexTree.sizeOf("[ab]{100}")).isLessThan(120);
        assertThat(RegexTree.depthOf("((a)(b(c)))\\(")).isEqualTo(3);
    }
}
