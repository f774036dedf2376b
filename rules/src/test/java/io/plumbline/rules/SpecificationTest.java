package io.plumbline.rules;

import static io.plumbline.rules.Rules.event;
import static io.plumbline.rules.Rules.matches;
import static io.plumbline.rules.Rules.refusal;
import static io.plumbline.rules.Rules.rule;
import static io.plumbline.rules.Rules.selection;
import static io.plumbline.rules.Rules.selects;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Level;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.Placeholders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the pages of the specification say beside what {@link SigmaConformanceTest} and {@link CorrelationTest} have, page by page, in rules
 * of our own; and decisions of {@code docs/sigma.md} that are about what the pages leave open.
 */
class SpecificationTest {
    private static String named(String name) {
        return "title: " + name + "\nid: id-" + name + "\nname: " + name
                + "\nlogsource: {category: test}\ndetection: {s: {Kind: " + name + "}, condition: s}\nlevel: low\n";
    }

    private static String correlation(String body) {
        return "title: c\nid: the-correlation\ncorrelation:\n" + body.indent(2);
    }

    /** Numbers of the events, from 0 and a second apart, at which the correlation matches. */
    private static List<Integer> firings(RuleSet set, String... events) {
        RuleEngine engine = set.engine();
        CorrelationState state = new CorrelationState();
        List<Integer> firings = new ArrayList<>();
        for (int i = 0; i < events.length; i++) {
            if (engine.evaluate(event("{" + events[i] + "}", i), state).stream()
                    .anyMatch(match -> match.rule().equals("the-correlation"))) {
                firings.add(i);
            }
        }
        return firings;
    }

    @Nested
    class RulesPage {
        @Test
        void everyKeyOfARuleIsTaken() {
            RuleSet set = Rules.load("""
                    title: A Program of the Test
                    id: 3f1b0a52-7c1e-4d0c-9a57-1f2e3d4c5b6a
                    name: program_of_the_test
                    related:
                        - id: 4f1b0a52-7c1e-4d0c-9a57-1f2e3d4c5b6a
                          type: derived
                        - id: 5f1b0a52-7c1e-4d0c-9a57-1f2e3d4c5b6a
                          type: similar
                    taxonomy: sigma
                    status: test
                    description: A program of the test is started.
                    license: Apache-2.0
                    references:
                        - https://example.org/a
                        - https://example.org/b
                    author: Ann, Bob
                    date: 2026-01-31
                    modified: 2026-02-01
                    logsource:
                        category: test
                        definition: Events of the test have to be written.
                        collected_by: nobody
                    detection:
                        selection:
                            Image: x
                        condition: selection
                    fields:
                        - CommandLine
                    falsepositives:
                        - Somebody who tests
                    level: high
                    tags:
                        - attack.execution
                        - attack.t1059.004
                    scope:
                        - server
                    """);
            Metadata metadata = set.documents().getFirst().metadata();
            assertThat(metadata.name()).isEqualTo("program_of_the_test");
            assertThat(metadata.status()).isEqualTo("test");
            assertThat(metadata.version()).isEqualTo("2026-02-01");
            assertThat(metadata.license()).isEqualTo("Apache-2.0");
            assertThat(metadata.author()).isEqualTo("Ann, Bob");
            assertThat(metadata.tags()).containsExactly("attack.execution", "attack.t1059.004");
            assertThat(set.engine().evaluate(event("{'Image':'x'}"), new CorrelationState()))
                    .singleElement()
                    .satisfies(match -> assertThat(match.level()).isEqualTo(Level.HIGH));
        }

        @ParameterizedTest
        @ValueSource(strings = {"stable", "test", "experimental", "deprecated", "unsupported"})
        void everyStatusIsTaken(String status) {
            assertThat(matches(selection("F: x") + "status: " + status + "\n", "{'F':'x'}"))
                    .isTrue();
        }

        @ParameterizedTest
        @ValueSource(strings = {"informational", "low", "medium", "high", "critical"})
        void everyLevelIsTaken(String level) {
            assertThat(Rules.load(selection("F: x") + "level: " + level + "\n")
                            .engine()
                            .evaluate(event("{'F':'x'}"), new CorrelationState()))
                    .extracting(match -> match.level().name().toLowerCase(Locale.ROOT))
                    .containsExactly(level);
        }

