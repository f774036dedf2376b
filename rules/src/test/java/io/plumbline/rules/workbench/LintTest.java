package io.plumbline.rules.workbench;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each check with a rule that it is about and one that it leaves alone. */
class LintTest {
    private static final String RULE = """
            title: Netcat Started
            id: 5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b
            status: test
            description: A process of the session starts netcat.
            references:
                - https://example.org/netcat
            author: Somebody
            license: Apache-2.0
            date: 2026-01-31
            tags:
                - attack.execution
                - attack.t1059.004
            logsource:
                category: process_creation
                product: linux
            detection:
                selection:
                    Image|endswith: /nc
                condition: selection
            falsepositives:
                - Somebody who tests a port
            level: medium
            """;

    private static final String CORRELATION = """
            ---
            title: Netcat Started Often
            id: 6f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b
            status: test
            description: A session starts netcat many times.
            references:
                - https://example.org/netcat
            author: Somebody
            license: Apache-2.0
            date: 2026-01-31
            tags:
                - attack.execution
                - attack.t1059.004
            correlation:
                type: event_count
                rules:
                    - 5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b
                group-by:
                    - SessionId
                timespan: 5m
                condition:
                    gte: 5
            falsepositives:
                - Somebody who tests many ports
            level: medium
            """;

    private static final String FILTER = """
            ---
            title: Netcat of the Tests
            id: 7f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b
            logsource:
                category: process_creation
                product: linux
            filter:
                rules:
                    - 5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b
                selection:
                    CommandLine|contains: port-test
                condition: not selection
            """;

    private record Pair(String bad, String good) {}

    private static Pair pair(String bad) {
        return new Pair(bad, RULE);
    }

    private static String with(String from, String to) {
        assertThat(RULE + CORRELATION + FILTER).contains(from);
        return RULE.replace(from, to);
    }

    private static String detection(String selection, String condition) {
        return with(
                "    selection:\n        Image|endswith: /nc\n    condition: selection\n",
                selection.indent(4) + "    condition: " + condition + "\n");
    }

    private static String items(String items) {
        return detection("selection:\n" + items.indent(4), "selection");
    }

    /** The rule again, under another id and title. */
    private static String second(String rule) {
        return "---\n" + rule.replace("5f0e3f0e", "8f0e3f0e").replace("Netcat Started", "Netcat Again");
    }

    private static String correlation(String from, String to) {
        assertThat(CORRELATION).contains(from);
        return RULE + CORRELATION.replace(from, to);
    }

    private static String without(String key) {
        return RULE.replaceAll("(?m)^" + key + ":.*\n(    .*\n)*", "");
    }

