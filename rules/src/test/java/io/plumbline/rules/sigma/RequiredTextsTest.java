package io.plumbline.rules.sigma;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequiredTextsTest {
    @ParameterizedTest
    @CsvSource({
        "'(?i)PowerShell[0-9]+', powershell",
        "'[Cc]url\\.exe', curl.exe",
        "'`\\w+`', '`'",
        "'(abc)+d', abc",
        "'a\\x41longer', longer",
        "'x?yz{2}abcd', abcd",
        "'cur^l$', curl",
        "'a(?i)bc', abc"
    })
    void knowsATextThatEveryMatchHas(String expression, String text) {
        assertThat(RequiredTexts.of(expression)).contains(Set.of(text));
    }

    @Test
    void wantsOneTextOfEachAlternative() {
        assertThat(RequiredTexts.of("one|two|(three|four)x")).containsExactly(Set.of("one", "two", "threex", "fourx"));
        assertThat(RequiredTexts.of("one|[a-z]+")).isEmpty();
    }

    @Test
    void joinsChoicesWithWhatStandsBesideThem() {
        assertThat(RequiredTexts.of("-(W|R)\\s?x")).containsExactly(Set.of("-w", "-r"));
        assertThat(RequiredTexts.of("^https?://ab")).containsExactly(Set.of("http://ab", "https://ab"));
        assertThat(RequiredTexts.of("ab[ce]?\\$")).containsExactly(Set.of("ab$", "abc$", "abe$"));
        assertThat(RequiredTexts.of("(ba|z|da|)sh -c")).containsExactly(Set.of("sh -c"));
        // Too many to be told one by one: what is before and behind stays.
        assertThat(RequiredTexts.of("begin[abcd][abcd][abcd]?[abcd]end"))
                .hasSize(2)
                .allSatisfy(texts -> assertThat(texts).hasSizeLessThanOrEqualTo(64));
    }

    @Test
    void wantsAllTextsThatStandApart() {
        assertThat(RequiredTexts.of("cmd.{0,5}(?:/c|/r).+powershell.+noexit"))
                .containsExactly(Set.of("powershell"), Set.of("noexit"), Set.of("cmd"));
        assertThat(RequiredTexts.of("\"(?:\\{\\d\\})+\"\\s*-f")).contains(Set.of("{"), Set.of("}"));
        // The second says nothing that the first does not.
        assertThat(RequiredTexts.of("powershell.*power")).containsExactly(Set.of("powershell"));
    }

    @ParameterizedTest
    @CsvSource({
        "(abc)?",
        "abc|",
        "[abc]+",
        "a",
        "'\\Qabc\\E'",
        "(?P<n>a)*",
        "'[^a]'",
        "'é'",
        "a{0}",
        "(abc){0}",
        "'(abc){0,}'",
        "'(?:abc)*'",
        "'[a`]'"
    })
    void promisesNothingWhereNothingIsNeeded(String expression) {
        assertThat(RequiredTexts.of(expression)).isEmpty();
    }

    /** RE2/J applies a repetition to what is before the flags, and takes a count with a zero in front for text. */
    @ParameterizedTest
    @CsvSource({"foo(?i)?bar, fobar", "(ab)+(?i)?c, c", "'curl{0,01}x', 'curl{0,01}x'", "curl{01}x, curl{01}x"})
    void whatIsReadOtherwiseThanItLooksHidesNoMatch(String expression, String input) {
        assertThat(Pattern.compile(expression).matcher(input).find()).isTrue();
        assertThat(RequiredTexts.of(expression))
                .allMatch(texts -> texts.stream().anyMatch(input::contains));
    }

    @Test
    void nothingMatchesWithoutTheTextsThatAreToldOfIt() {
        Random random = new Random(1);
        int demands = 0;
        int matches = 0;
        for (int i = 0; i < 4_000; i++) {
            String expression = GeneratedExpressions.expression(random);
            List<Set<String>> required = RequiredTexts.of(expression);
            Pattern pattern = Pattern.compile(expression);
            demands += required.size();
            for (int j = 0; j < 50; j++) {
                String input = GeneratedExpressions.input(random);
                if (pattern.matcher(input).find()) {
                    matches++;
                    String folded = input.toLowerCase(Locale.ROOT);
                    assertThat(required).as("%s in %s", expression, input).allMatch(texts -> texts.stream()
                            .anyMatch(folded::contains));
                }
            }
        }
        assertThat(demands).isGreaterThan(500);
        assertThat(matches).isGreaterThan(10_000);
    }
}
