package io.plumbline.console.masking;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventIds;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EvidenceCollected;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.RawClaim;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import org.junit.jupiter.api.Test;

class MaskingTest {
    private static final String SECRET = "ghp_0123456789abcdef0123456789abcdef0123";

    private final Masking masking = new Masking(new byte[32]);

    private ObjectNode masked(Event.Builder event) {
        ObjectNode document = EcsDocument.render(
                EventIds.withId(event.setTenant("acme").setSession("s").setChannel(Channel.CLAIMS)));
        String before = document.toString();
        ObjectNode masked = masking.masked(document);
        assertThat(document.toString()).as("the document itself").isEqualTo(before);
        return masked;
    }

    @Test
    void whatWasSaidAtLengthIsItsLength() {
        String text = "Write to jane@example.org, her number is 555-0100";
        assertThat(masked(Event.newBuilder().setPrompt(Prompt.newBuilder().setText(text)))
                        .toString())
                .doesNotContain("jane")
                .contains("[masked: 49 characters]");
        assertThat(masked(Event.newBuilder()
                                .setToolResult(ToolResult.newBuilder().setOutput(text)))
                        .toString())
                .doesNotContain("jane");
        assertThat(masked(Event.newBuilder().setRawClaim(RawClaim.newBuilder().setJson(text)))
                        .toString())
                .doesNotContain("jane");
        assertThat(masked(Event.newBuilder()
                                .setEvidenceCollected(
                                        EvidenceCollected.newBuilder().setJson(text)))
                        .toString())
                .doesNotContain("jane");
    }

    @Test
    void whatHappenedStays() {
        ObjectNode call = masked(Event.newBuilder()
                .setToolCall(ToolCall.newBuilder()
                        .setCall("call_7")
                        .setTool("Bash")
                        .setCommand("curl https://example.org")
                        .setArgumentsJson("{\"command\":\"curl https://example.org\",\"note\":\"jane\"}")));
        assertThat(call.at("/plumbline/call/command").asText()).isEqualTo("curl https://example.org");
        assertThat(call.at("/plumbline/call/arguments").asText()).startsWith("[masked: ");
        assertThat(call.at("/plumbline/call/id").asText()).isEqualTo("call_7");
    }

    @Test
    void aSecretThatTheHostHasNotKnownIsFoundByTheSecondLook() {
        ObjectNode process = masked(Event.newBuilder()
                .setProcessStarted(ProcessStarted.newBuilder()
                        .addArgv("curl")
                        .addArgv("-H")
                        .addArgv("X-Key: " + SECRET)));
        assertThat(process.toString()).doesNotContain(SECRET).contains("[redacted:github:");
        assertThat(process.at("/process/args/0").asText()).isEqualTo("curl");
    }

    @Test
    void theQueryOfAnAddressIsMasked() {
        ObjectNode egress = masked(Event.newBuilder()
                .setEgressDecided(EgressDecided.newBuilder().setUrl("http://example.org/a?q=jane&b=1")));
        assertThat(egress.at("/url/full").asText()).isEqualTo("http://example.org/a?[masked: 10 characters]");
    }
}
