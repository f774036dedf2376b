package io.plumbline.sandbox.review;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Locale;

/**
 * One difference between a workspace and what a session made of its copy.
 *
 * @param path relative to the workspace, parts separated by one slash, none of them empty, {@code .} or {@code ..}
 */
public record Change(String path, Entry before, Entry after) {
    private static final List<String> PROTECTED_FOLDERS = List.of(
            ".git/hooks/",
            ".git/info/",
            ".githooks/",
            ".husky/",
            ".vscode/",
            ".claude/",
            ".codex/",
            ".gemini/",
            ".github/workflows/");

    private static final List<String> PROTECTED_NAMES =
            List.of(".gitattributes", ".gitmodules", ".envrc", ".mcp.json", "agents.md", "claude.md", "gemini.md");

    /** A: added, M: modified, D: deleted. */
    public char letter() {
        if (before instanceof Entry.Absent) {
            return 'A';
        }
        return after instanceof Entry.Absent ? 'D' : 'M';
    }

    /** Whether it can make something run later, outside of the session, without anybody asking for it. */
    @JsonIgnore
    public boolean isProtected() {
        String lower = path.toLowerCase(Locale.ROOT);
        String name = lower.substring(lower.lastIndexOf('/') + 1);
        return lower.endsWith(".git/config")
                || PROTECTED_NAMES.contains(name)
                || PROTECTED_FOLDERS.stream()
                        .anyMatch(folder -> (lower + "/").startsWith(folder) || (lower + "/").contains("/" + folder));
    }
}
