package io.plumbline.watcher.attribution;

import java.util.List;

/**
 * What an agent runs on its own account, recognised by the shape of the command line of its direct children. Observed with
 * Claude Code 2.1.330 and Codex 0.169.0 inside gVisor. A shape explains that a process is there; its files and connections
 * are still held against the policy.
 */
public record AgentProfile(String agent, List<Shape> housekeeping) {
    /**
     * A command line.
     *
     * @param program file name of the executed binary or of argv[0]
     * @param contains texts that must occur in the joined arguments, in this order
     */
    public record Shape(String program, List<String> contains) {
        boolean fits(String binary, List<String> argv) {
            String zero = argv.isEmpty() ? "" : argv.get(0);
            if (!fileName(binary).equals(program) && !fileName(zero).equals(program)) {
                return false;
            }
            String joined = String.join(" ", argv);
            int from = 0;
            for (String text : contains) {
                int at = joined.indexOf(text, from);
                if (at < 0) {
                    return false;
                }
                from = at + text.length();
            }
            return true;
        }
    }

    private static final AgentProfile NONE = new AgentProfile("none", List.of());

    private static final List<Shape> SHARED = List.of(
            shape("plumbline-guest", " hook "),
            shape("sh", "-c ", "plumbline-guest hook "),
            shape("bash", "-c ", "plumbline-guest hook "),
            shape("git", "rev-parse"),
            shape("git", "ls-files"),
            shape("git", "status --"),
            shape("git", "config --"),
            shape("git", "remote"),
            shape("git", "branch --"),
            shape("git", "log -"),
            shape("git", "--version"),
            shape("uname"),
            shape("which"));

    private static final AgentProfile CLAUDE_CODE = new AgentProfile(
            "claude-code",
            with(List.of(
                    shape("git", "-c core.hooksPath=/dev/null"),
                    shape("bash", "-c env"),
                    shape("bash", "-c -l SNAPSHOT_FILE="),
                    shape("bash", "-c -l", "SNAPSHOT_FILE="),
                    shape("claude", "--ripgrep"),
                    shape("rg", "--files"),
                    shape("rg", "--version"))));

    private static final AgentProfile CODEX = new AgentProfile(
            "codex",
            with(List.of(
                    shape("lsb_release", "-a"),
                    shape("sh", "/usr/bin/lsb_release -a"),
                    shape("getconf", "LONG_BIT"),
                    shape("bash", "-c", "/shell_snapshots/"),
                    shape("sh", "-c", "/shell_snapshots/"),
                    shape("bash", "-lc", "# Snapshot file"),
                    shape("sh", "-c", "# Snapshot file"),
                    shape("rg", "--version"))));

    /** The profile of an agent; one without housekeeping when it is unknown. */
    public static AgentProfile of(String agent) {
        return switch (agent) {
            case "claude-code" -> CLAUDE_CODE;
            case "codex" -> CODEX;
            case "scripted" -> new AgentProfile("scripted", SHARED);
            default -> NONE;
        };
    }

    /** Whether the agent announces every call through a hook; then nothing else counts as an announcement. */
    public boolean announces() {
        return !this.equals(NONE);
    }

    boolean keepsHouseWith(String binary, List<String> argv) {
        for (Shape shape : housekeeping) {
            if (shape.fits(binary, argv)) {
                return true;
            }
        }
        return false;
    }

    static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static Shape shape(String program, String... contains) {
        return new Shape(program, List.of(contains));
    }

    private static List<Shape> with(List<Shape> own) {
        return java.util.stream.Stream.concat(own.stream(), SHARED.stream()).toList();
    }
}
