package io.plumbline.sandbox.agents;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.TaskPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The coding agents that can be run watched. */
public enum Agent {
    /** Claude Code, as of 2.1.330: http hooks that block when they fail, and OTLP. */
    CLAUDE_CODE("claude-code", "2.1.330") {
        @Override
        ManagedConfiguration render(Doors doors, Reporting reporting) {
            Map<String, String> environment = new TreeMap<>();
            environment.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
            environment.put("DISABLE_AUTOUPDATER", "1");
            // Else it refuses to run as root, which the owner of the workspace may be.
            environment.put("IS_SANDBOX", "1");
            environment.putAll(ReportingSettings.claudeTelemetry(reporting));
            doors.modelPort().ifPresent(port -> {
                environment.put("ANTHROPIC_BASE_URL", LOOPBACK + port);
                environment.put("ANTHROPIC_API_KEY", PLACEHOLDER_KEY);
            });

            ObjectNode settings = ReportingSettings.claude(reporting);
            // The gate and the sandbox decide; a second prompt inside would only stall a session without a terminal.
            settings.putObject("permissions").put("defaultMode", "bypassPermissions");
            return new ManagedConfiguration(
                    new TreeMap<>(Map.of(ReportingSettings.CLAUDE_SETTINGS, settings.toPrettyString() + "\n")),
                    environment,
                    Optional.of("claude-code"),
                    List.of(),
                    List.of(BINARIES));
        }
    },

