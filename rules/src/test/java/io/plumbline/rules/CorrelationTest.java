package io.plumbline.rules;

import static io.plumbline.rules.Rules.event;
import static io.plumbline.rules.Rules.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.correlation.CorrelationState.Loss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The correlation part of the specification, and what state promises. */
class CorrelationTest {
    private CorrelationState state = new CorrelationState();

    private static String base(String name) {
        return "title: " + name + "\nid: id-" + name + "\nname: " + name
                + "\nlogsource: {category: test}\ndetection: {s: {Kind: " + name + "}, condition: s}\n";
    }

    private static String correlation(String body) {
        return "title: c\nid: the-correlation\ncorrelation:\n" + body.indent(2);
    }

    private List<RuleMatch> feed(RuleEngine engine, long seconds, String fields) {
        return engine.evaluate(event("{" + fields + "}", seconds), state);
    }

    /** Seconds at which a correlation matched; each event is "second kind [field]". */
    private List<Long> firings(RuleSet set, String... events) {
        RuleEngine engine = set.engine();
        List<Long> firings = new ArrayList<>();
        for (String line : events) {
            String[] parts = line.split(" ");
            long second = Long.parseLong(parts[0]);
            String fields = "'Kind':'" + parts[1] + "'" + (parts.length > 2 ? "," + parts[2] : "");
            if (feed(engine, second, fields).stream()
                    .anyMatch(match -> match.rule().equals("the-correlation"))) {
                firings.add(second);
            }
        }
        return firings;
    }

