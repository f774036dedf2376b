package io.plumbline.sandbox.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.sandbox.session.FileEdit.Effect;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the arguments of an edit make of a file: those of Claude Code, Codex, Gemini CLI, Qwen Code and opencode. Where agents differ from each other
 * in what they do, or look for what is only nearly the same, the answer is that it is not known.
 */
final class EditArguments {
    /** Replacements of one call; each takes a pass over the file. */
    static final int MAX_REPLACEMENTS = 256;

    private static final JsonMapper JSON = new JsonMapper();
    private static final Set<String> WRITERS = Set.of("Write", "write_file", "write");
    private static final Set<String> REPLACERS = Set.of("Edit", "MultiEdit", "edit", "replace");
    private static final Set<String> PATCHERS = Set.of("apply_patch", "patch");
    private static final String NOTEBOOK = "NotebookEdit";

    /** Files of one patch; each is read before the gate can answer. */
    static final int MAX_FILES = 16;

    /** A part of a path without which it is the same: empty, a dot, two of them with what is before. */
    private static final Pattern DETOUR = Pattern.compile("/\\.{0,2}(?:/|$)");

    /** Of which it is known what they do, or that they do nothing. */
    private static final Set<String> KNOWN = Set.of(
            "file_path",
            "filePath",
            "path",
            "content",
            "edits",
            "old_string",
            "oldString",
            "new_string",
            "newString",
            "replace_all",
            "replaceAll",
            "allow_multiple",
            "expected_replacements",
            "instruction",
            "description");

    private EditArguments() {}

    /** Whether the call changes files by what its arguments say. */
    static boolean areOf(ToolCall call) {
        String tool = call.getTool();
        return call.getCommand().isEmpty()
                && (WRITERS.contains(tool)
                        || REPLACERS.contains(tool)
                        || PATCHERS.contains(tool)
                        || tool.equals(NOTEBOOK));
    }

    /** What the call makes of each file that it changes; of one at least. */
    static List<FileEdit> edits(ToolCall call) {
        Optional<JsonNode> arguments = arguments(call);
        if (PATCHERS.contains(call.getTool())) {
            return patched(call, arguments.map(EditArguments::patches).orElse(List.of()));
        }
        if (call.getPathsCount() != 1) {
            return List.of(FileEdit.unknown(first(call), call.getPathsCount() == 0 ? "no-path" : "several-paths"));
        }
        return List.of(new FileEdit(first(call), first(call), WRITERS.contains(call.getTool()), before -> arguments
                .map(read -> call.getTool().equals(NOTEBOOK)
                        ? Notebook.edited(read, before)
                        : Effect.of(applied(call, read, before)))
                .orElse(Effect.of(FileContent.unknown("unreadable-arguments")))));
    }

    private static List<FileEdit> patched(ToolCall call, List<Patch> patches) {
        List<FileEdit> edits =
                patches.stream().flatMap(patch -> edits(call, patch)).toList();
        if (edits.isEmpty()) {
            return List.of(FileEdit.unknown(first(call), "patch"));
        }
        if (edits.size() > MAX_FILES) {
            return List.of(FileEdit.unknown(first(call), "several-paths"));
        }
        if (patches.stream().mapToLong(Patch::replacements).sum() > MAX_REPLACEMENTS) {
            return List.of(FileEdit.unknown(first(call), "too-many-edits"));
        }
        long files = edits.stream().map(FileEdit::path).distinct().count();
        // Of two names for one file each would be compared without what the other part of the patch makes of it.
        boolean apart = edits.size() == 1
                || files == edits.size()
                        && edits.stream()
                                .noneMatch(edit -> DETOUR.matcher(edit.path()).find());
        return apart ? edits : List.of(FileEdit.unknown(first(call), "ambiguous"));
    }

    /** A file that is moved is gone from where it was. */
    private static Stream<FileEdit> edits(ToolCall call, Patch patch) {
        String path = absolute(call, patch.path());
        String moved = absolute(call, patch.moved());
        FileEdit edit = new FileEdit(moved, path, patch.isWhole(), before -> Effect.of(patch.applied(before)));
        return moved.equals(path)
                ? Stream.of(edit)
                : Stream.of(edit, new FileEdit(path, path, true, before -> Effect.of(FileContent.NONE)));
    }

    /** As the call names a file, from where it is. */
    static String absolute(ToolCall call, String named) {
        return named.startsWith("/") ? named : call.getCwd() + "/" + named;
    }

