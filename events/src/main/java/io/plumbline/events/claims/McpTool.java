package io.plumbline.events.claims;

import java.util.Optional;

/**
 * A tool of a Model Context Protocol server, as agents name it: {@code mcp__SERVER__TOOL} (Claude Code, Codex, Qwen Code) and
 * {@code mcp_SERVER_TOOL} (Gemini CLI, whose server names hold no underscore).
 */
record McpTool(String server, String tool) {
    private static final String DOUBLE = "mcp__";
    private static final String SINGLE = "mcp_";

    static Optional<McpTool> of(String name) {
        if (name.startsWith(DOUBLE)) {
            int end = name.indexOf("__", DOUBLE.length());
            return end <= DOUBLE.length() || end + 2 == name.length()
                    ? Optional.of(new McpTool(name.substring(DOUBLE.length()), ""))
                    : Optional.of(new McpTool(name.substring(DOUBLE.length(), end), name.substring(end + 2)));
        }
        if (name.startsWith(SINGLE)) {
            int end = name.indexOf('_', SINGLE.length());
            return end <= SINGLE.length() || end + 1 == name.length()
                    ? Optional.empty()
                    : Optional.of(new McpTool(name.substring(SINGLE.length(), end), name.substring(end + 1)));
        }
        return Optional.empty();
    }

    static String withoutServer(String name) {
        return of(name).map(McpTool::tool).filter(tool -> !tool.isEmpty()).orElse(name);
    }
}