    /** Codex, as of 0.169.0: command hooks of the administrator, and OTLP. */
    CODEX("codex", "0.169.0") {
        @Override
        ManagedConfiguration render(Doors doors, Reporting reporting) {
            String requirements = """
                    allowed_approval_policies = ["never"]
                    allowed_sandbox_modes = ["read-only", "danger-full-access"]
                    """ + ReportingSettings.codexRequirements(reporting);
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

                    """);
            config.append(ReportingSettings.codexTelemetry(reporting)).append("""

                    [projects."/workspace"]
                    trust_level = "trusted"

                    [features]
                    plugins = false
                    remote_plugin = false
                    apps = false
                    shell_snapshot = false
                    """);
            doors.modelPort().ifPresent(port -> config.append("""

                            [model_providers.plumbline]
                            name = "plumbline"
                            base_url = "%s/v1"
                            wire_api = "responses"
                            env_key = "PLUMBLINE_MODEL_KEY"
                            """.formatted(LOOPBACK + port)));
            Map<String, String> files = new TreeMap<>();
            files.put(ReportingSettings.CODEX_REQUIREMENTS, requirements);
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
    GEMINI("gemini", "0.61.0") {
        @Override
        ManagedConfiguration render(Doors doors, Reporting reporting) {
            Map<String, String> environment = new TreeMap<>();
            environment.put("GEMINI_CLI_TRUST_WORKSPACE", "true");
            // It would start itself once more, and what it runs would no longer be its own child.
            environment.put("GEMINI_CLI_NO_RELAUNCH", "true");
            doors.modelPort().ifPresent(port -> {
                environment.put("GOOGLE_GEMINI_BASE_URL", LOOPBACK + port);
                environment.put("GEMINI_API_KEY", PLACEHOLDER_KEY);
            });
            ObjectNode settings = ReportingSettings.gemini(reporting);
            settings.putObject("general").put("enableAutoUpdate", false).put("enableAutoUpdateNotification", false);
            settings.putObject("security").putObject("folderTrust").put("enabled", false);
            settings.withObjectProperty("security").putObject("auth").put("selectedType", "gemini-api-key");
            return new ManagedConfiguration(
                    new TreeMap<>(Map.of(ReportingSettings.GEMINI_SETTINGS, settings.toPrettyString() + "\n")),
                    environment,
                    Optional.of("gemini"),
                    List.of(),
                    List.of(BINARIES + "/bin"));
        }
    },

    /** Qwen Code, as of 0.15.10: command hooks of the system settings, and OTLP. Runs on node. */
    QWEN("qwen", "0.15.10") {
        @Override
        ManagedConfiguration render(Doors doors, Reporting reporting) {
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
            ObjectNode settings = ReportingSettings.qwen(reporting);
            settings.putObject("general").put("disableAutoUpdate", true).put("enableAutoUpdate", false);
            settings.putObject("security").putObject("folderTrust").put("enabled", false);
            settings.withObjectProperty("security").putObject("auth").put("selectedType", "openai");
            return new ManagedConfiguration(
                    new TreeMap<>(Map.of(ReportingSettings.QWEN_SETTINGS, settings.toPrettyString() + "\n")),
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
    OPENCODE("opencode", "1.18.33") {
        @Override
        ManagedConfiguration render(Doors doors, Reporting reporting) {
            Map<String, String> environment = new TreeMap<>();
            // Read-only, so that it does not try to install its plugin library there from the network.
            environment.put("XDG_CONFIG_HOME", "/etc/opencode-home");
            environment.putAll(ReportingSettings.opencodeEnvironment(reporting));
            environment.put("OPENCODE_DISABLE_AUTOUPDATE", "1");
            environment.put("OPENCODE_DISABLE_MODELS_FETCH", "1");
            environment.put("OPENCODE_DISABLE_LSP_DOWNLOAD", "1");
            environment.put("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1");

            ObjectNode settings = ReportingSettings.opencode();
            settings.put("autoupdate", false).put("share", "disabled").put("permission", "allow");
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
                            ReportingSettings.OPENCODE_SETTINGS,
                            settings.toPrettyString() + "\n",
                            "/etc/opencode-home/opencode/opencode.json",
                            "{}\n",
                            // Where it is missing opencode writes one, and may end when it cannot.
                            "/etc/opencode-home/opencode/.gitignore",
                            "node_modules\n",
                            ReportingSettings.OPENCODE_PLUGIN,
                            OpencodePlugin.source(reporting.command("opencode")))),
                    environment,
                    Optional.of("opencode"),
                    List.of(),
                    List.of(BINARIES + "/bin"));
        }
    },

    /** A script that announces through the guest program what it runs, in Claude Code's words; for machines without an agent. */
    SCRIPTED("scripted", "") {
        @Override
        ManagedConfiguration render(Doors doors, Reporting reporting) {
            return new ManagedConfiguration(new TreeMap<>(), Map.of(), Optional.empty(), List.of(), List.of());
        }
    },

    /** A plain command without hooks: nothing announces what it does. */
    NONE("none", "") {
        @Override
        ManagedConfiguration render(Doors doors, Reporting reporting) {
            return new ManagedConfiguration(new TreeMap<>(), Map.of(), Optional.empty(), List.of(), List.of());
        }
    };

    /** Home directory of the agent inside the sandbox. */
    public static final String HOME = "/home/agent";

    /** Folder of the agent's programs inside the sandbox. */
    public static final String BINARIES = "/opt/agent";

    /** The guest program inside the sandbox. */
    public static final String GUEST = "/opt/plumbline/plumbline-guest";

    private static final String LOOPBACK = "http://127.0.0.1:";

    /** Agents want a key to start at all; a provider that asks for a real one is reached through the workload's own means. */
    private static final String PLACEHOLDER_KEY = "plumbline-placeholder";

    private final String id;
    private final String version;

    Agent(String id, String version) {
        this.id = id;
        this.version = version;
    }

    /** The version that all of this was tried with; empty for what has none. */
    public String version() {
        return version;
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

    /** By its id; {@code claude} is Claude Code too. Empty: nobody knows it. */
    public static Optional<Agent> of(String name) {
        String id = name.equals("claude") ? CLAUDE_CODE.id : name;
        return Arrays.stream(values()).filter(agent -> agent.id.equals(id)).findFirst();
    }

    /** The configuration of a session under {@code policy}: its hooks wait as long as a person may take to decide. */
    public ManagedConfiguration configuration(TaskPolicy policy, Doors doors) {
        long seconds = policy.getGateDeadlineMs() / 1000 + policy.getApprovalDeadlineSeconds() + 15L;
        return render(doors, Reporting.inside((int) Math.min(seconds, 24 * 3600)));
    }

    abstract ManagedConfiguration render(Doors doors, Reporting reporting);
}
