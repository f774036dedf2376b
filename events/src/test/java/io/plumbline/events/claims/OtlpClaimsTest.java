package io.plumbline.events.claims;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.ApprovalByAgent;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Event.PayloadCase;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class OtlpClaimsTest {
    @Test
    void readsCodex() throws MalformedRecordException {
        List<OtlpClaim> claims = json("codex-0.169.0.otlp-logs.exfil-executed.jsonl");

        assertThat(of(claims, PayloadCase.SESSION_DECLARED).getFirst().getSessionDeclared())
                .satisfies(declared -> {
                    assertThat(declared.getAgentVersion()).isEqualTo("0.169.0");
                    assertThat(declared.getDeclaredSandbox()).isEqualTo("workspace-write");
                    assertThat(declared.getAgentSession()).isEqualTo("00000000-0000-7000-8000-000000000001");
                });
        assertThat(of(claims, PayloadCase.PROMPT).getFirst().getPrompt().getText())
                .isEqualTo("List the files in this folder.");
        ToolCall call = of(claims, PayloadCase.TOOL_CALL).get(1).getToolCall();
        assertThat(call.getTool()).isEqualTo("exec_command");
        assertThat(call.getCall()).isEqualTo("call_t2_c0");
        assertThat(call.getCommand()).startsWith("cat ~/.ssh/id_rsa | curl");
        assertThat(call.getGated()).isFalse();
        // "success" in the agent's words, although the command exited with 7.
        ToolResult result = of(claims, PayloadCase.TOOL_RESULT).get(1).getToolResult();
        assertThat(result.getOutcome()).isEqualTo("success");
        assertThat(result.getExitCode()).isEqualTo(7);
        assertThat(result.getDurationMs()).isEqualTo(92);
        assertThat(of(claims, PayloadCase.APPROVAL_BY_AGENT).getFirst().getApprovalByAgent())
                .isEqualTo(ApprovalByAgent.newBuilder()
                        .setCall("call_t1_c0")
                        .setTool("exec_command")
                        .setDecision("approved")
                        .setDecidedBy("config")
                        .build());
        // timeUnixNano is "0" in every record of Codex.
        assertThat(of(claims, PayloadCase.PROMPT).getFirst().getEventTimeNs()).isEqualTo(1_795_489_175_331_387_296L);
        assertThat(of(claims, PayloadCase.RAW_CLAIM))
                .anySatisfy(
                        raw -> assertThat(raw.getRawClaim().getSource()).isEqualTo("otlp:codex_exec:codex.sse_event"));
        assertThat(claims).allMatch(claim -> claim.agent().equals("codex"));
        assertThat(claims).filteredOn(claim -> claim.claim().hasToolCall()).allSatisfy(claim -> assertThat(
                        claim.agentSession())
                .isEqualTo("00000000-0000-7000-8000-000000000001"));
    }

    @Test
    void readsTheReviewersDenial() throws MalformedRecordException {
        List<OtlpClaim> claims = json("codex-0.169.0.otlp-logs.auto-review-denied.jsonl");

        assertThat(of(claims, PayloadCase.APPROVAL_BY_AGENT)).anySatisfy(approval -> {
            assertThat(approval.getApprovalByAgent().getDecision()).isEqualTo("denied");
            assertThat(approval.getApprovalByAgent().getDecidedBy()).isEqualTo("automated_reviewer");
        });
        assertThat(of(claims, PayloadCase.TOOL_CALL))
                .anySatisfy(call -> assertThat(call.getToolCall().getStatedReason())
                        .isEqualTo("Needs network to upload the report"));
    }

    @Test
    void readsProtobuf() throws MalformedRecordException {
        List<OtlpClaim> claims = new ArrayList<>();
        for (String line : Captures.lines("codex-0.169.0.otlp-logs.benign.pb.b64")) {
            claims.addAll(OtlpClaims.fromProtobuf(Base64.getDecoder().decode(line), Captures.AFTER));
        }

        assertThat(of(claims, PayloadCase.PROMPT)).isNotEmpty();
        assertThat(of(claims, PayloadCase.TOOL_RESULT)).isNotEmpty();
    }

    @Test
    void readsClaudeCode() throws MalformedRecordException {
        List<OtlpClaim> claims = json("claude-code-2.1.330.otlp-logs.exfil-executed.jsonl");

        assertThat(of(claims, PayloadCase.PROMPT)).hasSize(1);
        assertThat(of(claims, PayloadCase.MESSAGE))
                .extracting(message -> message.getMessage().getText())
                .contains("Tidying up.");
        assertThat(of(claims, PayloadCase.TOOL_CALL))
                .extracting(call -> call.getToolCall().getCommand())
                .contains("ls -la");
        assertThat(of(claims, PayloadCase.TOOL_RESULT))
                .extracting(result -> result.getToolResult().getOutcome())
                .containsExactly("success", "failure");
        assertThat(of(claims, PayloadCase.APPROVAL_BY_AGENT))
                .extracting(approval -> approval.getApprovalByAgent().getDecision())
                .containsExactly("accept", "accept");
    }

    @Test
    void readsGeminiAndQwen() throws MalformedRecordException {
        List<OtlpClaim> gemini = json("gemini-cli-0.61.0.otlp-logs.exfil-denied.jsonl");
        List<OtlpClaim> qwen = json("qwen-code-0.15.10.otlp-logs.exfil-denied.jsonl");

        assertThat(of(gemini, PayloadCase.TOOL_CALL))
                .extracting(call -> call.getToolCall().getTool())
                .containsExactly("write_todos", "run_shell_command", "run_shell_command");
        assertThat(of(qwen, PayloadCase.TOOL_RESULT))
                .extracting(result -> result.getToolResult().getOutcome())
                .containsExactly("success", "success", "denied");
    }

    @Test
    void toleratesWhatSendersDo() throws MalformedRecordException {
        String body = """
                {"resource_logs":[{"resource":null,"scopeLogs":[{"scope":null,"logRecords":[
                  {"timeUnixNano":1795489499000000000,"observedTimeUnixNano":null,"body":null,"traceId":"90BFD28FF8C2FF02628212448B8D9419","spanId":"zz",
                   "attributes":[{"key":"event.name","value":{"stringValue":"codex.user_prompt"}},
                                 {"key":"n","value":{"intValue":7}},{"key":"m","value":{"intValue":"8"}},
                                 {"key":"empty","value":null},{"key":"list","value":{"arrayValue":{"values":[{"doubleValue":"1.5"}]}}},
                                 {"key":"prompt","value":{"stringValue":"hi"}}],"unknown":{"a":[1]}}]}]},
                 {}]}""";
        LogRecord logRecord = OtlpJson.logs(body.getBytes(UTF_8))
                .getResourceLogs(0)
                .getScopeLogs(0)
                .getLogRecords(0);
        List<OtlpClaim> claims = OtlpClaims.fromJson(body.getBytes(UTF_8), Captures.AFTER);

        assertThat(logRecord.getTraceId()).hasSize(16);
        assertThat(logRecord.getSpanId()).isEqualTo(ByteString.EMPTY);
        assertThat(logRecord.getAttributes(1).getValue().getIntValue()).isEqualTo(7);
        assertThat(logRecord.getAttributes(2).getValue().getIntValue()).isEqualTo(8);
        assertThat(claims).hasSize(1);
        assertThat(claims.getFirst().claim().getPrompt().getText()).isEqualTo("hi");
        assertThat(claims.getFirst().claim().getEventTimeNs()).isEqualTo(1_795_489_499_000_000_000L);
        assertThat(OtlpClaims.fromJson("{}".getBytes(UTF_8), 1)).isEmpty();
        assertThat(OtlpClaims.fromProtobuf(new byte[0], 1)).isEmpty();
    }

    @Test
    void doesNotBelieveAnImpossibleTime() throws MalformedRecordException {
        String body = """
                {"resourceLogs":[{"scopeLogs":[{"logRecords":[
                  {"timeUnixNano":"18446744073709551615","observedTimeUnixNano":"9000000000000000000",
                   "attributes":[{"key":"event.timestamp","value":{"stringValue":"+999999999-01-01T00:00:00Z"}}]}]}]}]}""";

        assertThat(OtlpClaims.fromJson(body.getBytes(UTF_8), Captures.AFTER)
                        .getFirst()
                        .claim()
                        .getEventTimeNs())
                .isEqualTo(Captures.AFTER);
    }

    @Test
    void refusesWhatIsNoRequest() {
        assertThatThrownBy(() -> OtlpClaims.fromJson("nope".getBytes(UTF_8), 1))
                .isInstanceOf(MalformedRecordException.class);
        assertThatThrownBy(() -> OtlpClaims.fromProtobuf("nope".getBytes(UTF_8), 1))
                .isInstanceOf(MalformedRecordException.class);
        String records = "{},".repeat(OtlpClaims.MAX_RECORDS) + "{}";
        assertThatThrownBy(() -> OtlpClaims.fromJson(
                        ("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[" + records + "]}]}]}").getBytes(UTF_8),
                        1))
                .hasMessage("records: more than 10000");
    }

    @FuzzTest
    void anyJsonGivesBoundedClaimsOrIsRefused(byte[] body) {
        try {
            OtlpClaims.fromJson(body, 1).forEach(claim -> EventLimits.bounded(claim.claim()));
        } catch (MalformedRecordException e) {
            assertThat(e).hasMessageContaining(":");
        }
    }

    @FuzzTest
    void anyProtobufGivesBoundedClaimsOrIsRefused(byte[] body) {
        try {
            OtlpClaims.fromProtobuf(body, 1).forEach(claim -> EventLimits.bounded(claim.claim()));
        } catch (MalformedRecordException e) {
            assertThat(e).hasMessageContaining(":");
        }
    }

    private static List<OtlpClaim> json(String capture) throws MalformedRecordException {
        List<OtlpClaim> claims = new ArrayList<>();
        for (String line : Captures.lines(capture)) {
            claims.addAll(OtlpClaims.fromJson(line.getBytes(UTF_8), Captures.AFTER));
        }
        return claims;
    }

    private static List<Event.Builder> of(List<OtlpClaim> claims, PayloadCase payload) {
        return claims.stream()
                .map(OtlpClaim::claim)
                .filter(claim -> claim.getPayloadCase() == payload)
                .toList();
    }
}
