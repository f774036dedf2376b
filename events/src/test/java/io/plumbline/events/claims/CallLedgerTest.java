package io.plumbline.events.claims;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Event.PayloadCase;
import io.plumbline.events.v1.Message;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallLedgerTest {
    private static final long NOW = 1_000_000_000_000L;

    private final CallLedger ledger = new CallLedger(true);

    @Test
    void publishesTheHooksCallOnceAndKeepsTheOtherSightings() throws Exception {
        assertThat(ledger.admit("hook", call("c1", "ls", true), NOW))
                .singleElement()
                .satisfies(event -> assertThat(event.getToolCall().getGated()).isTrue());
        assertThat(ledger.admit("otlp", call("c1", "ls", false), NOW))
                .singleElement()
                .satisfies(event -> assertThat(event.getRawClaim().getSource()).isEqualTo("otlp:sighting:c1"));
        assertThat(ledger.admit("hook", result("c1", "x", 0), NOW))
                .singleElement()
                .matches(Event.Builder::hasToolResult);
        assertThat(ledger.admit("transcript", result("c1", "x", 0), NOW))
                .singleElement()
                .matches(Event.Builder::hasRawClaim);
    }

    @Test
    void knowsTheCallThatAnAgentAsksAboutOnceMore() throws Exception {
        ledger.admit("hook", call("c1", "ls", true), NOW);
        ledger.admit("hook", call("c2", "make", true), NOW);
        Event.Builder request = HookClaims.read(AgentDialect.CODEX, """
                        {"hook_event_name":"PermissionRequest","tool_name":"Bash",
                         "tool_input":{"command":"ls","description":"outside"}}""".getBytes(UTF_8), 1)
                .claims()
                .getFirst();

        assertThat(ledger.admit("hook", request, NOW)).singleElement().satisfies(event -> {
            assertThat(event.getToolCall().getEscalation()).isTrue();
            assertThat(event.getToolCall().getCall()).isEqualTo("c1");
            assertThat(event.getToolCall().getContradicts()).isEmpty();
        });
    }

    @Test
    void tellsWhenAChannelNamesAnotherCommandForTheSameCall() {
        ledger.admit("hook", call("c1", "ls", true), NOW);

        assertThat(ledger.admit("transcript", call("c1", "cat ~/.ssh/id_rsa", false), NOW))
                .singleElement()
                .satisfies(event ->
                        assertThat(event.getToolCall().getContradicts()).isEqualTo("hook"));
    }

    @Test
    void letsATranscriptThatIsAheadWaitForTheHook() {
        assertThat(ledger.admit("transcript", call("c1", "ls", false), NOW)).isEmpty();

        assertThat(ledger.admit("hook", call("c1", "ls", true), NOW + 1))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getToolCall().getGated()).isTrue();
                    assertThat(event.getToolCall().getContradicts()).isEmpty();
                });
        assertThat(ledger.rest()).isEmpty();
    }

    @Test
    void publishesACallWhoseHookNeverComes() {
        ledger.admit("transcript", call("c1", "ls", false), NOW);

        assertThat(ledger.overdue(NOW + 1)).isEmpty();
        assertThat(ledger.overdue(NOW + CallLedger.GRACE_NANOS)).singleElement().matches(Event.Builder::hasToolCall);
    }

    @Test
    void publishesTheCallBeforeAResultThatProvesThatItRan() {
        ledger.admit("otlp", call("c1", "ls", false), NOW);

        assertThat(kinds(ledger.admit("otlp", result("c1", "x", 0), NOW)))
                .containsExactly(PayloadCase.TOOL_CALL, PayloadCase.TOOL_RESULT);
    }

    @Test
    void letsALaterResultAddWhatTheFirstLeftOut() {
        ledger.admit("hook", call("c1", "ls", true), NOW);
        ledger.admit(
                "hook", Event.newBuilder().setToolResult(ToolResult.newBuilder().setCall("c1")), NOW);

        assertThat(ledger.admit("otlp", result("c1", "x", 7), NOW))
                .singleElement()
                .matches(Event.Builder::hasToolResult);
    }

    @Test
    void tellsEqualCallsWithoutAnIdApart() throws Exception {
        byte[] before = gemini("BeforeTool", "{\"command\":\"ls\",\"description\":\"d\"}");
        byte[] after = gemini("AfterTool", "{ \"description\": \"d\", \"command\": \"ls\" }");

        List<Event.Builder> first = admit(before);
        List<Event.Builder> firstEnd = admit(after);
        List<Event.Builder> second = admit(before);
        List<Event.Builder> secondEnd = admit(after);

        String one = first.getFirst().getToolCall().getCall();
        String two = second.getFirst().getToolCall().getCall();
        assertThat(one).startsWith("args:").isNotEqualTo(two);
        assertThat(firstEnd.getFirst().getToolResult().getCall()).isEqualTo(one);
        assertThat(secondEnd.getFirst().getToolResult().getCall()).isEqualTo(two);
    }

    @Test
    void mergesTelemetryWithoutIdsIntoTheCallsOfTheHook() throws Exception {
        for (String agent : List.of("gemini-cli-0.61.0", "qwen-code-0.15.10")) {
            CallLedger merged = new CallLedger(true);
            AgentDialect dialect = agent.startsWith("gemini") ? AgentDialect.GEMINI : AgentDialect.QWEN;
            List<Event.Builder> published = new ArrayList<>();
            for (byte[] hook : Captures.hooks(agent + ".hooks.exfil-denied.jsonl")) {
                for (Event.Builder claim : HookClaims.read(dialect, hook, NOW).claims()) {
                    published.addAll(merged.admit("hook", claim, NOW));
                }
            }
            for (String body : Captures.lines(agent + ".otlp-logs.exfil-denied.jsonl")) {
                for (OtlpClaim claim : OtlpClaims.fromJson(body.getBytes(UTF_8), NOW)) {
                    published.addAll(merged.admit("otlp", claim.claim(), NOW));
                }
            }
            published.addAll(merged.rest());

            List<ToolCall> calls = published.stream()
                    .filter(Event.Builder::hasToolCall)
                    .map(event -> event.getToolCall())
                    .toList();
            assertThat(calls).as(agent).hasSize(3).allMatch(ToolCall::getGated);
            assertThat(calls).extracting(ToolCall::getCall).doesNotHaveDuplicates();
            assertThat(published.stream().filter(Event.Builder::hasToolResult))
                    .allMatch(result -> calls.stream().anyMatch(call -> call.getCall()
                            .equals(result.getToolResult().getCall())));
        }
    }

    @Test
    void findsNoContradictionInHonestSessions() throws Exception {
        for (String agent : List.of("claude-code-2.1.330", "codex-0.169.0")) {
            CallLedger merged = new CallLedger(true);
            List<Event.Builder> published = new ArrayList<>();
            AgentDialect dialect = agent.startsWith("codex") ? AgentDialect.CODEX : AgentDialect.CLAUDE;
            String kind = agent.startsWith("codex") ? "exfil-denied" : "exfil-executed";
            for (byte[] hook : Captures.hooks(agent + ".hooks." + kind + ".jsonl")) {
                for (Event.Builder claim : HookClaims.read(dialect, hook, NOW).claims()) {
                    published.addAll(merged.admit("hook", claim, NOW));
                }
            }
            for (String body : Captures.lines(agent + ".otlp-logs.exfil-executed.jsonl")) {
                for (OtlpClaim claim : OtlpClaims.fromJson(body.getBytes(UTF_8), NOW)) {
                    published.addAll(merged.admit("otlp", claim.claim(), NOW));
                }
            }
            assertThat(published.stream().filter(Event.Builder::hasToolCall).map(Event.Builder::getToolCall))
                    .as(agent)
                    .isNotEmpty()
                    .allMatch(call -> call.getContradicts().isEmpty());
        }
    }

    @Test
    void saysTheSameWordsOncePerAct() {
        assertThat(ledger.admit("otlp", message("hello"), NOW)).hasSize(1);
        assertThat(ledger.admit("hook", message("hello"), NOW)).isEmpty();
        assertThat(ledger.admit("otlp", message("hello"), NOW)).hasSize(1);
    }

    @Test
    void staysBoundedAndLosesNoCallThatWaits() {
        int published = 0;
        for (int i = 0; i < 2 * CallLedger.MAX_CALLS; i++) {
            published += ledger.admit("transcript", call("c" + i, "ls " + i, false), NOW)
                    .size();
        }
        assertThat(published + ledger.rest().size()).isEqualTo(2 * CallLedger.MAX_CALLS);
    }

    private List<Event.Builder> admit(byte[] hook) throws Exception {
        List<Event.Builder> published = new ArrayList<>();
        for (Event.Builder claim :
                HookClaims.read(AgentDialect.GEMINI, hook, NOW).claims()) {
            published.addAll(ledger.admit("hook", claim, NOW));
        }
        return published;
    }

    private static byte[] gemini(String event, String input) {
        return """
                {"session_id":"s","hook_event_name":"%s","tool_name":"run_shell_command","tool_input":%s,
                 "tool_response":{"llmContent":"x"}}""".formatted(event, input).getBytes(UTF_8);
    }

    private static List<PayloadCase> kinds(List<Event.Builder> events) {
        return events.stream().map(Event.Builder::getPayloadCase).toList();
    }

    private static Event.Builder call(String id, String command, boolean gated) {
        return Event.newBuilder()
                .setToolCall(ToolCall.newBuilder()
                        .setCall(id)
                        .setTool("Bash")
                        .setCommand(command)
                        .setArgumentsJson("{\"command\":\"" + command + "\"}")
                        .setSource(gated ? "hook" : "transcript")
                        .setGated(gated));
    }

    private static Event.Builder result(String id, String output, int exitCode) {
        return Event.newBuilder()
                .setToolResult(ToolResult.newBuilder()
                        .setCall(id)
                        .setOutcome("success")
                        .setOutput(output)
                        .setExitCode(exitCode));
    }

    private static Event.Builder message(String text) {
        return Event.newBuilder().setMessage(Message.newBuilder().setText(text));
    }
}