    private static Pair pair(Check check) {
        return switch (check) {
            case REFUSED -> pair(with("condition: selection", "condition: other"));
            case DUPLICATE_ID ->
                new Pair(
                        RULE + second(RULE).replace("8f0e3f0e", "5F0E3F0E"),
                        RULE + second(items("Image|endswith: /ncat")));
            case UNKNOWN_KEY -> pair(RULE + "colour: red\n");
            case MISSPELT_KEY -> pair(with("falsepositives:", "falsepositive:"));
            case EMPTY_KEY -> pair(RULE + "fields: []\n");
            case NO_ID -> pair(without("id"));
            case ID_FORM -> pair(with("5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b", "netcat"));
            case ID_VERSION -> pair(with("4a3b", "1a3b"));
            case ID_CASE -> pair(with("5f0e3f0e", "5F0E3F0E"));
            case NAME_FORM -> new Pair(RULE + "name: Netcat Started\n", RULE + "name: netcat_started\n");
            case TITLE_LENGTH ->
                pair(with("Netcat Started", "Netcat Started ".repeat(10).strip()));
            case TITLE_FORM -> pair(with("Netcat Started", "netcat started."));
            case NO_LEVEL -> pair(without("level"));
            case NO_STATUS -> pair(without("status"));
            case DEPRECATED -> pair(with("status: test", "status: deprecated"));
            case LEVEL_STATUS ->
                new Pair(
                        with("level: medium", "level: critical").replace("status: test", "status: experimental"),
                        with("level: medium", "level: critical"));
            case NO_DESCRIPTION -> pair(without("description"));
            case SHORT_DESCRIPTION -> pair(with("A process of the session starts netcat.", "netcat started"));
            case NO_AUTHOR -> pair(without("author"));
            case NO_LICENSE -> pair(without("license"));
            case NO_DATE -> pair(without("date"));
            case DATE_FORM -> pair(with("2026-01-31", "2026/01/31"));
            case DATE_IMPOSSIBLE -> pair(with("2026-01-31", "2026-02-30"));
            case DATE_ORDER -> new Pair(RULE + "modified: 2026-01-30\n", RULE + "modified: 2026-02-01\n");
            case MODIFIED_ALONE ->
                new Pair(without("date") + "modified: 2026-01-30\n", RULE + "modified: 2026-02-01\n");
            case NO_REFERENCES -> pair(without("references"));
            case REFERENCE_FORM -> pair(with("https://example.org/netcat", "a book about netcat"));
            case REFERENCE_HTTP -> pair(with("https://example.org", "http://example.org"));
            case REFERENCE_TWICE -> pair(with("references:\n", "references:\n    - https://example.org/netcat\n"));
            case NO_FALSE_POSITIVES ->
                new Pair(without("falsepositives"), without("falsepositives").replace("level: medium", "level: low"));
            case FALSE_POSITIVES_VAGUE -> pair(with("Somebody who tests a port", "Unknown"));
            case RELATED_FORM ->
                new Pair(
                        RULE + "related:\n    - id: x\n      type: cousin\n",
                        RULE + "related:\n    - id: 8f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b\n      type: similar\n");
            case RELATED_SELF ->
                new Pair(
                        RULE + "related:\n    - id: 5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b\n      type: similar\n",
                        RULE + "related:\n    - id: 8f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b\n      type: similar\n");
            case NO_TAGS -> pair(without("tags"));
            case TAG_FORM -> pair(with("attack.t1059.004", "attack.t15"));
            case TAG_CASE -> pair(with("attack.t1059.004", "attack.T1059.004"));
            case TAG_TWICE -> pair(with("tags:\n", "tags:\n    - attack.execution\n"));
            case TAG_UNKNOWN ->
                new Pair(with("attack.t1059.004", "attack.t1059.999"), with("attack.t1059.004", "atlas.aml.t0051.001"));
            case TAG_RETIRED ->
                new Pair(with("attack.t1059.004", "attack.t1562.001"), with("attack.t1059.004", "attack.t1685"));
            case TAG_TACTIC_MISSING -> pair(with("    - attack.execution\n", ""));
            case TAG_TACTIC_MISMATCH -> pair(with("attack.execution", "attack.impact"));
            case TAG_PARENT -> pair(with("tags:\n", "tags:\n    - attack.t1059\n"));
            case FIELDS_UNKNOWN -> new Pair(RULE + "fields: [Colour]\n", RULE + "fields: [CommandLine]\n");
            case DUPLICATE_TITLE ->
                new Pair(
                        RULE + second(items("CommandLine: x")).replace("Netcat Again", "NETCAT started"),
                        RULE + second(items("CommandLine: x")));
            case DUPLICATE_LOGIC -> new Pair(RULE + second(RULE), RULE + second(items("Image|endswith: /ncat")));
            case SHADOWED_RULE ->
                new Pair(
                        RULE + second(items("Image: /bin/nc\nCommandLine|contains: '-l'")),
                        RULE + second(items("Image: /bin/ncat")));
            case SILENT_RULE ->
                new Pair(RULE + CORRELATION, correlation("    timespan", "    generate: true\n    timespan"));
            case NOT_COMPARED -> new Pair(large(1_200), large(20));
            case LOGSOURCE_UNKNOWN -> pair(with("category: process_creation", "category: process_created"));
            case LOGSOURCE_FOREIGN -> pair(with("product: linux", "product: windows"));
            case LOGSOURCE_CASE -> pair(with("product: linux", "product: Linux"));
            case LOGSOURCE_BROAD -> pair(with("    category: process_creation\n", ""));
            case LOGSOURCE_KEY -> pair(with("    product: linux\n", "    product: linux\n    produce: x\n"));
            case FIELD_UNKNOWN -> pair(items("Colour: red"));
            case FIELD_CASE -> pair(items("image|endswith: /nc"));
            case VALUE_UNKNOWN ->
                new Pair(items("Image: /bin/nc\nChannel: evidences"), items("Image: /bin/nc\nChannel: evidence"));
            case UNUSED_IDENTIFIER ->
                pair(detection("selection:\n    Image: /bin/nc\nother:\n    User: root", "selection"));
            case ALL_OF_ONE ->
                new Pair(
                        detection("selection_a:\n    Image: /bin/nc", "all of selection_*"),
                        detection(
                                "selection_a:\n    Image: /bin/nc\nselection_b:\n    User: root",
                                "all of selection_*"));
            case ONE_OF_ONE ->
                new Pair(
                        detection("selection_a:\n    Image: /bin/nc", "1 of selection_*"),
                        detection(
                                "selection_a:\n    Image: /bin/nc\nselection_b:\n    User: root", "1 of selection_*"));
            case THEM_WITH_FILTER ->
                new Pair(
                        detection("selection:\n    Image: /bin/nc\nfilter_root:\n    User: root", "1 of them"),
                        detection("selection:\n    Image: /bin/nc\nselection_root:\n    User: root", "1 of them"));
            case DOUBLE_NEGATION ->
                new Pair(
                        detection("selection:\n    Image: /bin/nc", "not not selection"),
                        detection("selection:\n    Image: /bin/nc\nf:\n    User: root", "selection and not f"));
            case IMPOSSIBLE_CONDITION ->
                new Pair(
                        detection("a:\n    Image|endswith: /nc\nb:\n    Image|contains: nc", "a and not b"),
                        detection("a:\n    Image|endswith: /nc\nb:\n    Image|contains: /usr/", "a and not b"));
            case CERTAIN_CONDITION ->
                new Pair(
                        detection("a:\n    Image|endswith: /nc\nb:\n    Image|contains: nc", "b or not a"),
                        detection("a:\n    Image|endswith: /nc\nb:\n    Image|contains: /usr/", "b or not a"));
            case UNREACHABLE_PART ->
                new Pair(
                        detection("a:\n    Image: /bin/nc\nb:\n    - Image: /bin/ls\n    - User: root", "a and b"),
                        detection("a:\n    Image: /bin/nc\nb:\n    - CommandLine: x\n    - User: root", "a and b"));
            case CONTRADICTING_ITEMS ->
                new Pair(
                        items("Image|startswith: /bin/\nImage|startswith|cased: /usr/"),
                        items("Image|startswith: /bin/\nImage|endswith: /nc"));
            case USELESS_EXCLUSION ->
                new Pair(
                        detection("a:\n    Image|endswith: /nc\nf:\n    Image|endswith: /ls", "a and not f"),
                        detection("a:\n    Image|endswith: /nc\nf:\n    Image|startswith: /opt/", "a and not f"));
            case REDUNDANT_PART ->
                new Pair(
                        items("Image|endswith: /nc\nImage|contains: nc"),
                        items("Image|endswith: /nc\nImage|contains: opt"));
            case ALWAYS_EVALUATED -> pair(detection("s:\n    Image: /bin/nc", "not s"));
            case BROAD_SELECTION ->
                new Pair(items("CommandLine|contains: -l"), items("CommandLine|contains: -l\nImage: /bin/nc"));
            case BROAD_EXCLUSION ->
                new Pair(
                        detection("a:\n    Image: /bin/nc\nf:\n    CommandLine|contains: -l", "a and not f"),
                        detection("a:\n    Image: /bin/nc\nf:\n    CommandLine|contains: --listen", "a and not f"));
            case KEYWORDS_ONLY -> pair(detection("s:\n    - netcat", "s"));
            case WILDCARD_ONLY -> pair(items("Image: '*'"));
            case EMPTY_VALUE -> pair(items("Image|contains: ''"));
            case WILDCARD_FOR_MODIFIER -> pair(items("Image: '*/nc'"));
            case WILDCARD_REPEATED -> pair(items("CommandLine|contains: '*netcat*'"));
            case LEADING_WILDCARD -> new Pair(items("CommandLine: '*nc*listen'"), items("CommandLine: 'nc*listen'"));
            case ESCAPED_WILDCARD -> pair(items("CommandLine|contains: 'rm \\*'"));
            case CONTROL_CHARACTER -> pair(items("CommandLine: \"nc\\nls\""));
            case PADDED_VALUE -> new Pair(items("CommandLine: 'nc '"), items("CommandLine|contains: 'nc '"));
            case DUPLICATE_VALUE -> new Pair(items("Image: [/bin/nc, /bin/nc]"), items("Image: [/bin/nc, /bin/ncat]"));
            case DUPLICATE_VALUE_CASE ->
                new Pair(items("Image: [/bin/nc, /bin/NC]"), items("Image|cased: [/bin/nc, /bin/NC]"));
            case SUBSUMED_VALUE ->
                new Pair(
                        items("CommandLine|contains: [netcat, netcat-x]"),
                        items("CommandLine|contains: [netcat, ncat]"));
            case MIXED_TYPES -> new Pair(items("User: [root, 12]"), items("User: [root, nobody]"));
            case ALL_EQUAL -> new Pair(items("User|all: [root, nobody]"), items("Arguments|all: [a, b]"));
            case USELESS_CASED ->
                new Pair(items("CommandLine|contains|cased: '123 -'"), items("CommandLine|contains|cased: NC"));
            case USELESS_WINDASH ->
                new Pair(items("CommandLine|contains|windash: listen"), items("CommandLine|contains|windash: -listen"));
            case USELESS_EXPAND -> new Pair(items("CommandLine|expand: listen"), RULE);
            case SINGLE_ADDRESS ->
                new Pair(connection("DestinationIp|cidr: 10.0.0.1/32"), connection("DestinationIp|cidr: 10.0.0.0/8"));
            case EVERY_ADDRESS ->
                new Pair(connection("DestinationIp|cidr: 0.0.0.0/0"), connection("DestinationIp|cidr: 10.0.0.0/8"));
            case REGEX_LITERAL ->
                new Pair(items("CommandLine|re: nc listen"), items("CommandLine|re: nc (listen|wait)"));
            case REGEX_OPEN_END -> new Pair(items("CommandLine|re: '.*nc [lp]+'"), items("CommandLine|re: 'nc [lp]+'"));
            case REGEX_EMPTY -> new Pair(items("CommandLine|re: '(nc)?'"), items("CommandLine|re: '(nc)+'"));
            case REGEX_INLINE_CASE ->
                new Pair(items("CommandLine|re: '(?i)nc [lp]'"), items("CommandLine|re|i: 'nc [lp]'"));
            case REGEX_DOT ->
                new Pair(items("CommandLine|re: 'example.com/[a-z]'"), items("CommandLine|re: 'example\\.com/[a-z]'"));
            case SLOW_EXPRESSION -> new Pair(items("CommandLine|re: '[ab]+'"), items("CommandLine|re: 'nc[ab]+'"));
            case SUFFIX_WITHOUT_SLASH -> pair(items("Image|endswith: nc"));
            case WINDOWS_PATH -> pair(items("Image|endswith: '\\nc'"));
            case RELATIVE_PATH ->
                new Pair(items("ParentImage|startswith: bin/nc"), items("ParentImage|startswith: /bin/nc"));
            case PORT_RANGE -> new Pair(connection("DestinationPort: 70000"), connection("DestinationPort: 443"));
            case NEGATED_NEQ -> pair(items("Image: /bin/nc\nUser|neq: root"));
            case UNBOUNDED_CORRELATION ->
                new Pair(correlation("    group-by:\n        - SessionId\n", ""), RULE + CORRELATION);
            case GROUP_FIELD_UNKNOWN -> new Pair(correlation("- SessionId", "- Colour"), RULE + CORRELATION);
            case VALUE_FIELD_UNKNOWN ->
                new Pair(
                        correlation("type: event_count", "type: value_count")
                                .replace("gte: 5", "gte: 5\n        field: Colour"),
                        correlation("type: event_count", "type: value_count")
                                .replace("gte: 5", "gte: 5\n        field: Image"));
            case LONG_TIMESPAN -> new Pair(correlation("5m", "2d"), RULE + CORRELATION);
            case TIMESPAN_FORM -> new Pair(correlation("5m", "300s"), RULE + CORRELATION);
            case COUNT_OF_ONE -> new Pair(correlation("gte: 5", "gte: 1"), RULE + CORRELATION);
            case CORRELATION_LEVEL -> new Pair(correlation("level: medium", "level: low"), RULE + CORRELATION);
            case DUPLICATE_CORRELATION ->
                new Pair(
                        RULE
                                + CORRELATION
                                + CORRELATION.replace("6f0e3f0e", "9f0e3f0e").replace("Often", "Much"),
                        RULE
                                + CORRELATION
                                + CORRELATION.replace("6f0e3f0e", "9f0e3f0e").replace("5m", "6m"));
            case SAME_STEPS -> new Pair(steps(RULE), steps(items("Image|endswith: /ncat")));
            case NEEDLESS_ALIAS ->
                new Pair(
                        correlation("- SessionId", "- session")
                                .replace(
                                        "    timespan",
                                        "    aliases:\n        session:\n            5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b: SessionId\n    timespan"),
                        RULE + CORRELATION);
            case EXTREME_PERCENTILE -> new Pair(percentile(100), percentile(90));
            case FILTER_POLARITY -> new Pair(RULE + FILTER.replace("not selection", "selection"), RULE + FILTER);
            case FILTER_REMOVES_RULE ->
                new Pair(RULE + FILTER.replace("CommandLine|contains: port-test", "Image|contains: nc"), RULE + FILTER);
            case NO_CASES, CASES_REFUSED, NO_POSITIVE_CASE, NO_NEGATIVE_CASE -> pair(RULE);
        };
    }

