package io.plumbline.rules.hunt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.rules.RuleSet;
import io.plumbline.rules.Rules;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HuntTest {
    private static Hunt hunt(String source, String selection) {
        RuleSet set = Rules.load(Rules.selection(selection).replace("  category: test\n", source));
        return Hunt.of(set.detections().getFirst());
    }

    private static final String PROCESS = "  category: process_creation\n  product: linux\n";
    private static final String CONNECTION = "  category: network_connection\n  product: linux\n";

    @Test
    void aRuleBecomesItsLogSourceAndItsCondition() {
        Hunt hunt = hunt(PROCESS, "Image|endswith: /nc\nUser: root");
        assertThat(hunt.queryDsl().toString())
                .isEqualTo("{\"bool\":{\"filter\":[{\"term\":{\"event.action\":\"process-started\"}},"
                        + "{\"wildcard\":{\"process.executable\":{\"value\":\"*/nc\",\"case_insensitive\":true}}},"
                        + "{\"bool\":{\"should\":[{\"term\":{\"user.id\":\"0\"}},{\"bool\":{\"filter\":["
                        + "{\"bool\":{\"must_not\":[{\"term\":{\"user.id\":\"0\"}}]}},"
                        + "{\"wildcard\":{\"user.id\":{\"value\":\"root\",\"case_insensitive\":true}}}]}}]}}]}}");
        assertThat(hunt.esql("i")).contains("COALESCE(TO_LOWER(process.executable) LIKE \"*/nc\", false)");
    }

    @Test
    void textOfARuleCannotEndAStatement() {
        assertThat(hunt(PROCESS, "CommandLine|contains|cased: 'a\" OR \\\\*x'").esql("i"))
                .contains("process.command_line LIKE \"*a\\\" OR \\\\\\\\*x*\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ParentImage: /bin/sh",
                "CommandLine|contains: grün",
                "CommandLine|fieldref: Image",
                "CommandLine|re: '\\bnc\\b'",
                "ProcessId|contains: '1'",
                "CommandLine|gt: 5"
            })
    void whatTheStoreCannotBeAskedForIsNamed(String selection) {
        assertThatThrownBy(() -> hunt(PROCESS, selection))
                .isInstanceOf(ConversionException.class)
                .hasMessageContaining("(expected: ");
        assertThatThrownBy(() -> hunt("  category: test\n", "F: x"))
                .isInstanceOf(ConversionException.class)
                .hasMessageContaining("log source category=test");
        assertThatThrownBy(() -> hunt(PROCESS, "Arguments: x").esql("i")).hasMessageContaining("process.args");
    }

    @Test
    void networksOfIpv4AreSpelledOut() {
        assertThat(hunt(CONNECTION, "DestinationIp|cidr: 172.16.0.0/12")
                        .queryDsl()
                        .toString())
                .contains("(::[fF][fF][fF][fF]:)?172\\\\.(16|17|18|19|20|21|22|23|24|25|26|27|28|29|30|31)\\\\.");
        assertThatThrownBy(() -> hunt(CONNECTION, "DestinationIp|cidr: fd00::/8"))
                .hasMessageContaining("IPv6");
    }

    @Test
    void aNumberThatIsLeftOutWhenItIsZeroIsFoundAsZero() {
        assertThat(hunt(CONNECTION, "BytesOut|lt: 5").queryDsl().toString()).contains("must_not", "exists");
        assertThat(hunt(CONNECTION, "BytesOut|gt: 5").queryDsl().toString()).doesNotContain("must_not");
    }

    /** Where both dialects agree, Java's engine says what a whole text fits. */
    @ParameterizedTest
    @CsvSource({
        "nc -l, xnc -ly, nc",
        "^nc$, nc, ncx",
        "(^|[ ;])rm( |$), ls;rm, arm -x",
        "push [^;|]*(--force( |$)|-f( |$)|--mirror), git push -f, git push -fx",
        "a|^b|c$, xxc, cb",
        "(?i)Ab[c-e]\\d+, xaBD77, abf1",
        "a(?:b|c)*?d{2}, zabcbddy, abd",
        "x(|y)z, xz, xaz",
        "[^a-z\\d]q, Qq, 1q"
    })
    void expressionsFitTheSameTexts(String expression, String fits, String not) {
        Pattern whole = Pattern.compile(String.join("|", LuceneExpression.of(expression)), Pattern.DOTALL);
        assertThat(List.of(
                        com.google.re2j.Pattern.compile(expression)
                                .matcher(fits)
                                .find(),
                        whole.matcher(fits).matches()))
                .containsExactly(true, true);
        assertThat(List.of(
                        com.google.re2j.Pattern.compile(expression).matcher(not).find(),
                        whole.matcher(not).matches()))
                .containsExactly(false, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\bx", "a^b", "(a$)+", "(?m)^a", "(?P<n>a)", "[[:alpha:]]", "a(?i)b", "(?i)ü", "\\x41"})
    void expressionsThatHaveNoCounterpartAreRefused(String expression) {
        assertThatThrownBy(() -> LuceneExpression.of(expression))
                .isInstanceOf(ConversionException.class)
                .hasMessageStartingWith("re: ");
    }
}
