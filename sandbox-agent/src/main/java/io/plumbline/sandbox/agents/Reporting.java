package io.plumbline.sandbox.agents;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Where an agent's hooks and telemetry go.
 *
 * @param endpoint takes OpenTelemetry below {@code /v1/}; without a slash at its end
 * @param hooks how a hook reaches the platform
 * @param seconds a hook waits for its answer before it refuses by itself
 */
record Reporting(String endpoint, Hooks hooks, int seconds) {
    /** A hook ends by itself, closed, this much before its agent would give up on it, open. */
    static final int SLACK_SECONDS = 5;

    /** Codex cuts this one to three seconds, and says so on every start when it is longer. */
    private static final String SESSION_END = "SessionEnd";

    private static final String LOOPBACK = "http://127.0.0.1:" + Doors.HOOKS_PORT;

    sealed interface Hooks {
        /** Inside a sandbox: the guest program, or HTTP where the agent can, since the loopback port needs no token. */
        record Guest() implements Hooks {}

        /** Elsewhere: a program that takes the agent's name and seconds, and knows endpoint and token by itself. */
        record Program(String path) implements Hooks {}
    }

    static Reporting inside(int seconds) {
        return new Reporting(LOOPBACK, new Hooks.Guest(), seconds);
    }

    /** @param dialect the agent's name at the door; program and arguments of its hooks */
    List<String> command(String dialect) {
        return command(dialect, seconds);
    }

    /** As {@link #command(String)}, for a shell. */
    String shell(String dialect) {
        return shell(dialect, seconds);
    }

    /** The line of a Codex hook in {@code requirements.toml}. */
    String codexHook(String event) {
        int wait = event.equals(SESSION_END) ? 2 : seconds;
        int limit = event.equals(SESSION_END) ? 3 : seconds + SLACK_SECONDS;
        return "hooks = [ { type = \"command\", command = \"" + shell("codex", wait) + "\", timeout = " + limit
                + " } ]";
    }

    private String shell(String dialect, int wait) {
        // None of the words needs quoting in a shell, JSON or TOML.
        return command(dialect, wait).stream().collect(Collectors.joining(" "));
    }

    private List<String> command(String dialect, int wait) {
        return switch (hooks) {
            case Hooks.Guest guest ->
                List.of(
                        Agent.GUEST,
                        "hook",
                        Doors.DIRECTORY + "/" + Doors.HOOKS_SOCKET,
                        "/hooks/" + dialect,
                        Integer.toString(wait));
            case Hooks.Program program -> List.of(program.path(), dialect, Integer.toString(wait));
        };
    }
}