    private static String first(ToolCall call) {
        return call.getPathsCount() == 0 ? "" : absolute(call, call.getPaths(0));
    }

    private static FileContent applied(ToolCall call, JsonNode arguments, FileContent before) {
        if (!known(arguments)) {
            return FileContent.unknown("unknown-argument");
        }
        if (WRITERS.contains(call.getTool())) {
            return arguments.path("content").isTextual()
                    ? FileContent.of(arguments.path("content").textValue())
                    : FileContent.unknown("unreadable-arguments");
        }
        JsonNode several = arguments.path("edits");
        if (several.size() > MAX_REPLACEMENTS) {
            return FileContent.unknown("too-many-edits");
        }
        List<JsonNode> edits = several.isArray() ? several.valueStream().toList() : List.of(arguments);
        FileContent content = before;
        for (JsonNode edit : edits) {
            if (!content.unknown().isEmpty()) {
                return content;
            }
            content = known(edit) ? replaced(content, edit) : FileContent.unknown("unknown-argument");
        }
        return content;
    }

    private static Optional<JsonNode> arguments(ToolCall call) {
        try {
            return Optional.of(JSON.readTree(call.getArgumentsJson()));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static List<Patch> patches(JsonNode arguments) {
        return text(arguments, "command", "input", "patch", "patchText")
                .map(Patch::parse)
                .orElse(List.of());
    }

    private static boolean known(JsonNode arguments) {
        for (Iterator<String> names = arguments.fieldNames(); names.hasNext(); ) {
            if (!KNOWN.contains(names.next())) {
                return false;
            }
        }
        return true;
    }

    private static FileContent replaced(FileContent content, JsonNode edit) {
        Optional<String> old = text(edit, "old_string", "oldString");
        Optional<String> replacement = text(edit, "new_string", "newString");
        if (old.isEmpty() || replacement.isEmpty()) {
            return FileContent.unknown("unreadable-arguments");
        }
        if (old.get().isEmpty()) {
            return content.text().orElse("").isEmpty()
                    ? FileContent.of(replacement.get())
                    : FileContent.unknown("ambiguous");
        }
        if (replacement.get().isEmpty()) {
            // Some take the line end with it.
            return FileContent.unknown("deletion");
        }
        String text = content.text().orElse("");
        int[] ends = ends(text, old.get());
        if (ends.length == 0) {
            return FileContent.unknown("not-found");
        }
        boolean all = edit.path("replace_all").asBoolean()
                || edit.path("replaceAll").asBoolean()
                || edit.path("allow_multiple").asBoolean();
        if (!all && ends.length != edit.path("expected_replacements").asInt(1)) {
            return FileContent.unknown("ambiguous");
        }
        long length = text.length()
                + (long) ends.length * (replacement.get().length() - old.get().length());
        if (length > FileContent.MAX) {
            return FileContent.unknown("too-large");
        }
        StringBuilder result = new StringBuilder((int) length);
        int from = 0;
        for (int end : ends) {
            result.append(text, from, end - old.get().length()).append(replacement.get());
            from = end;
        }
        return FileContent.of(result.append(text, from, text.length()).toString());
    }

    /**
     * Where a text ends in another one, without overlaps. In linear time (Knuth, Morris and Pratt): the plain search takes the product of
     * both lengths for texts made for it.
     */
    static int[] ends(String text, String sought) {
        if (sought.length() > text.length()) {
            return new int[0];
        }
        int[] border = new int[sought.length()];
        for (int i = 1, matched = 0; i < sought.length(); i++) {
            while (matched > 0 && sought.charAt(i) != sought.charAt(matched)) {
                matched = border[matched - 1];
            }
            matched += sought.charAt(i) == sought.charAt(matched) ? 1 : 0;
            border[i] = matched;
        }
        int[] ends = new int[text.length() / sought.length()];
        int found = 0;
        for (int i = 0, matched = 0; i < text.length(); i++) {
            while (matched > 0 && text.charAt(i) != sought.charAt(matched)) {
                matched = border[matched - 1];
            }
            matched += text.charAt(i) == sought.charAt(matched) ? 1 : 0;
            if (matched == sought.length()) {
                ends[found++] = i + 1;
                matched = 0;
            }
        }
        return Arrays.copyOf(ends, found);
    }

    private static Optional<String> text(JsonNode node, String... names) {
        for (String name : names) {
            if (node.path(name).isTextual()) {
                return Optional.of(node.path(name).textValue());
            }
        }
        return Optional.empty();
    }
}
