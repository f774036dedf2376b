package io.plumbline.console.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.console.rules.RuleStatistics;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PeriodFiguresTest {
    private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
    private static final ObjectMapper JSON = new ObjectMapper();

    private static JsonNode json(String text) throws Exception {
        return JSON.readTree(text.replace('\'', '"'));
    }

    private static PeriodFigures figures(
            long calls, List<JsonNode> approvals, List<JsonNode> causes, List<JsonNode> sessions) {
        return PeriodFigures.of(
                FROM,
                FROM.plus(Duration.ofDays(7)),
                Map.of("high", 2L),
                Map.of("open", 2L),
                Map.of("bea", 3L),
                calls,
                approvals,
                causes,
                sessions,
                Map.of(
                        "quiet", RuleStatistics.none("quiet"),
                        "b", new RuleStatistics("b", 2, List.of(), 1, 1, Optional.empty()),
                        "a", new RuleStatistics("a", 9, List.of(), 0, 0, Optional.empty())));
    }

    @Test
    void approvalsAreCountedByStateAndPersonAndTheMedianIsOfThoseThatAPersonDecided() throws Exception {
        PeriodFigures figures = figures(
                40,
                List.of(
                        json("{'@timestamp':'2026-01-02T00:00:00Z','state':'approved','decided_by':'bea',"
                                + "'decided':'2026-01-02T00:00:10Z'}"),
                        json("{'@timestamp':'2026-01-02T00:00:00Z','state':'denied','decided_by':'bea',"
                                + "'decided':'2026-01-02T00:01:00Z'}"),
                        json("{'@timestamp':'2026-01-02T00:00:00Z','state':'approved','decided_by':'ana',"
                                + "'decided':'2026-01-02T00:00:30Z'}"),
                        json("{'@timestamp':'2026-01-02T00:00:00Z','state':'timed_out','decided_by':''}")),
                List.of(),
                List.of());
        assertThat(figures.approvals()).containsEntry("approved", 2L).containsEntry("timed_out", 1L);
        assertThat(figures.approvers()).containsEntry("bea", 2L).containsEntry("ana", 1L);
        assertThat(figures.toDecision()).contains(Duration.ofSeconds(30));
        assertThat(figures.approvalsPerHundredCalls()).contains(10.0);
        assertThat(figures.accepted())
                .hasValueSatisfying(share -> assertThat(share).isEqualTo(2.0 / 3));
    }

    @Test
    void lossIsAddedUpAndIncompleteSessionsAreCounted() throws Exception {
        PeriodFigures figures = figures(
                0,
                List.of(),
                List.of(
                        json("{'first':'2026-01-02T00:00:00Z','history':[{'at':'2026-01-02T00:02:00Z'}]}"),
                        json("{'first':'2026-01-02T00:00:00Z','history':[]}")),
                List.of(
                        json("{'counts':{'missing':3,'dropped':0}}"),
                        json("{'counts':{'missing':0,'dropped':7}}"),
                        json("{'counts':{'missing':0,'dropped':0}}"),
                        json("{'session':'s-4','host':'h-1','runtime':{'name':'bubblewrap','degraded':true}}")));
        assertThat(figures.sessions()).isEqualTo(4);
        assertThat(figures.degraded()).isEqualTo(1);
        assertThat(figures.seenInPart())
                .hasSize(3)
                .last()
                .isEqualTo(new PeriodFigures.SeenInPart("s-4", "h-1", "bubblewrap", true, 0, 0));
        assertThat(figures.incomplete()).isEqualTo(2);
        assertThat(figures.missing()).isEqualTo(3);
        assertThat(figures.dropped()).isEqualTo(7);
        assertThat(figures.toVerdict()).contains(Duration.ofMinutes(2));
        assertThat(figures.isCut()).isFalse();
    }

    @Test
    void alertsAreListedByGravityAndNotByNumber() {
        Map<String, Long> mostFirst = new LinkedHashMap<>();
        mostFirst.put("low", 40L);
        mostFirst.put("unheard_of", 30L);
        mostFirst.put("high", 20L);
        mostFirst.put("critical", 1L);
        PeriodFigures figures = PeriodFigures.of(
                FROM,
                FROM.plus(Duration.ofDays(7)),
                mostFirst,
                Map.of(),
                Map.of(),
                0,
                List.of(),
                List.of(),
                List.of(),
                Map.of());
        assertThat(figures.alerts().keySet()).containsExactly("critical", "high", "low", "unheard_of");
        assertThat(figures.alerts()).containsAllEntriesOf(mostFirst);
    }

    @Test
    void whatIsNotKnownIsNotShownAsZero() {
        PeriodFigures figures = figures(0, List.of(), List.of(), List.of());
        assertThat(figures.approvalsPerHundredCalls()).isEmpty();
        assertThat(figures.accepted()).isEmpty();
        assertThat(figures.toDecision()).isEmpty();
        assertThat(figures.rules()).extracting(RuleStatistics::rule).containsExactly("a", "b");
    }
}
