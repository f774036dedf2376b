package io.plumbline.sandbox.agents;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.TaskPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The coding agents that can be run watched. */
public enum Agent {
    /** Claude Code, as of 2.1.330: http hooks that block when they fail, and OTLP. */
    CLAUDE_CODE("claude-code") {
        @Override
        ManagedConfiguration render(Doors doors, int hookSeconds) {
            Map<String, String> environment = new TreeMap<>();
            environment.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
            environment.put("DISABLE_AUTOUPDATER", "1");
            // Else it refuses to run as root, which the owner of the workspace may be.
            environment.put("IS_SANDBOX", "1");
            environment.put("CLAUDE_CODE_ENABLE_TELEMETRY", "1");
            environment.put("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "1");
            environment.put("OTEL_LOGS_EXPORTER", "otlp");
            environment.put("OTEL_METRICS_EXPORTER", "otlp");
            environment.put("OTEL_TRACES_EXPORTER", "otlp");
            environment.put("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
            environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", LOOPBACK + Doors.HOOKS_PORT);
            environment.put("OTEL_LOGS_EXPORT_INTERVAL", "500");
            environment.put("OTEL_TRACES_EXPORT_INTERVAL", "500");
            environment.put("OTEL_METRIC_EXPORT_INTERVAL", "5000");
            environment.put("OTEL_LOG_USER_PROMPTS", "1");
            environment.put("OTEL_LOG_TOOL_DETAILS", "1");
            environment.put("OTEL_LOG_TOOL_CONTENT", "1");
            doors.modelPort().ifPresent(port -> {
                environment.put("ANTHROPIC_BASE_URL", LOOPBACK + port);
                environment.put("ANTHROPIC_API_KEY", PLACEHOLDER_KEY);
            });

            ObjectNode settings = JSON.createObjectNode();
            settings.put("allowManagedHooksOnly", true);
            // The gate and the sandbox decide; a second prompt inside would only stall a session without a terminal.
            settings.putObject("permissions").put("defaultMode", "bypassPermissions");
            ObjectNode hooks = settings.putObject("hooks");
            for (String event : List.of(
                    "UserPromptSubmit",
                    "PreToolUse",
                    "PermissionRequest",
                    "PostToolUse",
                    "PostToolUseFailure",
                    "SubagentStart",
                    "SubagentStop",
                    "Stop",
                    "SessionEnd")) {
                ObjectNode hook = hook(hooks, event)
                        .put("type", "http")
                        .put("url", LOOPBACK + Doors.HOOKS_PORT + "/hooks/claude")
                        .put("timeout", hookSeconds);
                if (event.equals("PreToolUse") || event.equals("UserPromptSubmit")) {
                    hook.put("onFailure", "block");
                }
            }
            // SessionStart takes no http hook.
            hook(hooks, "SessionStart")
                    .put("type", "command")
                    .put("command", guestHook("claude", hookSeconds))
                    .put("timeout", hookSeconds + HOOK_SLACK_SECONDS);
            return new ManagedConfiguration(
                    new TreeMap<>(Map.of("/etc/claude-code/managed-settings.json", settings.toPrettyString() + "\n")),
                    environment,
                    Optional.of("claude-code"),
                    List.of(),
                    List.of(BINARIES));
        }
    },

    /** Codex, as of 0.169.0: command hooks of the administrator, and OTLP. */
    CODEX("codex") {
        @Override
        ManagedConfiguration render(Doors doors, int hookSeconds) {
            StringBuilder requirements = new StringBuilder("""
                    allowed_approval_policies = ["never"]
                    allowed_sandbox_modes = ["read-only", "danger-full-access"]
                    allow_managed_hooks_only = true

                    [features]
                    hooks = true

                    [hooks]
                    managed_dir = "/opt/plumbline"
                    """);
            for (String event : List.of(
                    "SessionStart",
                    "UserPromptSubmit",
                    "PreToolUse",
                    "PermissionRequest",
                    "PostToolUse",
                    "SubagentStart",
                    "SubagentStop",
                    "Stop",
                    "SessionEnd")) {
                // Codex cuts the last one to three seconds, and says so on every start when it is longer.
                int seconds = event.equals("SessionEnd") ? 2 : hookSeconds;
                requirements
                        .append("\n[[hooks.")
                        .append(event)
                        .append("]]\nhooks = [ { type = \"command\", command = \"")
                        .append(guestHook("codex", seconds))
                        .append("\", timeout = ")
                        .append(event.equals("SessionEnd") ? 3 : seconds + HOOK_SLACK_SECONDS)
                        .append(" } ]\n");
            }
            // Its own sandbox cannot start inside gVisor (no netlink address, no mount propagation); ours takes its
            // place.
            StringBuilder config = new StringBuilder("""
                    approval_policy = "never"
                    sandbox_mode = "danger-full-access"
                    check_for_update_on_startup = false
                    """);
            doors.modelPort().ifPresent(port -> config.append("model_provider = \"plumbline\"\n"));
            config.append("""

                    [analytics]
                    enabled = false

                    [otel]
                    environment = "plumbline"
                    log_user_prompt = true
                    exporter = { otlp-http = { endpoint = "%1$s/v1/logs", protocol = "json" } }
                    trace_exporter = { otlp-http = { endpoint = "%1$s/v1/traces", protocol = "json" } }
                    metrics_exporter = { otlp-http = { endpoint = "%1$s/v1/metrics", protocol = "json" } }

                    [projects."/workspace"]
                    trust_level = "trusted"

                    [features]
                    plugins = false
                    remote_plugin = false
                    apps = false
                    shell_snapshot = false
                    """.formatted(LOOPBACK + Doors.HOOKS_PORT));
            doors.modelPort().ifPresent(port -> config.append("""

                            [model_providers.plumbline]
                            name = "plumbline"
                            base_url = "%s/v1"
                            wire_api = "responses"
                            env_key = "PLUMBLINE_MODEL_KEY"
                            """.formatted(LOOPBACK + port)));
            Map<String, String> files = new TreeMap<>();
            files.put("/etc/codex/requirements.toml", requirements.toString());
            files.put(HOME + "/.codex/config.toml", config.toString());
            return new ManagedConfiguration(
                    new TreeMap<>(files),
                    Map.of("CODEX_HOME", HOME + "/.codex", "PLUMBLINE_MODEL_KEY", PLACEHOLDER_KEY),
                    Optional.of("codex"),
                    // Three times at every start, eight programs each: a third of the start inside a sandbox.
                    List.of("/usr/bin/lsb_release"),
                    List.of(BINARIES + "/bin", BINARIES + "/codex-path"));
        }
    },

    /** Gemini CLI, as of 0.61.0: command hooks of the system settings, and OTLP. Runs on node. */
    GEMINI("gemini") {
        @Override
        ManagedConfiguration render(Doors doors, int hookSeconds) {
            Map<String, String> environment = new TreeMap<>();
            environment.put("GEMINI_CLI_TRUST_WORKSPACE", "true");
            // It would start itself once more, and what it runs would no longer be its own child.
            environment.put("GEMINI_CLI_NO_RELAUNCH", "true");
            doors.modelPort().ifPresent(port -> {
                environment.put("GOOGLE_GEMINI_BASE_URL", LOOPBACK + port);
                environment.put("GEMINI_API_KEY", PLACEHOLDER_KEY);
            });
            ObjectNode settings = JSON.createObjectNode();
            settings.putObject("general").put("enableAutoUpdate", false).put("enableAutoUpdateNotification", false);
            settings.putObject("security").putObject("folderTrust").put("enabled", false);
            settings.withObjectProperty("security").putObject("auth").put("selectedType", "gemini-api-key");
            settings.putObject("hooksConfig").put("enabled", true).put("notifications", false);
            sendTelemetry(settings);
            ObjectNode hooks = settings.putObject("hooks");
            for (String event :
                    List.of("SessionStart", "BeforeAgent", "BeforeTool", "AfterTool", "AfterAgent", "SessionEnd")) {
                commandHook(hooks, event, "gemini", hookSeconds);
            }
            return new ManagedConfiguration(
                    new TreeMap<>(Map.of("/etc/gemini-cli/settings.json", settings.toPrettyString() + "\n")),
                    environment,
                    Optional.of("gemini"),
                    List.of(),
                    List.of(BINARIES + "/bin"));
        }
    },

    /** Qwen Code, as of 0.15.10: command hooks of the system settings, and OTLP. Runs on node. */
    QWEN("qwen") {
        @Override
        ManagedConfiguration render(Doors doors, int hookSeconds) {
            Map<String, String> environment = new TreeMap<>();
            environment.put("QWEN_CODE_NO_RELAUNCH", "true");
            // It sends everything to a proxy that it finds in these, what goes to loopback included.
            for (String name : List.of("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")) {
                environment.put(name, "");
            }
            doors.modelPort().ifPresent(port -> {
                environment.put("OPENAI_BASE_URL", LOOPBACK + port + "/v1");
                environment.put("OPENAI_API_KEY", PLACEHOLDER_KEY);
                environment.put("OPENAI_MODEL", "default");
            });
            ObjectNode settings = JSON.createObjectNode();
            settings.putObject("general").put("disableAutoUpdate", true).put("enableAutoUpdate", false);
            settings.putObject("security").putObject("folderTrust").put("enabled", false);
            settings.withObjectProperty("security").putObject("auth").put("selectedType", "openai");
            settings.putObject("hooksConfig").put("enabled", true);
            sendTelemetry(settings);
            ObjectNode hooks = settings.putObject("hooks");
            for (String event : List.of(
                    "SessionStart",
                    "UserPromptSubmit",
                    "PreToolUse",
                    "PostToolUse",
                    "PostToolUseFailure",
                    "SubagentStart",
                    "SubagentStop",
                    "Stop",
                    "SessionEnd")) {
                commandHook(hooks, event, "qwen", hookSeconds);
            }
            return new ManagedConfiguration(
                    new TreeMap<>(Map.of("/etc/qwen-code/settings.json", settings.toPrettyString() + "\n")),
                    environment,
                    Optional.of("qwen"),
                    List.of(),
                    List.of(BINARIES + "/bin"));
        }
    },

    /**
     * opencode, as of 1.18.33. It has no hooks but plugins in its own process: ours asks the door before each call, and an error
     * in it refuses the call. Configuration of the project is not read, since a plugin in it could undo ours.
     */
    OPENCODE("opencode") {
        @Override
        ManagedConfiguration render(Doors doors, int hookSeconds) {
            Map<String, String> environment = new TreeMap<>();
            // Read-only, so that it does not try to install its plugin library there from the network.
            environment.put("XDG_CONFIG_HOME", "/etc/opencode-home");
            environment.put("OPENCODE_CONFIG", OPENCODE_CONFIGURATION);
            environment.put("OPENCODE_DISABLE_PROJECT_CONFIG", "1");
            environment.put("OPENCODE_DISABLE_AUTOUPDATE", "1");
            environment.put("OPENCODE_DISABLE_MODELS_FETCH", "1");
            environment.put("OPENCODE_DISABLE_LSP_DOWNLOAD", "1");
            environment.put("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1");
            environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", LOOPBACK + Doors.HOOKS_PORT);

            ObjectNode settings = JSON.createObjectNode();
            settings.put("autoupdate", false).put("share", "disabled").put("permission", "allow");
            settings.putArray("plugin").add("file://" + OPENCODE_PLUGIN);
            settings.putObject("experimental").put("openTelemetry", true);
            doors.modelPort().ifPresent(port -> {
                settings.put("model", "plumbline/default").put("small_model", "plumbline/default");
                settings.putArray("enabled_providers").add("plumbline");
                ObjectNode provider = settings.putObject("provider").putObject("plumbline");
                provider.put("npm", "@ai-sdk/openai-compatible").put("name", "plumbline");
                provider.putObject("options")
                        .put("baseURL", LOOPBACK + port + "/v1")
                        .put("apiKey", PLACEHOLDER_KEY);
                provider.putObject("models")
                        .putObject("default")
                        .put("name", "default")
                        .put("tool_call", true);
            });
            return new ManagedConfiguration(
                    new TreeMap<>(Map.of(
                            OPENCODE_CONFIGURATION,
                            settings.toPrettyString() + "\n",
                            "/etc/opencode-home/opencode/opencode.json",
                            "{}\n",
                            OPENCODE_PLUGIN,
                            OpencodePlugin.source(GUEST, Doors.DIRECTORY + "/" + Doors.HOOKS_SOCKET, hookSeconds))),
                    environment,
                    Optional.of("opencode"),
                    List.of(),
                    List.of(BINARIES + "/bin"));
        }
    },

    /** A script that announces through the guest program what it runs, in Claude Code's words; for machines without an agent. */
    SCRIPTED("scripted") {
        @Override
        ManagedConfiguration render(Doors doors, int hookSeconds) {
            return new ManagedConfiguration(new TreeMap<>(), Map.of(), Optional.empty(), List.of(), List.of());
        }
    },

    /** A plain command without hooks: nothing announces what it does. */
    NONE("none") {
        @Override
        ManagedConfiguration render(Doors doors, int hookSeconds) {
            return new ManagedConfiguration(new TreeMap<>(), Map.of(), Optional.empty(), List.of(), List.of());
        }
    };

    /** Home directory of the agent inside the sandbox. */
    public static final String HOME = "/home/agent";

    /** Folder of the agent's programs inside the sandbox. */
    public static final String BINARIES = "/opt/agent";

    /** The guest program inside the sandbox. */
    public static final String GUEST = "/opt/plumbline/plumbline-guest";

    private static final String OPENCODE_CONFIGURATION = "/etc/opencode/opencode.json";
    private static final String OPENCODE_PLUGIN = "/etc/opencode/plumbline.js";

    private static final String LOOPBACK = "http://127.0.0.1:";

    /** Agents want a key to start at all; a provider that asks for a real one is reached through the workload's own means. */
    private static final String PLACEHOLDER_KEY = "plumbline-placeholder";

    /** A hook ends by itself, closed, this much before its agent would give up on it, open. */
    private static final int HOOK_SLACK_SECONDS = 5;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String id;

    Agent(String id) {
        this.id = id;
    }

    /** The word in requests, policies and events. */
    public String id() {
        return id;
    }

    /** The name under which the agent's hooks and telemetry are known at the door; empty: it has none. */
    public Optional<String> hooks() {
        return switch (this) {
            case CLAUDE_CODE, SCRIPTED -> Optional.of("claude");
            case CODEX -> Optional.of("codex");
            case GEMINI -> Optional.of("gemini");
            case QWEN -> Optional.of("qwen");
            case OPENCODE -> Optional.of("opencode");
            case NONE -> Optional.empty();
        };
    }

    /** Every id, with commas between them. */
    public static String ids() {
        return Arrays.stream(values()).map(Agent::id).collect(Collectors.joining(", "));
    }

    public static Optional<Agent> of(String id) {
        return Arrays.stream(values()).filter(agent -> agent.id.equals(id)).findFirst();
    }

    /** The configuration of a session under {@code policy}: its hooks wait as long as a person may take to decide. */
    public ManagedConfiguration configuration(TaskPolicy policy, Doors doors) {
        long seconds = policy.getGateDeadlineMs() / 1000 + policy.getApprovalDeadlineSeconds() + 15L;
        return render(doors, (int) Math.min(seconds, 24 * 3600));
    }

    abstract ManagedConfiguration render(Doors doors, int hookSeconds);

    static String guestHook(String agent, int seconds) {
        return GUEST + " hook " + Doors.DIRECTORY + "/" + Doors.HOOKS_SOCKET + " /hooks/" + agent + " " + seconds;
    }

    /** Gemini CLI and Qwen Code share these names. Hooks wait in milliseconds. */
    private static void commandHook(ObjectNode hooks, String event, String agent, int hookSeconds) {
        ObjectNode group = hooks.putArray(event).addObject();
        if (event.endsWith("Tool") || event.contains("ToolUse")) {
            group.put("matcher", "*");
        }
        group.putArray("hooks")
                .addObject()
                .put("type", "command")
                .put("command", guestHook(agent, hookSeconds))
                .put("timeout", (hookSeconds + HOOK_SLACK_SECONDS) * 1000L);
    }

    private static void sendTelemetry(ObjectNode settings) {
        settings.putObject("privacy").put("usageStatisticsEnabled", false);
        settings.putObject("telemetry")
                .put("enabled", true)
                .put("target", "local")
                .put("otlpEndpoint", LOOPBACK + Doors.HOOKS_PORT)
                .put("otlpProtocol", "http")
                .put("logPrompts", true);
    }

    private static ObjectNode hook(ObjectNode hooks, String event) {
        return hooks.putArray(event).addObject().putArray("hooks").addObject();
    }
}