        @Test
        void titlesAndDescriptionsHaveALongestLength() {
            String rule = "logsource: {category: test}\ndetection: {s: {F: x}, condition: s}\n";
            assertThat(matches("title: " + "t".repeat(256) + "\n" + rule, "{'F':'x'}"))
                    .isTrue();
            assertThat(refusal("title: " + "t".repeat(257) + "\n" + rule))
                    .hasMessageContaining("title: 257 characters (expected: <= 256)");
            String described = "title: t\n" + rule + "description: ";
            assertThat(matches(described + "d".repeat(65_535) + "\n", "{'F':'x'}"))
                    .isTrue();
            assertThat(refusal(described + "d".repeat(65_536) + "\n"))
                    .hasMessageContaining("description: 65536 characters (expected: <= 65535)");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "{product: windows} | true",
                    "{category: process_creation} | true",
                    "{service: security} | true",
                    "{category: process_creation, product: windows} | true",
                    "{product: windows, service: security} | true",
                    "{category: process_creation, product: windows, service: security} | true",
                    "{product: linux} | false",
                    "{service: system} | false",
                    "{category: process_creation, product: linux} | false",
                    "{product: windows, service: firewall-as} | false"
                })
        void partsOfALogSourceStandAloneOrTogether(String source, boolean fits) {
            RuleSet set = Rules.load("title: t\nlogsource: " + source + "\ndetection: {s: {F: x}, condition: s}\n");
            SigmaEvent event = SigmaEvent.builder()
                    .logSource(new LogSource("process_creation", "windows", "security"))
                    .put("F", "x")
                    .build();
            assertThat(set.engine().evaluate(event, new CorrelationState())).hasSize(fits ? 1 : 0);
        }

        @Test
        void aNameIsUniqueAsAnIdIs() {
            assertThat(refusal(named("twin") + "---\n" + named("twin").replace("id-twin", "id-other")))
                    .satisfies(e -> assertThat(e.code()).isEqualTo(Code.REFERENCE))
                    .hasMessageContaining("'twin' stands for");
        }

        @Test
        void aMapOfSeveralFieldsIsAllOfThemAsTextsAndNumbers() {
            String rule = selection("Journal: Security\nNumber: 4769\nOptions: '0x40810000'\nCipher: '0x17'\n");
            String event = "{'Journal':'Security','Number':4769,'Options':'0x40810000','Cipher':'0x17'}";
            assertThat(matches(rule, event)).isTrue();
            assertThat(matches(rule, event.replace("4769", "4768"))).isFalse();
            assertThat(matches(rule, event.replace("'0x17'", "23"))).isFalse();
            assertThat(matches(rule, event.replace(",'Cipher':'0x17'", ""))).isFalse();
        }

        @Test
        void namesOfFieldsAreTakenAsTheyAreWritten() {
            assertThat(selects("Execution_ProcessID: 788", "{'Execution_ProcessID':788}"))
                    .isTrue();
            assertThat(selects("SAMUserAccount: x", "{'SAM User Account':'x'}")).isFalse();
        }

        @Test
        void emptyAndNullAreSearchIdentifiersOfTheirOwn() {
            String rule =
                    rule("main:\n  A: x\nempty1:\n  B: ''\nempty2:\n  B: null\ncondition: main and 1 of empty*\n");
            assertThat(matches(rule, "{'A':'x'}")).isTrue();
            assertThat(matches(rule, "{'A':'x','B':null}")).isTrue();
            assertThat(matches(rule, "{'A':'x','B':''}")).isTrue();
            assertThat(matches(rule, "{'A':'x','B':'y'}")).isFalse();
            assertThat(matches(rule, "{'B':''}")).isFalse();
        }

        @Test
        void existenceIsAnItemBesideOthers() {
            String rule = selection("Number: 4738\nPassword|exists: true\n");
            assertThat(matches(rule, "{'Number':4738,'Password':null}")).isTrue();
            assertThat(matches(rule, "{'Number':4738}")).isFalse();
        }

