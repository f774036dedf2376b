package io.plumbline.events.claims;

import java.util.Locale;
import java.util.Optional;

/** Whose hooks: they differ in the names of events and in the shape of the answer. */
public enum AgentDialect {
    /** Claude Code: {@code PreToolUse} and {@code hookSpecificOutput.permissionDecision}. */
    CLAUDE(""),
    /** Codex: the shapes of Claude Code, without {@code ask}. */
    CODEX("workdir"),
    /** Qwen Code: the shapes of Claude Code. */
    QWEN("directory"),
    /** opencode: the shapes of Claude Code, which our plugin for it speaks. */
    OPENCODE("workdir"),
    /** Gemini CLI: {@code BeforeTool} and {@code {"decision":"deny","reason":...}}. */
    GEMINI("dir_path");

    private final String folderArgument;

    AgentDialect(String folderArgument) {
        this.folderArgument = folderArgument;
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
