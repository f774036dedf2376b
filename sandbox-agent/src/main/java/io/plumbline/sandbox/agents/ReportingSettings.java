package io.plumbline.sandbox.agents;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The part of each agent's configuration that makes it report and ask, the same inside a sandbox and outside of one: hooks that
 * refuse when they fail, and OpenTelemetry. Its places are those of an administrator, which the agent's user cannot change.
 */
final class ReportingSettings {
    static final String CLAUDE_SETTINGS = "/etc/claude-code/managed-settings.json";
    static final String CODEX_REQUIREMENTS = "/etc/codex/requirements.toml";
    static final String CODEX_CONFIGURATION = "/etc/codex/config.toml";
    static final String GEMINI_SETTINGS = "/etc/gemini-cli/settings.json";
    static final String QWEN_SETTINGS = "/etc/qwen-code/settings.json";
    static final String OPENCODE_SETTINGS = "/etc/opencode/opencode.json";
    static final String OPENCODE_PLUGIN = "/etc/opencode/plumbline.js";

    /** Folder of the programs that hooks run. */
    static final String PROGRAMS = "/opt/plumbline";

    private static final List<String> CLAUDE_EVENTS = List.of(
            "UserPromptSubmit",
            "PreToolUse",
            "PermissionRequest",
            "PostToolUse",
            "PostToolUseFailure",
            "SubagentStart",
            "SubagentStop",
            "Stop",
            "SessionEnd");
    private static final List<String> CODEX_EVENTS = List.of(
            "SessionStart",
            "UserPromptSubmit",
            "PreToolUse",
            "PermissionRequest",
            "PostToolUse",
            "SubagentStart",
            "SubagentStop",
            "Stop",
            "SessionEnd");
    private static final List<String> GEMINI_EVENTS =
            List.of("SessionStart", "BeforeAgent", "BeforeTool", "AfterTool", "AfterAgent", "SessionEnd");
    private static final List<String> QWEN_EVENTS = List.of(
            "SessionStart",
            "UserPromptSubmit",
            "PreToolUse",
            "PostToolUse",
            "PostToolUseFailure",
            "SubagentStart",
            "SubagentStop",
            "Stop",
            "SessionEnd");

    private static final ObjectMapper JSON = new ObjectMapper();

    private ReportingSettings() {}