    @Test
    void countsEventsOfAGroupInAWindow() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: event_count\nrules: [a]\ngroup-by: [User]\ntimespan: 10s\ncondition: {gte: 3}\n"));
        assertThat(firings(set, "0 a 'User':'x'", "1 a 'User':'y'", "2 a 'User':'x'", "9 a 'User':'x'"))
                .containsExactly(9L);
    }

    @Test
    void aWindowIsAsLongAsTheTimespanAndNoLonger() {
        String rule = correlation("type: event_count\nrules: [a]\ntimespan: 10s\ncondition: {gte: 2}\n");
        assertThat(firings(Rules.load(base("a"), rule), "0 a", "10 a")).containsExactly(10L);
        state = new CorrelationState();
        assertThat(firings(Rules.load(base("a"), rule), "0 a", "11 a")).isEmpty();
    }

    @Test
    void slidesOverTheBoundariesOfTime() {
        RuleSet set = Rules.load(
                base("a"), correlation("type: event_count\nrules: [a]\ntimespan: 1m\ncondition: {gte: 3}\n"));
        assertThat(firings(set, "50 a", "55 a", "65 a")).containsExactly(65L);
    }

    @Test
    void matchesWhenTheConditionBecomesTrueAndAgainAfterItWasNot() {
        RuleSet set = Rules.load(
                base("a"), correlation("type: event_count\nrules: [a]\ntimespan: 10s\ncondition: {gte: 2}\n"));
        assertThat(firings(set, "0 a", "1 a", "2 a", "3 a", "60 a", "61 a")).containsExactly(1L, 61L);
    }

    @Test
    void aRangeIsTwoComparisons() {
        RuleSet set = Rules.load(
                base("a"), correlation("type: event_count\nrules: [a]\ntimespan: 100s\ncondition: {gt: 1, lte: 2}\n"));
        assertThat(firings(set, "0 a", "1 a", "2 a")).containsExactly(1L);
    }

    @ParameterizedTest
    @CsvSource({"eq: 2, 1", "neq: 1, 1", "gt: 1, 1", "lt: 3, 0", "lte: 2, 0"})
    void comparisonsAreOfTheCount(String comparison, long at) {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: event_count\nrules: [a]\ntimespan: 100s\ncondition: {" + comparison + "}\n"));
        assertThat(firings(set, "0 a", "1 a", "2 a")).containsExactly(at);
    }

    @Test
    void countsDistinctValues() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: value_count\nrules: [a]\ntimespan: 100s\ncondition: {field: Host, gte: 3}\n"));
        assertThat(firings(set, "0 a 'Host':'x'", "1 a 'Host':'y'", "2 a 'Host':'x'", "3 a", "4 a 'Host':'z'"))
                .containsExactly(4L);
        assertThat(state.lost(Loss.WITHOUT_VALUE)).isEqualTo(1);
    }

    @Test
    void severalFieldsAreCountedTogether() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: value_count\nrules: [a]\ntimespan: 100s\ncondition: {field: [H, P], gte: 3}\n"));
        assertThat(firings(set, "0 a 'H':'x','P':1", "1 a 'H':'x','P':2", "2 a 'H':'x','P':1", "3 a 'H':'y','P':1"))
                .containsExactly(3L);
    }

    @Test
    void temporalWantsAllRulesInAnyOrder() {
        RuleSet set = Rules.load(
                base("a"), base("b"), base("c"), correlation("type: temporal\nrules: [a, b, c]\ntimespan: 10s\n"));
        assertThat(firings(set, "0 c", "1 a", "2 a", "5 b")).containsExactly(5L);
        state = new CorrelationState();
        assertThat(firings(set, "0 c", "1 a", "11 b")).isEmpty();
    }

    @Test
    void temporalTakesANumberOfRules() {
        RuleSet set = Rules.load(
                base("a"),
                base("b"),
                base("c"),
                correlation("type: temporal\nrules: [a, b, c]\ntimespan: 10s\ncondition: {gte: 2}\n"));
        assertThat(firings(set, "0 a", "1 a", "2 c")).containsExactly(2L);
    }

    @Test
    void orderedWantsTheOrderOfItsRules() {
        RuleSet set = Rules.load(
                base("a"),
                base("b"),
                base("c"),
                correlation("type: temporal_ordered\nrules: [a, b, c]\ntimespan: 10s\n"));
        assertThat(firings(set, "0 b", "1 a", "2 c", "3 b", "4 a", "5 c")).containsExactly(5L);
        state = new CorrelationState();
        assertThat(firings(set, "0 c", "1 b", "2 a")).isEmpty();
    }

    @Test
    void eventsOfTheSameTimeAreInTheOrderOfTheLog() {
        RuleSet set =
                Rules.load(base("a"), base("b"), correlation("type: temporal_ordered\nrules: [a, b]\ntimespan: 10s\n"));
        assertThat(firings(set, "5 b", "5 a")).isEmpty();
        state = new CorrelationState();
        assertThat(firings(set, "5 a", "5 b")).containsExactly(5L);
    }

    @Test
    void oneEventIsNotTwoSteps() {
        String second =
                "title: b\nid: id-b\nname: b\nlogsource: {category: test}\ndetection: {s: {Kind: a}, condition: s}\n";
        RuleSet set =
                Rules.load(base("a"), second, correlation("type: temporal_ordered\nrules: [a, b]\ntimespan: 10s\n"));
        assertThat(firings(set, "5 a")).isEmpty();
        assertThat(firings(set, "6 a")).containsExactly(6L);
    }

    @Test
    void anEventThatComesLateIsPutWhereItBelongs() {
        RuleSet ordered =
                Rules.load(base("a"), base("b"), correlation("type: temporal_ordered\nrules: [a, b]\ntimespan: 10s\n"));
        assertThat(firings(ordered, "5 b", "3 a")).containsExactly(3L);
        state = new CorrelationState();
        assertThat(firings(ordered, "3 b", "5 a")).isEmpty();
        assertThat(firings(ordered, "100 b", "3 a")).isEmpty();
        assertThat(state.lost(Loss.LATE)).isEqualTo(1);
    }

    @Test
    void sumsAndAverages() {
        RuleSet sum = Rules.load(
                base("a"), correlation("type: value_sum\nrules: [a]\ntimespan: 10s\ncondition: {field: N, gt: 10}\n"));
        assertThat(firings(sum, "0 a 'N':4", "1 a 'N':'6'", "2 a 'N':0.5", "3 a 'N':'many'"))
                .containsExactly(2L);
        state = new CorrelationState();
        RuleSet average = Rules.load(
                base("a"), correlation("type: value_avg\nrules: [a]\ntimespan: 10s\ncondition: {field: N, gt: 500}\n"));
        assertThat(firings(average, "0 a 'N':400", "1 a 'N':601")).containsExactly(1L);
    }

    @Test
    void percentilesLieBetweenTheClosestRanks() {
        RuleSet median = Rules.load(
                base("a"),
                correlation("type: value_median\nrules: [a]\ntimespan: 99s\ncondition: {field: N, gte: 15}\n"));
        assertThat(firings(median, "0 a 'N':10", "1 a 'N':19", "2 a 'N':20")).containsExactly(2L);
        state = new CorrelationState();
        RuleSet high = Rules.load(
                base("a"),
                correlation("type: value_percentile\nrules: [a]\ntimespan: 99s\n"
                        + "condition: {field: N, percentile: 75, gte: 25}\n"));
        assertThat(firings(high, "0 a 'N':10", "1 a 'N':20", "2 a 'N':30")).containsExactly(2L);
    }

    @Test
    void aPercentileWithoutItsRankIsRefused() {
        // The specification's own example names none.
        assertThatThrownBy(() -> Rules.load(
                        base("a"),
                        correlation("type: value_percentile\nrules: [a]\ngroup-by: [ComputerName]\ntimespan: 24h\n"
                                + "condition: {field: image, lte: 1}\n")))
                .hasMessageContaining("value_percentile without percentile");
    }

    @Test
    void aliasesLeadToTheFieldOfEachRule() {
        RuleSet set = Rules.load(
                base("a"),
                base("b"),
                correlation("type: temporal\nrules: [a, b]\ngroup-by: [inner, outer]\ntimespan: 10s\n"
                        + "aliases:\n  inner: {a: Dst, b: Src}\n  outer: {a: Src, b: Dst}\n"));
        RuleEngine engine = set.engine();
        assertThat(feed(engine, 0, "'Kind':'a','Src':'o','Dst':'i'")).isEmpty();
        assertThat(feed(engine, 1, "'Kind':'b','Src':'o','Dst':'i'")).isEmpty();
        assertThat(feed(engine, 2, "'Kind':'b','Src':'i','Dst':'o'"))
                .singleElement()
                .satisfies(match -> {
                    assertThat(match.group()).containsEntry("inner", "i").containsEntry("outer", "o");
                    assertThat(match.events()).containsExactly("e0", "e2");
                });
    }

    @Test
    void anEventWithoutItsGroupIsNotCounted() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: event_count\nrules: [a]\ngroup-by: [User]\ntimespan: 9s\ncondition: {gte: 1}\n"));
        assertThat(firings(set, "0 a", "1 a 'User':null")).isEmpty();
        assertThat(state.lost(Loss.WITHOUT_GROUP)).isEqualTo(2);
    }

    @Test
    void correlationsChain() {
        String inner = "title: i\nid: inner\nname: many\ncorrelation:\n  type: event_count\n  rules: [fail]\n"
                + "  group-by: [User]\n  timespan: 10m\n  condition: {gte: 3}\n";
        RuleSet set = Rules.load(
                correlation("type: temporal_ordered\nrules: [many, good]\ngroup-by: [User]\ntimespan: 10m\n"),
                inner,
                base("fail"),
                base("good"));
        assertThat(firings(set, "0 fail 'User':'x'", "1 fail 'User':'x'", "2 good 'User':'x'"))
                .isEmpty();
        RuleEngine engine = set.engine();
        assertThat(feed(engine, 3, "'Kind':'fail','User':'x'")).isEmpty();
        assertThat(feed(engine, 4, "'Kind':'good','User':'y'")).isEmpty();
        assertThat(feed(engine, 5, "'Kind':'good','User':'x'")).singleElement().satisfies(match -> {
            assertThat(match.rule()).isEqualTo("the-correlation");
            assertThat(match.events()).containsExactly("e0", "e1", "e3", "e5");
            assertThat(match.ruleSet()).isEqualTo(set.hash());
        });
    }

    @Test
    void rulesOfACorrelationReportForThemselvesWhenItSaysSo() {
        String body = "type: event_count\nrules: [a]\ntimespan: 9s\ncondition: {gte: 5}\n";
        assertThat(feed(Rules.load(base("a"), correlation(body)).engine(), 0, "'Kind':'a'"))
                .isEmpty();
        assertThat(feed(
                        Rules.load(base("a"), correlation(body + "generate: true\n"))
                                .engine(),
                        0,
                        "'Kind':'a'"))
                .extracting(RuleMatch::rule)
                .containsExactly("id-a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "type: counting\\nrules: [a]\\ntimespan: 1m\\ncondition: {gte: 1} | one of event_count",
                "type: event_count\\nrules: [a]\\ncondition: {gte: 1} | without timespan",
                "type: event_count\\nrules: [a]\\ntimespan: 1w\\ncondition: {gte: 1} | one of s, m, h, d",
                "type: event_count\\nrules: [a]\\ntimespan: 1 m\\ncondition: {gte: 1} | one of s, m, h, d",
                "type: event_count\\nrules: [a]\\ntimespan: 91d\\ncondition: {gte: 1} | <= 90d",
                "type: event_count\\nrules: [a]\\ntimespan: 1m | without condition",
                "type: event_count\\nrules: [a]\\ntimespan: 1m\\ncondition: a and b | condition: 'a and b'",
                "type: event_count\\nrules: [a]\\ntimespan: 1m\\ncondition: {gte: 1, field: x} | condition key 'field'",
                "type: event_count\\nrules: [a]\\ntimespan: 1m\\ncondition: {gte: 1, gt: 2} | no range",
                "type: event_count\\nrules: [a]\\ntimespan: 1m\\ncondition: {gte: '1'} | a number without quotes",
                "type: event_count\\nrules: [a]\\ntimespan: 1m\\ncondition: {gte: 5000} | from 0 to 1000",
                "type: event_count\\nrules: [a]\\ntimespan: 1m\\ncondition: {lt: 1} | the absence of events",
                "type: event_count\\nrules: [a]\\ntimespan: 1m\\ncondition: {eq: 0} | the absence of events",
                "type: event_count\\nrules: [a]\\ntimespan: 1m\\ncondition: {gt: 5, lt: 6} | that no count",
                "type: event_count\\nrules: []\\ntimespan: 1m\\ncondition: {gte: 1} | 1 to 64",
                "type: event_count\\nrules: [a, a]\\ntimespan: 1m\\ncondition: {gte: 1} | an item twice",
                "type: event_count\\nrules: [a, id-a]\\ntimespan: 1m\\ncondition: {gte: 1} | named twice",
                "type: event_count\\nrules: [zz]\\ntimespan: 1m\\ncondition: {gte: 1} | the id or name of a usable rule",
                "type: event_count\\nrules: [the-correlation]\\ntimespan: 1m\\ncondition: {gte: 1} | without a circle",
                "type: event_count\\nrule: [a]\\ntimespan: 1m\\ncondition: {gte: 1} | correlation key 'rule'",
                "type: value_count\\nrules: [a]\\ntimespan: 1m\\ncondition: {gte: 1} | field of 0 names",
                "type: value_sum\\nrules: [a]\\ntimespan: 1m\\ncondition: {gte: 1, field: [x, y]} | exactly one",
                "type: temporal\\nrules: [a]\\ntimespan: 1m | at least two",
                "type: temporal_ordered\\nrules: [a, b]\\ntimespan: 1m\\ncondition: {gte: 1} | which part has to be in order",
                "type: event_count\\nrules: [a]\\ntimespan: 1m\\ncondition: {gte: 1}\\naliases: {x: {a: F}} | an alias that group-by uses",
                "type: temporal\\nrules: [a, b]\\ngroup-by: [x]\\ntimespan: 1m\\naliases: {x: {a: F}} | a field for each rule"
            })
    void whatCannotBeMeantIsRefused(String body, String expected) {
        String text = base("a") + "---\n" + base("b") + "---\n" + correlation(body.replace("\\n", "\n"));
        assertThat(refusal(text)).hasMessageContaining(expected);
    }

    @Test
    void theSpecificationsExamplesLoad() {
        for (String body : List.of(
                "type: event_count\nrules: [a]\ngroup-by: [ComputerName]\ntimespan: 1h\ncondition: {gte: 100}\n",
                "type: value_count\nrules: [a]\ngroup-by: [ComputerName, WorkstationName]\ntimespan: 1d\n"
                        + "condition: {field: User, gte: 100}\n",
                "type: temporal\nrules: [a, b]\ngroup-by: [ComputerName, User]\ntimespan: 5m\n",
                "type: temporal_ordered\nrules: [a, b]\ngroup-by: [User]\ntimespan: 1h\n",
                "type: value_sum\nrules: [a]\ngroup-by: [SourceIP, User]\ntimespan: 1h\n"
                        + "condition: {field: bytes_sent, gt: 1000000}\n",
                "type: value_avg\nrules: [a]\ngroup-by: [SourceIP, User]\ntimespan: 24h\n"
                        + "condition: {field: BytesOut, gt: 500}\n")) {
            assertThat(Rules.load(base("a"), base("b"), correlation(body)).correlations())
                    .hasSize(1);
        }
    }

    @Test
    void stateSurvivesItsBytes() {
        RuleSet set = Rules.load(
                base("a"),
                base("b"),
                correlation("type: temporal_ordered\nrules: [a, b]\ngroup-by: [User]\ntimespan: 10s\n"));
        assertThat(firings(set, "1 a 'User':'x'", "1 a")).isEmpty();
        byte[] bytes = state.toBytes();
        state = CorrelationState.fromBytes(bytes);
        assertThat(state.toBytes()).isEqualTo(bytes);
        assertThat(state.lost(Loss.WITHOUT_GROUP)).isEqualTo(1);
        assertThat(firings(set, "2 b 'User':'x'")).containsExactly(2L);
    }

    @Test
    void bytesThatAreNoStateAreRefused() {
        byte[] bytes = state.toBytes();
        byte[] other = bytes.clone();
        other[7] = 9;
        assertThatThrownBy(() -> CorrelationState.fromBytes(other)).hasMessageContaining("version 9 (expected: 1)");
        assertThatThrownBy(() -> CorrelationState.fromBytes(Arrays.copyOf(bytes, bytes.length - 1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CorrelationState.fromBytes(new byte[12])).hasMessageContaining("magic");
    }

    @Test
    void windowsOfAnotherDefinitionAreNotContinued() {
        String body = "type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {gte: ";
        firings(Rules.load(base("a"), correlation(body + "2}\n")), "0 a");
        assertThat(firings(Rules.load(base("a"), correlation(body + "2}\n")), "1 a"))
                .containsExactly(1L);
        assertThat(firings(Rules.load(base("a"), correlation(body + "3}\n")), "2 a"))
                .isEmpty();
    }

    @Test
    void tooManyGroupsPushOutTheOneUsedLongestAgoAndAreCounted() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: event_count\nrules: [a]\ngroup-by: [U]\ntimespan: 1h\ncondition: {gte: 2}\n"));
        RuleEngine engine = set.engine();
        for (int i = 0; i <= CorrelationState.MAX_GROUPS; i++) {
            feed(engine, 1, "'Kind':'a','U':'u" + i + "'");
        }
        assertThat(state.groups()).isEqualTo(CorrelationState.MAX_GROUPS);
        assertThat(state.lost(Loss.EVICTED_GROUPS)).isEqualTo(1);
        assertThat(feed(engine, 2, "'Kind':'a','U':'u0'")).isEmpty();
        assertThat(feed(engine, 2, "'Kind':'a','U':'u9'")).hasSize(1);
    }

    @Test
    void groupsThatCannotCountAnyMoreAreForgotten() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: event_count\nrules: [a]\ngroup-by: [U]\ntimespan: 5s\ncondition: {gte: 2}\n"));
        RuleEngine engine = set.engine();
        for (int i = 0; i < 100; i++) {
            feed(engine, 1, "'Kind':'a','U':'u" + i + "'");
        }
        feed(engine, 1000, "'Kind':'a','U':'later'");
        assertThat(state.groups()).isEqualTo(1);
        assertThat(state.lost(Loss.EVICTED_GROUPS)).isZero();
    }

    @Test
    void aFloodOfOneGroupIsBoundedAndSaid() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: value_count\nrules: [a]\ntimespan: 1h\ncondition: {field: N, gte: 1000}\n"));
        RuleEngine engine = set.engine();
        List<RuleMatch> matches = new ArrayList<>();
        for (int i = 0; i < 4000; i++) {
            matches.addAll(feed(engine, 1, "'Kind':'a','N':" + (i < 3000 ? 1 : i)));
        }
        assertThat(matches).singleElement().satisfies(match -> assertThat(match.degraded())
                .isTrue());
        assertThat(state.entries()).isLessThan(3000);
        assertThat(state.lost(Loss.EVICTED_MATCHES)).isEqualTo(4000 - state.entries());
    }

    @Test
    void aFloodOfOneStepDoesNotPushOutAnother() {
        RuleSet set = Rules.load(
                base("a"),
                base("b"),
                base("c"),
                correlation("type: temporal_ordered\nrules: [a, b, c]\ntimespan: 1h\n"));
        RuleEngine engine = set.engine();
        feed(engine, 0, "'Kind':'a'");
        for (int i = 0; i < 3000; i++) {
            feed(engine, 1 + i / 10, "'Kind':'b'");
        }
        assertThat(feed(engine, 400, "'Kind':'c'")).singleElement().satisfies(match -> {
            assertThat(match.degraded()).isTrue();
            assertThat(match.events()).startsWith("e0");
        });
    }

    @Test
    void aFloodOfTwoStepsDoesNotPushOutTheFirstOfEach() {
        RuleSet set = Rules.load(
                base("a"),
                base("b"),
                base("c"),
                base("d"),
                correlation("type: temporal_ordered\nrules: [a, b, c, d]\ntimespan: 1h\n"));
        RuleEngine engine = set.engine();
        feed(engine, 0, "'Kind':'a'");
        feed(engine, 1, "'Kind':'b'");
        feed(engine, 2, "'Kind':'c'");
        for (int i = 0; i < 3000; i++) {
            feed(engine, 3 + i / 10, i % 2 == 0 ? "'Kind':'b'" : "'Kind':'a'");
        }
        assertThat(feed(engine, 400, "'Kind':'d'")).hasSize(1);
    }

    @Test
    void aFloodOfOneValueDoesNotPushOutAnother() {
        RuleSet set = Rules.load(
                base("a"), correlation("type: value_count\nrules: [a]\ntimespan: 1h\ncondition: {field: N, gte: 4}\n"));
        RuleEngine engine = set.engine();
        feed(engine, 0, "'Kind':'a','N':'x'");
        feed(engine, 1, "'Kind':'a','N':'y'");
        for (int i = 0; i < 3000; i++) {
            feed(engine, 2 + i / 10, "'Kind':'a','N':'flood'");
        }
        assertThat(feed(engine, 400, "'Kind':'a','N':'z'")).hasSize(1);
    }

    @Test
    void aMatchThatComesLateBeforeAFloodIsBoundedAndSaid() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: value_count\nrules: [a]\ntimespan: 1h\ncondition: {field: N, gte: 1000}\n"));
        RuleEngine engine = set.engine();
        for (int i = 0; i < 300; i++) {
            feed(engine, 100, "'Kind':'a','N':" + i % 10);
        }
        feed(engine, 99, "'Kind':'a','N':1");
        assertThat(state.lost(Loss.LATE)).as("few enough to look at").isZero();
        for (int i = 0; i < 1500; i++) {
            feed(engine, 101, "'Kind':'a','N':" + i % 10);
        }
        feed(engine, 99, "'Kind':'a','N':2");
        assertThat(state.lost(Loss.LATE)).isEqualTo(1);
    }

    @Test
    void groupsThatHaveExpiredMakeRoomForThoseThatHaveNot() {
        RuleSet set = Rules.load(
                base("a"),
                base("b"),
                correlation("type: event_count\nrules: [a]\ngroup-by: [U]\ntimespan: 10m\ncondition: {gte: 2}\n"),
                "title: s\nid: short\ncorrelation:\n  type: event_count\n  rules: [b]\n  group-by: [U]\n"
                        + "  timespan: 1m\n  condition: {gte: 2}\n");
        RuleEngine engine = set.engine();
        feed(engine, 0, "'Kind':'a','U':'kept'");
        for (int i = 1; i < CorrelationState.MAX_GROUPS; i++) {
            feed(engine, 1, "'Kind':'b','U':'u" + i + "'");
        }
        feed(engine, 200, "'Kind':'b','U':'new'");
        assertThat(state.lost(Loss.EVICTED_GROUPS)).isZero();
        assertThat(state.groups()).isEqualTo(2);
        assertThat(state.entries()).isEqualTo(2);
        assertThat(feed(engine, 201, "'Kind':'a','U':'kept'")).hasSize(1);
    }

    @Test
    void tooManyMatchesInAllPushOutTheGroupUsedLongestAgoAndAreCounted() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: event_count\nrules: [a]\ngroup-by: [U]\ntimespan: 1h\ncondition: {gte: 1000}\n"));
        RuleEngine engine = set.engine();
        int ofOneGroup = 1_000;
        int groups = CorrelationState.MAX_ENTRIES / ofOneGroup + 2;
        for (int group = 0; group < groups; group++) {
            for (int i = 1; i < ofOneGroup; i++) {
                feed(engine, 1, "'Kind':'a','U':'u" + group + "'");
            }
        }
        assertThat(state.entries()).isLessThanOrEqualTo(CorrelationState.MAX_ENTRIES);
        assertThat(state.groups()).isEqualTo(groups - state.lost(Loss.EVICTED_GROUPS));
        assertThat(state.lost(Loss.EVICTED_GROUPS)).isPositive();
        assertThat(state.lost(Loss.EVICTED_MATCHES)).isEqualTo(groups * (ofOneGroup - 1L) - state.entries());
        assertThat(feed(engine, 2, "'Kind':'a','U':'u0'")).as("forgotten").isEmpty();
        assertThat(feed(engine, 2, "'Kind':'a','U':'u" + (groups - 1) + "'")).hasSize(1);
    }

    @Test
    void longValuesAreKeptAsWhatTellsThemApart() {
        RuleSet set = Rules.load(
                base("a"),
                correlation("type: event_count\nrules: [a]\ngroup-by: [U]\ntimespan: 1h\ncondition: {gte: 2}\n"));
        RuleEngine engine = set.engine();
        String text = "x".repeat(100_000);
        assertThat(feed(engine, 1, "'Kind':'a','U':'" + text + "1'")).isEmpty();
        assertThat(feed(engine, 2, "'Kind':'a','U':'" + text + "2'")).isEmpty();
        assertThat(state.toBytes()).hasSizeLessThan(2_000);
        assertThat(feed(engine, 3, "'Kind':'a','U':'" + text + "1'")).hasSize(1);
    }

    private static String link(int number, int last) {
        return "title: l\nid: l" + number + "\ncorrelation:\n  type: event_count\n  rules: ["
                + (number == last ? "a" : "l" + (number + 1)) + "]\n  timespan: 1m\n  condition: {gte: 1}\n";
    }

    @ParameterizedTest
    @CsvSource({"33, false", "33, true", "3000, false", "3000, true"})
    void aChainOfCorrelationsIsBoundedWhateverItsOrder(int length, boolean lastFirst) {
        List<String> texts = new ArrayList<>();
        for (int i = 1; i <= length; i++) {
            texts.add(link(i, length));
        }
        if (lastFirst) {
            Collections.reverse(texts);
        }
        RuleException refusal = refusal(base("a") + "---\n" + String.join("---\n", texts));
        assertThat(refusal.code()).isEqualTo(Code.LIMIT);
        assertThat(refusal).hasMessageContaining("'l" + (lastFirst ? length - RuleSet.MAX_CHAIN : 1) + "' is upon 32");
    }

    @Test
    void aChainUpToTheBoundMatches() {
        List<String> texts = new ArrayList<>(List.of(base("a")));
        for (int i = 1; i <= RuleSet.MAX_CHAIN; i++) {
            texts.add(link(i, RuleSet.MAX_CHAIN));
        }
        RuleSet set = Rules.load(texts.toArray(new String[0]));
        assertThat(feed(set.engine(), 0, "'Kind':'a'"))
                .extracting(RuleMatch::rule)
                .containsExactly("l1");
    }

    @ParameterizedTest
    @CsvSource({"event_count, group-by, ''", "value_count, field, '  '"})
    void moreFieldsThanStateHoldsAreRefused(String type, String key, String indent) {
        List<String> names = IntStream.rangeClosed(0, 16).mapToObj(i -> "f" + i).toList();
        String condition = "condition:\n  gte: 2\n";
        String fields = indent + key + ": " + names + "\n";
        String body = "type: " + type + "\nrules: [a]\ntimespan: 1m\n"
                + (indent.isEmpty() ? fields + condition : condition + fields);
        assertThat(refusal(base("a") + "---\n" + correlation(body)))
                .hasMessageContaining(key + ": 17 fields (expected: <= 16)");
    }

    @Test
    void filtersAreAddedToTheRulesTheyName() {
        String filter = "title: f\nid: f\nlogsource: {category: test}\nfilter:\n  rules: [a]\n  admin:\n"
                + "    User|startswith: adm_\n  condition: not admin\n";
        RuleEngine engine = Rules.load(base("a"), base("b"), filter).engine();
        assertThat(feed(engine, 0, "'Kind':'a','User':'adm_x'")).isEmpty();
        assertThat(feed(engine, 0, "'Kind':'a','User':'x'")).hasSize(1);
        assertThat(feed(engine, 0, "'Kind':'b','User':'adm_x'")).hasSize(1);
    }

    @Test
    void theSpecificationsFilterExampleKeepsWhatItSelects() {
        String filter = "title: f\nlogsource: {category: test}\nfilter:\n  rules: [id-a]\n  selection:\n"
                + "    User|startswith: adm_\n  condition: selection\n";
        RuleEngine engine = Rules.load(base("a"), filter).engine();
        assertThat(feed(engine, 0, "'Kind':'a','User':'adm_x'")).hasSize(1);
        assertThat(feed(engine, 0, "'Kind':'a','User':'x'")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rules: [zz] | REFERENCE",
                "rules: [] | FILTER",
                "rules: [the-correlation] | FILTER",
                "rules: [b-source] | FILTER"
            })
    void filtersThatDoNotFitAreRefused(String rules, Code code) {
        String other = "title: o\nid: b-source\nlogsource: {category: other}\ndetection: {s: {F: x}, condition: s}\n";
        String filter =
                "title: f\nlogsource: {category: test}\nfilter:\n  " + rules + "\n  s: {F: x}\n  condition: not s\n";
        String text = base("a") + "---\n" + other + "---\n"
                + correlation("type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {gte: 2}\n") + "---\n" + filter;
        assertThat(refusal(text).code()).isEqualTo(code);
    }
}