    private static String connection(String items) {
        return items(items).replace("process_creation", "network_connection");
    }

    private static String steps(String second) {
        return RULE
                + second(second)
                + CORRELATION
                        .replace("event_count", "temporal")
                        .replace("group-by:", "    - 8f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b\n    group-by:")
                        .replace("    condition:\n        gte: 5\n", "");
    }

    private static String percentile(int rank) {
        return correlation("event_count", "value_percentile")
                .replace("gte: 5", "gte: 5\n        field: ProcessId\n        percentile: " + rank);
    }

    private static String large(int rules) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rules; i++) {
            text.append(items("CommandLine|contains|all: [a" + i + ", b" + i + ", c" + i + "]")
                            .replace("5f0e3f0e", "%08x".formatted(i))
                            .replace("Netcat Started", "Rule " + i))
                    .append("---\n");
        }
        return text.toString();
    }

    private static Optional<String> cases(Check check, boolean bad) {
        String good = "match:\n  - Image: /bin/nc\nnone:\n  - Image: /bin/ls\n";
        return bad
                ? switch (check) {
                    case NO_CASES -> Optional.empty();
                    case CASES_REFUSED -> Optional.of("match:\n  - 1\nnone:\n  - Image: /bin/ls\n");
                    case NO_POSITIVE_CASE -> Optional.of("none:\n  - Image: /bin/ls\n");
                    case NO_NEGATIVE_CASE -> Optional.of("match:\n  - Image: /bin/nc\n");
                    default -> Optional.of(good);
                }
                : Optional.of(good);
    }

    private static List<Check> checks(String text, Optional<String> cases) {
        return Lint.check(
                        List.of(new RuleSource("r.yml", text)),
                        Placeholders.NONE,
                        source -> cases.map(found -> new RuleSource("r.cases.yml", found)))
                .stream()
                .map(Remark::check)
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void eachCheckSeesWhatItIsAboutAndLeavesTheOtherAlone(Check check) {
        Pair pair = pair(check);
        assertThat(checks(pair.bad(), cases(check, true))).as(pair.bad()).contains(check);
        assertThat(checks(pair.good(), cases(check, false))).as(pair.good()).doesNotContain(check);
        assertThat(check.id()).matches("[a-z]+(-[a-z]+)*");
    }

    /** The page of the specification about tags, namespace by namespace. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "attack.t1571",
                "attack.g0016",
                "attack.s0002",
                "attack.ds0009",
                "attack.m1047",
                "attack.a0003",
                "car.2016-04-005",
                "cve.2021-44228",
                "d3fend.d3-am",
                "detection.dfir",
                "detection.emerging-threats",
                "detection.threat-hunting",
                "stp.4",
                "stp.3k",
                "tlp.red",
                "tlp.amber-strict"
            })
    void tagsOfTheSpecificationAreKnown(String tag) {
        assertThat(checks(with("tags:\n", "tags:\n    - " + tag + "\n"), cases(Check.REFUSED, false)))
                .doesNotContain(Check.TAG_FORM, Check.TAG_CASE, Check.TAG_UNKNOWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"attack.ds9", "attack.m10471", "attack.x0001", "cve2021", "mine.x"})
    void tagsOfAnotherFormAreNot(String tag) {
        assertThat(checks(with("tags:\n", "tags:\n    - " + tag + "\n"), cases(Check.REFUSED, false)))
                .contains(Check.TAG_FORM);
    }

    @Test
    void theGoodRuleIsCleanOfEverything() {
        assertThat(checks(RULE, cases(Check.REFUSED, false))).isEmpty();
        assertThat(checks(RULE + FILTER, cases(Check.REFUSED, false))).isEmpty();
        assertThat(checks(RULE + CORRELATION, cases(Check.REFUSED, false))).containsExactly(Check.SILENT_RULE);
    }

    @Test
    void thePackIsCleanOfErrorsAndWarningsAndItsTagsArePublished() {
        assertThat(Lint.check(RulePack.sources(), Placeholders.NONE, source -> Optional.of(RulePack.cases(source))))
                .filteredOn(remark -> remark.severity() != Severity.NOTE
                        || remark.check().name().startsWith("TAG_")
                        || remark.check() == Check.NO_REFERENCES
                        || remark.check() == Check.NO_FALSE_POSITIVES
                        || remark.check() == Check.NO_LEVEL
                        || remark.check() == Check.NO_CASES)
                .isEmpty();
    }

    @Test
    void aRemarkEndsWhereWhatItIsAboutEnds() {
        Remark remark = Lint.check(List.of(new RuleSource("r.yml", items("Image: '*/nc' # all"))), Placeholders.NONE)
                .getFirst();
        assertThat(remark.check()).isEqualTo(Check.WILDCARD_FOR_MODIFIER);
        assertThat(List.of(
                        remark.position().line(),
                        remark.position().column(),
                        remark.end().column()))
                .containsExactly(18, 16, 22);
    }

    @Test
    void thePageOfChecksIsWhatTheCodeHas() throws IOException {
        StringBuilder table = new StringBuilder("| check | severity | what it is about |\n|---|---|---|\n");
        for (Check check : Check.values()) {
            table.append("| `%s` | %s | %s |%n"
                    .formatted(check.id(), check.severity().word(), check.meaning()));
        }
        assertThat(Check.values()).hasSizeGreaterThanOrEqualTo(60);
        assertThat(Files.readString(Path.of("../docs/rule-checks.md"))).endsWith(table);
    }

    @Test
    void wordsAreNearWhenOneLetterIsOther() {
        assertThat(Map.of("level", "Level", "tags", "tag", "author", "auhtor", "status", "state"))
                .allSatisfy((one, other) ->
                        assertThat(MetadataChecks.near(one, other)).isEqualTo(!other.equals("state")));
    }
}