    static Map<String, String> claudeTelemetry(Reporting reporting) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("CLAUDE_CODE_ENABLE_TELEMETRY", "1");
        environment.put("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "1");
        environment.put("OTEL_LOGS_EXPORTER", "otlp");
        environment.put("OTEL_METRICS_EXPORTER", "otlp");
        environment.put("OTEL_TRACES_EXPORTER", "otlp");
        environment.put("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
        environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", reporting.endpoint());
        environment.put("OTEL_LOGS_EXPORT_INTERVAL", "500");
        environment.put("OTEL_TRACES_EXPORT_INTERVAL", "500");
        environment.put("OTEL_METRIC_EXPORT_INTERVAL", "5000");
        environment.put("OTEL_LOG_USER_PROMPTS", "1");
        environment.put("OTEL_LOG_TOOL_DETAILS", "1");
        environment.put("OTEL_LOG_TOOL_CONTENT", "1");
        return environment;
    }

    static ObjectNode claude(Reporting reporting) {
        ObjectNode settings = JSON.createObjectNode();
        settings.put("allowManagedHooksOnly", true);
        ObjectNode hooks = settings.putObject("hooks");
        for (String event : CLAUDE_EVENTS) {
            ObjectNode hook = claudeHook(hooks, event, reporting);
            if (event.equals("PreToolUse") || event.equals("UserPromptSubmit")) {
                hook.put("onFailure", "block");
            }
        }
        // SessionStart takes no http hook.
        claudeCommand(hook(hooks, "SessionStart"), reporting);
        return settings;
    }

    private static ObjectNode claudeHook(ObjectNode hooks, String event, Reporting reporting) {
        ObjectNode hook = hook(hooks, event);
        return switch (reporting.hooks()) {
            case Reporting.Hooks.Guest guest ->
                hook.put("type", "http")
                        .put("url", reporting.endpoint() + "/hooks/claude")
                        .put("timeout", reporting.seconds());
            case Reporting.Hooks.Program program -> claudeCommand(hook, reporting);
        };
    }

    private static ObjectNode claudeCommand(ObjectNode hook, Reporting reporting) {
        return hook.put("type", "command")
                .put("command", reporting.shell("claude"))
                .put("timeout", reporting.seconds() + Reporting.SLACK_SECONDS);
    }

    /** The keys that may follow others of the top level, and tables. */
    static String codexRequirements(Reporting reporting) {
        StringBuilder requirements = new StringBuilder("""
                allow_managed_hooks_only = true

                [features]
                hooks = true

                [hooks]
                managed_dir = "%s"
                """.formatted(PROGRAMS));
        for (String event : CODEX_EVENTS) {
            requirements
                    .append("\n[[hooks.")
                    .append(event)
                    .append("]]\n")
                    .append(reporting.codexHook(event))
                    .append('\n');
        }
        return requirements.toString();
    }

    /** A table. */
    static String codexTelemetry(Reporting reporting) {
        return """
                [otel]
                environment = "plumbline"
                log_user_prompt = true
                exporter = { otlp-http = { endpoint = "%1$s/v1/logs", protocol = "json" } }
                trace_exporter = { otlp-http = { endpoint = "%1$s/v1/traces", protocol = "json" } }
                metrics_exporter = { otlp-http = { endpoint = "%1$s/v1/metrics", protocol = "json" } }
                """.formatted(reporting.endpoint());
    }

    static ObjectNode gemini(Reporting reporting) {
        ObjectNode settings = JSON.createObjectNode();
        settings.putObject("hooksConfig").put("enabled", true).put("notifications", false);
        sendTelemetry(settings, reporting);
        commandHooks(settings, GEMINI_EVENTS, "gemini", reporting);
        return settings;
    }

    static ObjectNode qwen(Reporting reporting) {
        ObjectNode settings = JSON.createObjectNode();
        settings.putObject("hooksConfig").put("enabled", true);
        sendTelemetry(settings, reporting);
        commandHooks(settings, QWEN_EVENTS, "qwen", reporting);
        return settings;
    }

    static Map<String, String> opencodeEnvironment(Reporting reporting) {
        return Map.of(
                "OPENCODE_CONFIG",
                OPENCODE_SETTINGS,
                // A plugin of the project runs in the same process as ours and could undo it.
                "OPENCODE_DISABLE_PROJECT_CONFIG",
                "1",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                reporting.endpoint());
    }

    static ObjectNode opencode() {
        ObjectNode settings = JSON.createObjectNode();
        settings.putArray("plugin").add("file://" + OPENCODE_PLUGIN);
        settings.putObject("experimental").put("openTelemetry", true);
        return settings;
    }

    /** Gemini CLI and Qwen Code share these names. Hooks wait in milliseconds. */
    private static void commandHooks(ObjectNode settings, List<String> events, String agent, Reporting reporting) {
        ObjectNode hooks = settings.putObject("hooks");
        for (String event : events) {
            ObjectNode group = hooks.putArray(event).addObject();
            if (event.endsWith("Tool") || event.contains("ToolUse")) {
                group.put("matcher", "*");
            }
            group.putArray("hooks")
                    .addObject()
                    .put("type", "command")
                    .put("command", reporting.shell(agent))
                    .put("timeout", (reporting.seconds() + Reporting.SLACK_SECONDS) * 1000L);
        }
    }

    private static void sendTelemetry(ObjectNode settings, Reporting reporting) {
        settings.putObject("privacy").put("usageStatisticsEnabled", false);
        settings.putObject("telemetry")
                .put("enabled", true)
                .put("target", "local")
                .put("otlpEndpoint", reporting.endpoint())
                .put("otlpProtocol", "http")
                .put("logPrompts", true);
    }

    private static ObjectNode hook(ObjectNode hooks, String event) {
        return hooks.putArray(event).addObject().putArray("hooks").addObject();
    }
}
