package io.plumbline.rules.sigma;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegexTreeTest {
    @ParameterizedTest
    @CsvSource({
        "abc.*de, abc",
        "'(?i)PowerShell[0-9]+', powershell",
        "'x?yz{2}abcd', abcd",
        "'[Cc]url\\.exe', curl.exe",
        "'`\\w+`', '`'",
        "'(abc)+d', abc",
        "'a\\x41longer', longer",
        "'^https?://ab', '://ab'"
    })
    void knowsATextThatEveryMatchHas(String expression, String text) {
        assertThat(RegexTree.requiredTexts(expression)).containsExactly(text);
    }

    @Test
    void wantsOneTextOfEachAlternative() {
        assertThat(RegexTree.requiredTexts("one|two|(three|four)x")).isEqualTo(Set.of("one", "two", "three", "four"));
        assertThat(RegexTree.requiredTexts("one|[a-z]+")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"(abc)?", "abc|", "[abc]+", "a", "'\\Qabc\\E'", "(?P<n>a)*", "'[^a]'", "'é'", "a{0}"})
    void promisesNothingWhereNothingIsNeeded(String expression) {
        assertThat(RegexTree.requiredTexts(expression)).isEmpty();
    }

    @Test
    void countsWhatRepetitionsMake() {
        assertThat(RegexTree.sizeOf("(a{100}){100}")).isGreaterThan(10_000);
        assertThat(RegexTree.sizeOf("a+b*c{2,5}")).isLessThan(30);
        assertThat(RegexTree.depthOf("((a)(b(c)))\\(")).isEqualTo(3);
    }
}