        @Test
        void mapsInAListAreEachAll() {
            String rule = selection("- A: x\n  B: y\n- C: z\n");
            assertThat(matches(rule, "{'A':'x','B':'y'}")).isTrue();
            assertThat(matches(rule, "{'A':'x'}")).isFalse();
            assertThat(matches(rule, "{'C':'z'}")).isTrue();
        }

        @Test
        void keywordsMayHaveSignsInThem() {
            String rule = selection("- 'event::clear'\n- 'event::drop'\n");
            assertThat(matches(rule, "{'Z':'now Event::Drop it'}")).isTrue();
            assertThat(matches(rule, "{'Z':'event:clear'}")).isFalse();
        }

        @Test
        void themKeepsWhatListsAndMapsAre() {
            String identifiers = "words:\n  - one\n  - two\nfields:\n  A: x\n  B: y\n";
            String any = rule(identifiers + "condition: 1 of them\n");
            assertThat(matches(any, "{'Z':'the two'}")).isTrue();
            assertThat(matches(any, "{'A':'x','B':'y'}")).isTrue();
            assertThat(matches(any, "{'A':'x'}")).isFalse();
            String all = rule(identifiers + "condition: all of them\n");
            assertThat(matches(all, "{'A':'x','B':'y','Z':'one'}")).isTrue();
            assertThat(matches(all, "{'A':'x','B':'y'}")).isFalse();
        }

        @ParameterizedTest
        @CsvSource({
            "selection1 and (keywords or selection2), ak, true",
            "selection1 and (keywords or selection2), ab, true",
            "selection1 and (keywords or selection2), bk, false",
            "keywords and not filter1, k, true",
            "keywords and not filter1, kc, false",
            "all of selection*, ab, true",
            "all of selection*, a, false",
            "1 of selection* and keywords, bk, true",
            "1 of selection* and keywords, b, false",
            "1 of selection* and not 1 of filter*, b, true",
            "1 of selection* and not 1 of filter*, bc, false"
        })
        void conditionsAreWhatTheirWordsSay(String condition, String text, boolean holds) {
            String rule = rule("selection1:\n  F|contains: a\nselection2:\n  F|contains: b\nfilter1:\n  F|contains: c\n"
                    + "keywords:\n  - k\ncondition: " + condition + "\n");
            assertThat(matches(rule, "{'F':'" + text + "'}")).isEqualTo(holds);
        }

