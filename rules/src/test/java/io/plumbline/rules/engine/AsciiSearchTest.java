package io.plumbline.rules.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import io.plumbline.rules.engine.AsciiSearch.Answer;
import io.plumbline.rules.sigma.GeneratedExpressions;
import io.plumbline.rules.sigma.ValueTest.Regex;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AsciiSearchTest {
    @ParameterizedTest
    @CsvSource({
        "'^a', 'a', FOUND",
        "'^b', 'ab', NOT_FOUND",
        "'b$', 'ab', FOUND",
        "'a$', 'ab', NOT_FOUND",
        "'a$', 'a\n', NOT_FOUND",
        "'(^|[ ;])nc( |$)', 'nc', FOUND",
        "'(^|[ ;])nc( |$)', 'x;nc -e', FOUND",
        "'(^|[ ;])nc( |$)', 'sync', NOT_FOUND",
        "'a^b', 'ab', NOT_FOUND",
        "'^$', '', FOUND",
        "'', '', FOUND",
        "'(?i)CURL', 'cUrL', FOUND",
        "'CURL', 'cUrL', NOT_FOUND",
        "'(?s)a.b', 'a\nb', FOUND",
        "'a.b', 'a\nb', NOT_FOUND",
        "'a{2,3}c', 'bac', NOT_FOUND",
        "'a{2,3}c', 'baac', FOUND",
        "'[[:digit:]]x', 'a7x', FOUND",
        "'a', 'aé', FOUND",
        "'b', 'aéb', UNDECIDED",
        "'curl[^\\x00-\\x7f]*http', 'curlhttp', FOUND",
        "'curlé?http', 'curlhttp', FOUND",
        "'curl[\\x{200b}\\x{200c}]{0,3}http', 'curlhttp', FOUND",
        "'curlé+http', 'curlhttp', NOT_FOUND",
    })
    void looksForExpressions(String expression, String input, Answer answer) {
        String unescaped = input.replace("\\n", "\n");
        assertThat(AsciiSearch.of(expression).orElseThrow().finds(unescaped)).isEqualTo(answer);
        if (answer != Answer.UNDECIDED) {
            assertThat(Pattern.compile(expression).matcher(unescaped).find()).isEqualTo(answer == Answer.FOUND);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\bnc", "a(?i)b", "(?i:a)b", "^^a", "$^", "$x*^", "(^a)*", "(?m)^a", "\\Qa\\E", "(?i"})
    void leavesToTheOtherWhatItDoesNotKnow(String expression) {
        assertThat(AsciiSearch.of(expression)).isEmpty();
    }

    @Test
    void agreesWithTheOtherEverywhere() {
        Random random = new Random(7);
        int searched = 0;
        int found = 0;
        for (int i = 0; i < 3_000; i++) {
            String expression = GeneratedExpressions.expression(random);
            Optional<AsciiSearch> search = AsciiSearch.of(expression);
            Pattern pattern = Pattern.compile(expression);
            for (int j = 0; search.isPresent() && j < 50; j++) {
                String input = GeneratedExpressions.input(random);
                boolean finds = pattern.matcher(input).find();
                searched++;
                found += finds ? 1 : 0;
                assertThat(search.get().finds(input))
                        .as("%s in %s", expression, input)
                        .isEqualTo(finds ? Answer.FOUND : Answer.NOT_FOUND);
            }
        }
        assertThat(searched).isGreaterThan(80_000);
        assertThat(found).isBetween(searched / 10, searched * 9 / 10);
    }

    /** Without a bound its states would be two to the power of 40. */
    @Test
    void beginsAnewWhenItHoldsTooMuch() {
        AsciiSearch search = AsciiSearch.of("a[ab]{40}c").orElseThrow();
        Pattern pattern = Pattern.compile("a[ab]{40}c");
        Random random = new Random(3);
        int undecided = 0;
        for (int i = 0; i < 400; i++) {
            StringBuilder input = new StringBuilder();
            random.ints(i == 200 ? 100_000 : 60, 0, 41)
                    .forEach(c -> input.append(c == 0 ? 'c' : c % 2 == 0 ? 'a' : 'b'));
            Answer answer = search.finds(input.toString());
            assertThat(search.held()).isLessThanOrEqualTo(AsciiSearch.MAX_HELD + 50);
            if (answer == Answer.UNDECIDED) {
                undecided++;
            } else {
                assertThat(answer == Answer.FOUND)
                        .isEqualTo(pattern.matcher(input.toString()).find());
            }
        }
        assertThat(undecided).isBetween(1, 100);
    }

    @ParameterizedTest
    @ValueSource(strings = {"([ab]{1000}){3}", "(?:(?:a?){1000}){9}", "(?:a?){1000}"})
    void largeExpressionsHaveNone(String expression) {
        assertThat(AsciiSearch.of(expression)).isEmpty();
    }

    /** Every second character is a class of its own: more of them than a byte counts. */
    @Test
    void eachCharacterMayBeAClass() {
        StringBuilder expression = new StringBuilder("^[");
        IntStream.range(0, 64).forEach(i -> expression.append(String.format("\\x%02x", 2 * i)));
        AsciiSearch search = AsciiSearch.of(expression.append("]$").toString()).orElseThrow();
        for (int c = 0; c < 128; c++) {
            assertThat(search.finds(Character.toString(c))).isEqualTo(c % 2 == 0 ? Answer.FOUND : Answer.NOT_FOUND);
        }
    }

    @Test
    void whatNeedsTooMuchAgainAndAgainIsLeftToTheOther() {
        AsciiSearch search = AsciiSearch.of("a[ab]{300}c").orElseThrow();
        Random random = new Random(4);
        for (int i = 0; i < 40 && !search.isNoUse(); i++) {
            StringBuilder input = new StringBuilder();
            random.ints(5_000, 0, 2).forEach(c -> input.append(c == 0 ? 'a' : 'b'));
            assertThat(search.finds(input.toString())).isEqualTo(Answer.UNDECIDED);
        }
        assertThat(search.isNoUse()).isTrue();
    }

    @Test
    void anExpressionSaysTheSameHoweverOftenItIsAsked() {
        Expressions expressions = new Expressions();
        Regex regex = new Regex("b.d", Pattern.compile("b.d"));
        for (int i = 0; i < 3 * Expressions.TRIES; i++) {
            assertThat(expressions.finds(regex, "abcd")).isTrue();
            assertThat(expressions.finds(regex, "acbd")).isFalse();
            assertThat(expressions.finds(regex, "b\u00e9d")).isTrue();
            assertThat(expressions.finds(regex, "b\u00e9e")).isFalse();
        }
    }
}
