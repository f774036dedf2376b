package io.plumbline.events.claims;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Whose hooks: they differ in the names of events and in the shape of the answer. */
public enum AgentDialect {
    /** Claude Code: {@code PreToolUse} and {@code hookSpecificOutput.permissionDecision}. */
    CLAUDE("", "Bash"),
    /** Codex: the shapes of Claude Code, without {@code ask}. */
    CODEX("workdir", "Bash", "exec_command", "shell_command", "shell", "local_shell"),
    /** Qwen Code: the shapes of Claude Code. */
    QWEN("directory", "run_shell_command"),
    /** opencode: the shapes of Claude Code, which our plugin for it speaks. */
    OPENCODE("workdir", "bash"),
    /** Gemini CLI: {@code BeforeTool} and {@code {"decision":"deny","reason":...}}. */
    GEMINI("dir_path", "run_shell_command");

    private final String folderArgument;
    private final Set<String> shells;

    AgentDialect(String folderArgument, String... shells) {
        this.folderArgument = folderArgument;
        this.shells = Set.of(shells);
    }

    /** Whether a tool of this name runs the command in its arguments as a process, in one of the agents; others have such an argument too. */
    public static boolean isShell(String tool) {
        for (AgentDialect dialect : values()) {
            if (dialect.shells.contains(tool)) {
                return true;
            }
        }
        return false;
    }

    /** By the last segment of the hook's address: {@code claude}, {@code codex}, {@code qwen}, {@code opencode}, {@code gemini}. */
    public static Optional<AgentDialect> named(String name) {
        for (AgentDialect dialect : values()) {
            if (dialect.agent().equals(name)) {
                return Optional.of(dialect);
            }
        }
        return Optional.empty();
    }

    /** The name in {@code SessionDeclared.agent} and in sources such as {@code hook:claude:Stop}. */
    public String agent() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The argument of the agent's shell tool that names the folder of a command; empty: it has none. */
    String folderArgument() {
        return folderArgument;
    }
}
