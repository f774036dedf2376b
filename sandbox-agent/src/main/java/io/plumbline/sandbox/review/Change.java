package io.plumbline.sandbox.review;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.plumbline.events.agents.ConfigurationPaths;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * One difference between a workspace and what a session made of its copy.
 *
 * @param path relative to the workspace, parts separated by one slash, none of them empty, {@code .} or {@code ..}; as of
 *     {@link EscapedPath}
 */
public record Change(String path, Entry before, Entry after) {
    private static final List<String> PROTECTED_FOLDERS =
            List.of(".git/", ".githooks/", ".husky/", ".vscode/", ".github/workflows/");

    private static final List<String> PROTECTED_NAMES = List.of(".git", ".gitattributes", ".gitmodules", ".envrc");

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
        return PROTECTED_NAMES.contains(name)
                || ConfigurationPaths.WORKSPACE_FILES.stream().anyMatch(file -> file.equalsIgnoreCase(name))
                || Stream.concat(
                                PROTECTED_FOLDERS.stream(),
                                ConfigurationPaths.FOLDERS.stream().map(folder -> folder + "/"))
                        .anyMatch(folder -> (lower + "/").startsWith(folder) || (lower + "/").contains("/" + folder));
    }
}
