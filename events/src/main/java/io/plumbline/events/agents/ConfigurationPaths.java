package io.plumbline.events.agents;

import java.util.List;
import java.util.Set;

/** The names by which an agent finds what configures it: settings, hooks, servers of tools, instructions. */
public final class ConfigurationPaths {
    /** At the top of a workspace or of a home folder; in a workspace all that is in them counts. */
    public static final Set<String> FOLDERS = Set.of(".claude", ".codex", ".gemini", ".opencode", ".qwen");

    /** At the top of a workspace. */
    public static final Set<String> WORKSPACE_FILES = Set.of(
            "AGENTS.md",
            "AGENTS.override.md",
            "CLAUDE.local.md",
            "CLAUDE.md",
            "GEMINI.md",
            "QWEN.md",
            ".mcp.json",
            "opencode.json",
            "opencode.jsonc");

    /** Of the home folder by name: agents keep much else there that they write all the time. */
    public static final List<String> HOME_FILES = List.of(
            ".claude/CLAUDE.md",
            ".claude/settings.json",
            ".claude/settings.local.json",
            ".codex/AGENTS.md",
            ".codex/hooks.json",
            ".gemini/GEMINI.md",
            ".gemini/settings.json",
            ".qwen/QWEN.md",
            ".qwen/settings.json");

    private ConfigurationPaths() {}

    /**
     * Whether something at {@code path} would configure an agent, there or not: one of the files, or one of the folders itself,
     * which brings its files with it.
     *
     * @param path absolute, without {@code .} and {@code ..}
     * @param workspace and {@code home} absolute; empty: there is none
     */
    public static boolean names(String path, String workspace, String home) {
        return inWorkspace(below(path, workspace)) || inHome(below(path, home));
    }

    private static boolean inWorkspace(String name) {
        int slash = name.indexOf('/');
        return WORKSPACE_FILES.contains(name) || FOLDERS.contains(slash < 0 ? name : name.substring(0, slash));
    }

    private static boolean inHome(String name) {
        return HOME_FILES.contains(name) || FOLDERS.contains(name);
    }

    /** Empty when {@code path} is not below {@code folder}. */
    private static String below(String path, String folder) {
        return !folder.isEmpty() && path.startsWith(folder + "/") ? path.substring(folder.length() + 1) : "";
    }
}
