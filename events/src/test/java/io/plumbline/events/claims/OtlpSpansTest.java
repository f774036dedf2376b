package io.plumbline.events.claims;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.Event;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OtlpSpansTest {
    private static final long NOW = 1_795_489_190_000_000_000L;
    private static final OtlpSpans.Sampling ALL = (agent, session) -> true;

    @Test
    void takesTheToolCallsOutOfClaudesTraces() throws Exception {
        List<Event.Builder> claims = new ArrayList<>();
        int spans = 0;
        for (String body : Captures.lines("claude-code-2.1.330.otlp-traces.exfil-executed.jsonl")) {
            OtlpSpans.Read read = OtlpSpans.fromJson(body.getBytes(UTF_8), ALL, NOW);
            spans += read.spans();
            read.claims().forEach(claim -> claims.add(claim.claim()));
        }

        assertThat(spans).isGreaterThan(8);
        assertThat(claims.stream().filter(Event.Builder::hasToolCall).map(claim -> claim.getToolCall()
                        .getCommand()))
                .contains("ls -la");
        assertThat(claims.stream().filter(Event.Builder::hasToolResult).map(claim -> claim.getToolResult()
                        .getOutput()))
                .anyMatch(output -> output.contains("README.md"));
    }

    @Test
    void readsTheSpansOfTheAiSdk() throws Exception {
        OtlpSpans.Read read = OtlpSpans.fromJson(body(1).getBytes(UTF_8), ALL, NOW);

        assertThat(read.claims().getFirst().claim().getToolCall().getCommand()).isEqualTo("ls");
        assertThat(read.claims().getFirst().claim().getToolCall().getCall()).isEqualTo("c0");
    }

    @Test
    void takesNoMoreCallsThanItMayAndCountsTheRest() throws Exception {
        SpanBudget budget = new SpanBudget();
        int calls = SpanBudget.PER_SECOND + 7;
        OtlpSpans.Read read =
                OtlpSpans.fromJson(body(calls).getBytes(UTF_8), (agent, session) -> budget.take(NOW), NOW);

        assertThat(read.spans()).isEqualTo(calls);
        assertThat(read.calls()).isEqualTo(SpanBudget.PER_SECOND);
        assertThat(read.claims()).hasSize(SpanBudget.PER_SECOND);
        assertThat(budget.take(NOW)).isFalse();
        assertThat(budget.take(NOW + 1_000_000_000L)).isTrue();
    }

    @FuzzTest
    void anyBodyGivesBoundedClaimsOrIsRefused(byte[] body) {
        for (boolean json : new boolean[] {true, false}) {
            try {
                SpanBudget budget = new SpanBudget();
                OtlpSpans.Sampling sampling = (agent, session) -> budget.take(NOW);
                OtlpSpans.Read read =
                        json ? OtlpSpans.fromJson(body, sampling, NOW) : OtlpSpans.fromProtobuf(body, sampling, NOW);
                assertThat(read.calls()).isLessThanOrEqualTo(SpanBudget.PER_SECOND);
                for (OtlpClaim claim : read.claims()) {
                    assertThat(EventLimits.bounded(claim.claim()).getSerializedSize())
                            .isLessThanOrEqualTo(EventLimits.MAX_EVENT_BYTES);
                }
            } catch (MalformedRecordException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    private static String body(int spans) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < spans; i++) {
            all.add("""
                    {"name":"ai.toolCall","attributes":[
                      {"key":"ai.toolCall.id","value":{"stringValue":"c%d"}},
                      {"key":"ai.toolCall.name","value":{"stringValue":"bash"}},
                      {"key":"ai.toolCall.args","value":{"stringValue":"{\\"command\\":\\"ls\\"}"}}]}""".formatted(i));
        }
        return "{\"resourceSpans\":[{\"resource\":{\"attributes\":[]},\"scopeSpans\":[{\"spans\":["
                + String.join(",", all) + "]}]}]}";
    }
}
