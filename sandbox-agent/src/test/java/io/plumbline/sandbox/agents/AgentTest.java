package io.plumbline.sandbox.agents;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AgentTest {
    private static final TaskPolicy POLICY = TaskPolicy.newBuilder()
            .setGateDeadlineMs(5000)
            .setApprovalDeadlineSeconds(300)
            .addEgress(EgressRule.newBuilder().setHost("pypi.example").setPort(443))
            .addEgress(
                    EgressRule.newBuilder().setHost("git.example").setPort(443).setService("git"))
            .addEgress(
                    EgressRule.newBuilder().setHost("api.example").setPort(443).setService("model"))
            .addEgress(
                    EgressRule.newBuilder().setHost("api2.example").setPort(443).setService("model"))
            .build();

    private final Doors doors = Doors.of(POLICY);

    @Test
    void givesEachServiceAPortInTheOrderOfThePolicy() {
        assertThat(doors.relays())
                .containsExactly(
                        java.util.Map.entry(4318, "/run/plumbline/door.sock"),
                        java.util.Map.entry(3128, "/run/plumbline/egress.sock"),
                        java.util.Map.entry(8081, "/run/plumbline/service-git.sock"),
                        java.util.Map.entry(8082, "/run/plumbline/service-model.sock"));
    }

    @Test
    void blocksClaudesToolCallsWhenTheHookFails() throws Exception {
        ManagedConfiguration configuration = Agent.CLAUDE_CODE.configuration(POLICY, doors);
        JsonNode settings =
                new ObjectMapper().readTree(configuration.files().get("/etc/claude-code/managed-settings.json"));
        assertThat(settings.get("allowManagedHooksOnly").asBoolean()).isTrue();
        JsonNode hook = settings.at("/hooks/PreToolUse/0/hooks/0");
        assertThat(hook.get("type").asText()).isEqualTo("http");
        assertThat(hook.get("url").asText()).isEqualTo("http://127.0.0.1:4318/hooks/claude");
        assertThat(hook.get("onFailure").asText()).isEqualTo("block");
        assertThat(hook.get("timeout").asInt()).isEqualTo(320);
        assertThat(settings.at("/hooks/SessionStart/0/hooks/0/command").asText())
                .startsWith("/opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/claude");
        assertThat(configuration.environment())
                .containsEntry("ANTHROPIC_BASE_URL", "http://127.0.0.1:8082")
                .containsEntry("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    }

    @Test
    void givesClaudeNoModelWithoutThatService() {
        assertThat(Agent.CLAUDE_CODE
                        .configuration(TaskPolicy.getDefaultInstance(), Doors.of(TaskPolicy.getDefaultInstance()))
                        .environment())
                .doesNotContainKey("ANTHROPIC_BASE_URL");
    }

    @Test
    void endsCodexHooksBeforeCodexGivesUpOnThem() {
        ManagedConfiguration configuration = Agent.CODEX.configuration(POLICY, doors);
        String requirements = Objects.requireNonNull(configuration.files().get("/etc/codex/requirements.toml"));
        assertThat(requirements)
                .contains("allow_managed_hooks_only = true")
                .contains(
                        "[[hooks.PreToolUse]]\nhooks = [ { type = \"command\", command = "
                                + "\"/opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/codex 320\", timeout = 325 } ]");
        String config = Objects.requireNonNull(configuration.files().get("/home/agent/.codex/config.toml"));
        assertThat(config)
                .contains("shell_snapshot = false", "plugins = false", "sandbox_mode = \"danger-full-access\"")
                .contains("base_url = \"http://127.0.0.1:8082/v1\"");
        // Keys of the top level must come before the first table.
        assertThat(config.indexOf("model_provider")).isLessThan(config.indexOf('['));
    }

    @Test
    void knowsEveryAgentByItsWord() {
        for (Agent agent : Agent.values()) {
            assertThat(Agent.of(agent.id())).contains(agent);
        }
        assertThat(Agent.of("copilot")).isEmpty();
        assertThat(Agent.NONE.configuration(POLICY, doors).files()).isEmpty();
    }

    @Test
    void namesAConfigurationByItsHash() {
        ManagedConfiguration one = Agent.CODEX.configuration(POLICY, doors);
        assertThat(one.sha256())
                .hasSize(64)
                .isEqualTo(Agent.CODEX.configuration(POLICY, doors).sha256());
        assertThat(one.sha256())
                .isNotEqualTo(Agent.CLAUDE_CODE.configuration(POLICY, doors).sha256());
        assertThat(List.of(one.binaries().orElseThrow())).containsExactly("codex");
    }
}