        @ParameterizedTest
        @ValueSource(strings = {"Administrators", "JumpServers", "Workstations", "Servers", "DomainControllers"})
        void theStandardPlaceholdersAreLikeAnyOther(String name) {
            String rule = selection("Host|expand: '%" + name + "%'");
            RuleEngine engine = RuleSet.load(
                            List.of(new RuleSource("r.yml", rule)),
                            new Placeholders(Map.of(name, List.of("srv*", "box1"))))
                    .engine();
            CorrelationState state = new CorrelationState();
            assertThat(engine.evaluate(event("{'Host':'srv07'}"), state)).hasSize(1);
            assertThat(engine.evaluate(event("{'Host':'BOX1'}"), state)).hasSize(1);
            assertThat(engine.evaluate(event("{'Host':'other'}"), state)).isEmpty();
            assertThat(refusal(rule).code()).isEqualTo(Code.PLACEHOLDER);
        }
    }

    @Nested
    class ModifiersPage {
        @ParameterizedTest
        @CsvSource(
                delimiter = ';',
                value = {
                    "F|contains|neq: b; abc; false",
                    "F|contains|neq: b; ac; true",
                    "F|startswith|neq: a; abc; false",
                    "F|endswith|neq: a; abc; true",
                    "F|re|neq: a.c; abc; false",
                    "F|re|neq: a.c; abd; true",
                    "F|cidr|neq: 10.0.0.0/8; 10.1.1.1; false",
                    "F|cidr|neq: 10.0.0.0/8; 11.1.1.1; true"
                })
        void neqGoesWithWhatTellsTheValue(String item, String text, boolean holds) {
            assertThat(selects(item, "{'F':'" + text + "'}")).isEqualTo(holds);
            assertThat(selects(item, "{}")).isFalse();
        }

        @Test
        void modifiersAreAppliedInTheirOrder() {
            for (String front : List.of("", "x", "xy")) {
                byte[] told = "cmd runs".getBytes(StandardCharsets.UTF_16LE);
                byte[] bytes = new byte[front.length() + told.length];
                System.arraycopy(front.getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, front.length());
                System.arraycopy(told, 0, bytes, front.length(), told.length);
                String event = "{'F':'" + Base64.getEncoder().encodeToString(bytes) + "'}";
                assertThat(selects("F|utf16le|base64offset|contains: cmd", event))
                        .as(front)
                        .isTrue();
                assertThat(selects("F|utf16be|base64offset|contains: cmd", event))
                        .as(front)
                        .isFalse();
            }
            assertThat(selects("F|base64|wide: cmd", "{'F':'Y\\u00002\\u00001\\u0000k\\u0000'}"))
                    .isTrue();
            assertThat(selects("F|wide|base64: cmd", "{'F':'Y\\u00002\\u00001\\u0000k\\u0000'}"))
                    .isFalse();
            assertThat(refusal(selection("F|wide|utf16be: cmd"))).hasMessageContaining("after another encoding");
        }

        @Test
        void encodedTextsHaveCaseUnderCasedOnly() {
            assertThat(selects("F|base64: cmd", "{'F':'Y21k'}")).isTrue();
            assertThat(selects("F|base64: cmd", "{'F':'y21K'}")).isTrue();
            assertThat(selects("F|base64|cased: cmd", "{'F':'y21K'}")).isFalse();
        }

        @Test
        void fieldrefTakesAffixesAndCase() {
            assertThat(selects("A|fieldref|startswith: B", "{'A':'xyz','B':'XY'}"))
                    .isTrue();
            assertThat(selects("A|fieldref|startswith: B", "{'A':'xyz','B':'yz'}"))
                    .isFalse();
            assertThat(selects("A|fieldref|contains: B", "{'A':'xyz','B':'y'}")).isTrue();
            assertThat(selects("A|fieldref|cased: B", "{'A':'x','B':'X'}")).isFalse();
            assertThat(selects("A|fieldref|cased: B", "{'A':'x','B':'x'}")).isTrue();
        }

        @Test
        void endsAndDigitsOfExpressionsAreThoseOfRe2() {
            assertThat(selects("F|re: 'b$'", "{'F':'ab\\n'}")).isFalse();
            assertThat(selects("F|re|m: 'b$'", "{'F':'ab\\n'}")).isTrue();
            assertThat(selects("F|re: '^\\d$'", "{'F':'3'}")).isTrue();
            assertThat(selects("F|re: '^\\d$'", "{'F':'\\u0663'}")).isFalse();
            assertThat(refusal(selection("F|re|cased: x"))).hasMessageContaining("cased with re");
            assertThat(refusal(selection("F|re|expand: x"))).hasMessageContaining("expand with re");
        }

        @Test
        void partsOfADateAreReadAsTheyAreWritten() {
            assertThat(selects("T|hour: 8", "{'T':'2026-11-24T08:30:15+05:00'}"))
                    .isTrue();
            assertThat(selects("T|hour: 3", "{'T':'2026-11-24T08:30:15+05:00'}"))
                    .isFalse();
            assertThat(selects("T|week: 53", "{'T':'2026-12-31'}")).isTrue();
            assertThat(selects("T|hour: 0", "{'T':'2026-12-31'}")).isFalse();
            assertThat(selects("T|year: 2026", "{'T':20261231}")).isFalse();
            assertThat(selects("T|minute: 0", "{'T':'2026-12-31 00:00'}")).isTrue();
            assertThat(selects("T|day: 31", "{'T':'2026-12-31'}")).isTrue();
        }

        @Test
        void keywordsTakeOtherModifiersInPlaceOfContains() {
            assertThat(selects("'|startswith': run", "{'Z':'Runs'}")).isTrue();
            assertThat(selects("'|startswith': run", "{'Z':'it runs'}")).isFalse();
            assertThat(selects("'|re': r.n", "{'Z':'it runs'}")).isTrue();
            assertThat(refusal(selection("'|cidr': 10.0.0.0/8"))).hasMessageContaining("on keywords");
        }
    }

    /** Rows of the table of decisions that no page has a word about. */
    @Nested
    class Decisions {
        @Test
        void aNullInAListIsNull() {
            assertThat(selects("F: null", "{'F':['a',null]}")).isTrue();
            assertThat(selects("F: null", "{'F':['a','b']}")).isFalse();
        }

        @Test
        void aNameWithADotIsTheKeyAndTheWayInside() {
            assertThat(selects("a.b: x", "{'a.b':'y','a':{'b':'x'}}")).isTrue();
            assertThat(selects("a.b: y", "{'a.b':'y','a':{'b':'x'}}")).isTrue();
        }

        @Test
        void keywordsAndMapsInOneListAreAny() {
            String rule = selection("- word\n- A: x\n");
            assertThat(matches(rule, "{'Z':'a word'}")).isTrue();
            assertThat(matches(rule, "{'A':'x'}")).isTrue();
            assertThat(matches(rule, "{'A':'y'}")).isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {"global", "reset", "repeat"})
        void documentsOfActionAreRefused(String action) {
            assertThat(refusal("action: " + action + "\ntitle: t").code()).isEqualTo(Code.UNSUPPORTED);
        }

        @Test
        void groupsHaveCase() {
            RuleSet set = Rules.load(
                    named("a"),
                    correlation(
                            "type: event_count\nrules: [a]\ngroup-by: [User]\ntimespan: 1m\ncondition: {gte: 2}\n"));
            assertThat(firings(set, "'Kind':'a','User':'x'", "'Kind':'a','User':'X'", "'Kind':'a','User':'x'"))
                    .containsExactly(2);
        }

        @Test
        void oneCorrelationThatSaysGenerateIsEnough() {
            String body = "type: event_count\nrules: [a]\ntimespan: 1m\ncondition: {gte: 9}\n";
            RuleSet set = Rules.load(
                    named("a"),
                    correlation(body),
                    correlation(body + "generate: true\n").replace("the-correlation", "another"));
            assertThat(set.engine().evaluate(event("{'Kind':'a'}"), new CorrelationState()))
                    .extracting(RuleMatch::rule)
                    .containsExactly("id-a");
        }
    }

    @Nested
    class CorrelationsPage {
        @Test
        void everyKeyOfACorrelationIsTakenAndItsLevelIsTheMatchs() {
            RuleSet set = Rules.load(named("a"), """
                    title: Twice
                    id: the-correlation
                    status: test
                    description: It happens twice.
                    author: Ann
                    references:
                        - https://example.org/a
                    date: 2026-01-31
                    modified: 2026-02-01
                    taxonomy: sigma
                    correlation:
                        type: event_count
                        rules:
                            - a
                        group-by:
                            - User
                        timespan: 1m
                        condition:
                            gte: 2
                        generate: true
                    falsepositives:
                        - Somebody who does it twice
                    level: critical
                    """);
            RuleEngine engine = set.engine();
            CorrelationState state = new CorrelationState();
            assertThat(engine.evaluate(event("{'Kind':'a','User':'x'}", 0), state))
                    .extracting(RuleMatch::level)
                    .containsExactly(Level.LOW);
            assertThat(engine.evaluate(event("{'Kind':'a','User':'x'}", 1), state))
                    .extracting(RuleMatch::level)
                    .containsExactly(Level.LOW, Level.CRITICAL);
        }

        @Test
        void rulesAreNamedByIdOrNameAndCountedTogether() {
            RuleSet set = Rules.load(
                    named("a"),
                    named("b"),
                    correlation(
                            "type: event_count\nrules:\n  - id-a # by id\n  - b\ntimespan: 1m\ncondition: {gte: 3}\n"));
            assertThat(firings(set, "'Kind':'a'", "'Kind':'b'", "'Kind':'c'", "'Kind':'a'"))
                    .containsExactly(3);
        }

        @ParameterizedTest
        @CsvSource({"30s, 30", "90m, 5400", "1h, 3600", "30d, 2592000"})
        void timespansAreANumberAndALetter(String timespan, long seconds) {
            RuleSet set = Rules.load(
                    named("a"),
                    correlation("type: event_count\nrules: [a]\ntimespan: " + timespan + "\ncondition: {gte: 2}\n"));
            assertThat(set.correlations().getFirst().definition().timespan()).isEqualTo(Duration.ofSeconds(seconds));
        }

        @Test
        void severalFieldsOfAGroupHaveToBeTheSameTogether() {
            RuleSet set = Rules.load(
                    named("a"),
                    correlation("type: event_count\nrules: [a]\ngroup-by:\n  - Name\n  - Domain\ntimespan: 1m\n"
                            + "condition: {gte: 2}\n"));
            assertThat(firings(
                            set,
                            "'Kind':'a','Name':'x','Domain':'1'",
                            "'Kind':'a','Name':'x','Domain':'2'",
                            "'Kind':'a','Name':'y','Domain':'1'",
                            "'Kind':'a','Name':'x','Domain':'2'"))
                    .containsExactly(3);
        }

        @Test
        void whatACorrelationBuildsUponGroupsByItsOwnFields() {
            RuleSet set = Rules.load(
                    named("fail"),
                    named("good"),
                    "title: i\nid: inner\nname: many\ncorrelation:\n  type: event_count\n  rules: [fail]\n"
                            + "  group-by: [Host]\n  timespan: 1m\n  condition: {gte: 2}\n",
                    correlation("type: temporal_ordered\nrules: [many, good]\ngroup-by: [User]\ntimespan: 1m\n"));
            assertThat(firings(
                            set,
                            "'Kind':'fail','Host':'h','User':'x'",
                            "'Kind':'fail','Host':'h','User':'x'",
                            "'Kind':'good','Host':'h','User':'y'",
                            "'Kind':'good','Host':'other','User':'x'"))
                    .containsExactly(3);
        }

        @Test
        void aComputedFigureComparesWithAFraction() {
            RuleSet set = Rules.load(
                    named("a"),
                    correlation("type: value_avg\nrules: [a]\ntimespan: 1m\ncondition: {field: N, gt: 1.5}\n"));
            assertThat(firings(set, "'Kind':'a','N':1", "'Kind':'a','N':2", "'Kind':'a','N':3"))
                    .containsExactly(2);
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "{rules: [a], timespan: 1m, condition: {gte: 1}} | without type",
                    "{type: event_count, timespan: 1m, condition: {gte: 1}} | without rules",
                    "{type: value_sum, rules: [a], timespan: 1m, condition: {gte: 1}} | exactly one",
                    "{type: value_avg, rules: [a], timespan: 1m, condition: {field: N}} | 0 comparisons"
                })
        void whatIsMandatoryIsAskedFor(String body, String expected) {
            assertThat(refusal(named("a") + "---\ntitle: c\ncorrelation: " + body + "\n"))
                    .hasMessageContaining(expected);
        }
    }

    @Nested
    class FiltersPage {
        @Test
        void oneFilterIsForSeveralRules() {
            RuleEngine engine = Rules.load(named("a"), named("b"), """
                            title: f
                            logsource:
                                category: test
                            filter:
                                rules:
                                    - id-a
                                    - b
                                selection:
                                    - User|startswith: adm_
                                    - Host: jump
                                condition: not selection
                            """).engine();
            CorrelationState state = new CorrelationState();
            assertThat(engine.evaluate(event("{'Kind':'a','User':'adm_x'}"), state))
                    .isEmpty();
            assertThat(engine.evaluate(event("{'Kind':'b','Host':'jump'}"), state))
                    .isEmpty();
            assertThat(engine.evaluate(event("{'Kind':'a','User':'x'}"), state)).hasSize(1);
            assertThat(engine.evaluate(event("{'Kind':'b','Host':'x'}"), state)).hasSize(1);
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "filter: {rules: [a], s: {F: x}, condition: not s} | without logsource",
                    "logsource: {category: test}\\nfilter: {s: {F: x}, condition: not s} | without rules",
                    "logsource: {category: test}\\nfilter: {rules: [a], s: {F: x}} | without condition",
                    "logsource: {category: test}\\nfilter: {rules: [a], condition: not s} | no search identifier"
                })
        void whatIsMandatoryIsAskedFor(String body, String expected) {
            assertThat(refusal(named("a") + "---\ntitle: f\n" + body.replace("\\n", "\n")))
                    .hasMessageContaining(expected);
        }
    }
}
