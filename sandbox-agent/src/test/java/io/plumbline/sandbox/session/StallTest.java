package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StallTest {
    private final Stall stall = new Stall(2);

    @Test
    void tellsOfWorkThatDoesNotGoOnAsLongAsItDoesNot() {
        assertThat(stall.hangs(5, true)).isFalse();
        assertThat(stall.hangs(5, true)).isFalse();
        assertThat(stall.hangs(5, true)).isFalse();
        assertThat(stall.hangs(5, true)).isTrue();
        assertThat(stall.hangs(5, true)).isFalse();
        assertThat(stall.hangs(5, true)).isTrue();

        assertThat(stall.hangs(6, true)).isFalse();
        assertThat(stall.hangs(6, true)).isFalse();
        assertThat(stall.hangs(6, true)).isFalse();
        assertThat(stall.hangs(6, true)).isTrue();
    }

    @Test
    void whereNothingIsDueNothingHangs() {
        for (int look = 0; look < 10; look++) {
            assertThat(stall.hangs(5, false)).isFalse();
        }
        assertThat(stall.hangs(5, true)).isFalse();
        assertThat(stall.hangs(5, true)).isFalse();
        assertThat(stall.hangs(5, true)).isTrue();
    }
}
