package io.plumbline.sandbox.agents;

import java.net.URI;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What an agent needs that runs outside any sandbox of ours, to report to the platform's door and to ask it before each call.
 * The files lie where an administrator's lie: the agent's user cannot switch them off. What the agent may do is otherwise left to its
 * own settings. Hooks run a shell script that needs curl.
 *
 * @param agent as in {@code --agent}
 * @param version the agent's version that it was tried with
 * @param files absolute path to content
 * @param start shell command that sets the environment of the agent's process; to be run before it is started
 */
public record DirectConfiguration(String agent, String version, SortedMap<String, Content> files, String start) {
    /** As long as ingest holds a call for a person by default, and 20 seconds more. */
    static final int HOOK_SECONDS = 320;

    private static final String HOOK = ReportingSettings.PROGRAMS + "/hook";
    private static final List<Agent> AGENTS =
            List.of(Agent.CODEX, Agent.CLAUDE_CODE, Agent.GEMINI, Agent.QWEN, Agent.OPENCODE);

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,252})|\\[[0-9A-Fa-f:.]{2,45}]");

    /**
     * @param secret whether the token itself is in it
     * @param executable whether it is a program
     */
    public record Content(String text, boolean secret, boolean executable) {}

    /** Where hooks and telemetry find their token. */
    public sealed interface Token {
        /** An environment variable of the agent. */
        record Variable(String name) implements Token {
            private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,63}");

            public Variable {
                if (!NAME.matcher(name).matches()) {
                    throw new IllegalArgumentException("token variable: '" + name
                            + "' (expected: letters, digits and _, at most 64, no digit first)");
                }
            }
        }

        /** A file that the agent's user can read. */
        record InFile(Path path) implements Token {
            public InFile {
                if (!path.isAbsolute() || path.toString().chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
                    throw new IllegalArgumentException(
                            "token file: '" + path + "' (expected: an absolute path without control characters)");
                }
            }
        }

        /** The token itself, which the files then hold. */
        record Literal(String text) implements Token {
            private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9._~+/=-]{1,512}");

            public Literal {
                if (!TEXT.matcher(text).matches()) {
                    throw new IllegalArgumentException("token: " + text.length()
                            + " characters (expected: 1 to 512 of letters, digits and ._~+/=-)");
                }
            }

            @Override
            public String toString() {
                return "Literal[]";
            }
        }
    }

    public DirectConfiguration {
        files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    }

    /** Words that {@link #of} takes for an agent. */
    public static List<String> names() {
        return List.of("codex", "claude", "gemini", "qwen", "opencode");
    }

    /**
     * @param name one of {@link #names}, or {@code claude-code}
     * @param endpoint of ingest: http or https, host and port
     * @throws IllegalArgumentException for another name or an address that is none; one line
     */
    public static DirectConfiguration of(String name, URI endpoint, Token token) {
        Agent agent = agent(name);
        String base = base(endpoint);
        String environmentFile = ReportingSettings.PROGRAMS + "/" + agent.id() + ".sh";
        Reporting reporting = new Reporting(base, new Reporting.Hooks.Program(HOOK), HOOK_SECONDS);
        boolean secret = token instanceof Token.Literal;
        SortedMap<String, Content> files = new TreeMap<>();
        settings(agent, reporting).forEach((path, text) -> files.put(path, new Content(text, false, false)));
        files.put(HOOK, new Content(hook(base, token), secret, true));
        files.put(
                environmentFile,
                new Content(environment(agent, environmentFile, environment(agent, reporting), token), secret, false));
        return new DirectConfiguration(agent.id(), agent.version(), files, ". " + environmentFile);
    }

    private static Agent agent(String name) {
        return Agent.of(name)
                .filter(AGENTS::contains)
                .orElseThrow(() -> new IllegalArgumentException(
                        "agent: '" + name + "' (expected: " + String.join(", ", names()) + ")"));
    }

    private static String base(URI endpoint) {
        String scheme = Optional.ofNullable(endpoint.getScheme()).orElse("");
        String host = Optional.ofNullable(endpoint.getHost()).orElse("");
        String path = Optional.ofNullable(endpoint.getRawPath()).orElse("");
        boolean plain = (scheme.equals("http") || scheme.equals("https"))
                && HOST.matcher(host).matches()
                && (path.isEmpty() || path.equals("/"))
                && endpoint.getRawUserInfo() == null
                && endpoint.getRawQuery() == null
                && endpoint.getRawFragment() == null;
        if (!plain) {
            throw new IllegalArgumentException(
                    "endpoint: '" + endpoint + "' (expected: http://HOST:PORT or https://HOST:PORT)");
        }
        return scheme + "://" + host + (endpoint.getPort() < 0 ? "" : ":" + endpoint.getPort());
    }

    private static Map<String, String> settings(Agent agent, Reporting reporting) {
        return switch (agent) {
            case CLAUDE_CODE -> {
                var settings = ReportingSettings.claude(reporting);
                ReportingSettings.claudeTelemetry(reporting).forEach(settings.putObject("env")::put);
                yield Map.of(ReportingSettings.CLAUDE_SETTINGS, settings.toPrettyString() + "\n");
            }
            case CODEX ->
                Map.of(
                        ReportingSettings.CODEX_REQUIREMENTS,
                        ReportingSettings.codexRequirements(reporting),
                        ReportingSettings.CODEX_CONFIGURATION,
                        ReportingSettings.codexTelemetry(reporting));
            case GEMINI ->
                Map.of(
                        ReportingSettings.GEMINI_SETTINGS,
                        ReportingSettings.gemini(reporting).toPrettyString() + "\n");
            case QWEN ->
                Map.of(
                        ReportingSettings.QWEN_SETTINGS,
                        ReportingSettings.qwen(reporting).toPrettyString() + "\n");
            case OPENCODE ->
                Map.of(
                        ReportingSettings.OPENCODE_SETTINGS,
                        ReportingSettings.opencode().toPrettyString() + "\n",
                        ReportingSettings.OPENCODE_PLUGIN,
                        OpencodePlugin.source(reporting.command("opencode")));
            case SCRIPTED, NONE -> throw new IllegalArgumentException("agent: " + agent.id() + " has nothing to say");
        };
    }

    private static Map<String, String> environment(Agent agent, Reporting reporting) {
        return switch (agent) {
            case OPENCODE -> ReportingSettings.opencodeEnvironment(reporting);
            case CLAUDE_CODE, CODEX, GEMINI, QWEN, SCRIPTED, NONE -> Map.of();
        };
    }

    /** To be sourced by the shell that starts the agent: exporters take the token from the environment alone. */
    private static String environment(Agent agent, String path, Map<String, String> variables, Token token) {
        StringBuilder text = new StringBuilder("""
                # %s %s reports to plumbline. Before it is started: . %s
                %s
                export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer $plumbline_token"
                unset plumbline_token
                """.formatted(agent.id(), agent.version(), path, assignment(token)));
        new LinkedHashMap<>(new TreeMap<>(variables)).forEach((name, value) -> text.append("export ")
                .append(name)
                .append("='")
                .append(value)
                .append("'\n"));
        return text.toString();
    }

    /** The token is handed to curl through a descriptor: a command line can be read by everybody. */
    private static String hook(String base, Token token) {
        return """
                #!/bin/sh
                # usage: hook AGENT SECONDS: hands a hook's JSON (standard input) to plumbline and prints the answer.
                # Whatever goes wrong blocks the call: exit code 2, with the reason on standard error.
                PATH=/usr/local/bin:/usr/bin:/bin
                blocked() {
                  echo "plumbline: hook: $1; the call is blocked because nobody could check it" >&2
                  exit 2
                }
                [ $# -eq 2 ] || blocked "usage: hook AGENT SECONDS"
                %s
                case $plumbline_token in '' | *[!A-Za-z0-9._~+/=-]*) blocked "%s" ;; esac
                answer=$(curl -q --silent --show-error --fail %s--proto =http,https --max-time "$2" \\
                  --header 'Content-Type: application/json' --config /dev/fd/3 --data-binary @- "%s/hooks/$1" 3<<END
                header = "Authorization: Bearer $plumbline_token"
                END
                ) || blocked "the platform did not answer"
                case $answer in '{'*'}') printf '%%s\\n' "$answer" ;; *) blocked "the platform's answer is none" ;; esac
                """.formatted(assignment(token), missing(token), isLoopback(base) ? "--noproxy '*' " : "", base);
    }

    private static String assignment(Token token) {
        return "plumbline_token="
                + switch (token) {
                    case Token.Variable variable -> "${" + variable.name() + ":-}";
                    case Token.InFile file -> "$(cat " + quoted(file.path().toString()) + ")";
                    case Token.Literal literal -> "'" + literal.text() + "'";
                };
    }

    private static String missing(Token token) {
        return switch (token) {
            case Token.Variable variable -> "no usable token in the variable " + variable.name();
            case Token.InFile file -> "no usable token in its file";
            case Token.Literal literal -> "no usable token";
        };
    }

    /** Whether what is sent there stays on this machine. */
    public static boolean isLoopback(String endpoint) {
        return endpoint.matches("https?://(localhost|127\\.[0-9.]+|\\[::1])(:[0-9]+)?/?");
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
