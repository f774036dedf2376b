package io.plumbline.sandbox.session;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a patch in the form of Codex's {@code apply_patch} makes of one file: between {@code *** Begin Patch} and {@code *** End Patch}, one after
 * another, {@code *** Add File: PATH} with lines that begin with {@code +}, {@code *** Delete File: PATH}, or {@code *** Update File: PATH}, maybe
 * {@code *** Move to: PATH}, with pieces of lines that stay (blank), go ({@code -}) and come ({@code +}). A piece begins with {@code @@}, may name a line that it is behind, and is applied to the first place
 * behind the piece before it. Codex takes lines there that are only nearly the same; here they have to be the same, else the answer is
 * that it is not known.
 */
final class Patch {
    private static final String ADD = "*** Add File: ";
    private static final String UPDATE = "*** Update File: ";
    private static final String DELETE = "*** Delete File: ";
    private static final String MOVE = "*** Move to: ";
    private static final String END_OF_FILE = "*** End of File";

    /** A part of an update. @param behind a line that it is behind; empty: any */
    private record Piece(String behind, List<String> old, List<String> replacement, boolean atEnd) {}

    private final String head;
    private final String path;
    private String moved;
    private final List<String> body = new ArrayList<>();

    private Patch(String head, String path) {
        this.head = head;
        this.path = path;
        this.moved = path;
    }

    /** One for each file, in their order; empty when the text is no patch, or it names a file more than once. */
    static List<Patch> parse(String text) {
        List<String> lines = text.strip().lines().toList();
        boolean framed = lines.size() > 2
                && lines.getFirst().strip().equals("*** Begin Patch")
                && lines.getLast().strip().equals("*** End Patch");
        if (!framed) {
            return List.of();
        }
        List<Patch> patches = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String line : lines.subList(1, lines.size() - 1)) {
            Optional<Patch> begun = begun(line);
            boolean fits = begun.map(patch -> names.add(patch.path))
                    .orElseGet(() -> !patches.isEmpty() && patches.getLast().takes(line, names));
            if (!fits) {
                return List.of();
            }
            begun.ifPresent(patches::add);
        }
        return List.copyOf(patches);
    }

    private static Optional<Patch> begun(String line) {
        return Stream.of(ADD, UPDATE, DELETE)
                .filter(line::startsWith)
                .findFirst()
                .map(head -> new Patch(head, line.substring(head.length()).strip()));
    }

    private boolean takes(String line, Set<String> names) {
        if (line.startsWith(MOVE)) {
            boolean first = head.equals(UPDATE) && body.isEmpty() && moved.equals(path);
            moved = line.substring(MOVE.length()).strip();
            return first && names.add(moved);
        }
        body.add(line);
        return !head.equals(DELETE) && (!line.startsWith("*** ") || line.equals(END_OF_FILE));
    }

    /** The file as it is called before. */
    String path() {
        return path;
    }

    /** The file as it is called afterwards. */
    String moved() {
        return moved;
    }

    /** Whether what the patch leaves does not depend on what was there. */
    boolean isWhole() {
        return !head.equals(UPDATE);
    }

    /** How many pieces of the file are looked for; each takes a pass over it. */
    long replacements() {
        return head.equals(UPDATE)
                ? body.stream().filter(line -> line.startsWith("@@")).count()
                : 0;
    }

    /** The content after the patch. */
    FileContent applied(FileContent before) {
        if (head.equals(DELETE)) {
            return FileContent.NONE;
        }
        if (head.equals(ADD)) {
            return body.stream().allMatch(line -> line.startsWith("+"))
                    ? FileContent.of(
                            block(body.stream().map(line -> line.substring(1)).toList()))
                    : FileContent.unknown("unreadable-arguments");
        }
        Optional<List<Piece>> pieces = pieces();
        if (pieces.isEmpty()) {
            return FileContent.unknown("unreadable-arguments");
        }
        if (pieces.get().size() > EditArguments.MAX_REPLACEMENTS) {
            return FileContent.unknown("too-many-edits");
        }
        return before.text().map(text -> applied(text, pieces.get())).orElse(FileContent.unknown("not-found"));
    }

    private static FileContent applied(String text, List<Piece> pieces) {
        String before = text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
        StringBuilder result = new StringBuilder();
        int from = 0;
        for (Piece piece : pieces) {
            int search = from;
            if (!piece.behind().isEmpty()) {
                List<String> line = List.of(piece.behind());
                int found = place(before, from, line);
                if (found < 0) {
                    return FileContent.unknown("not-found");
                }
                search = found + block(line).length();
            }
            int at = piece.old().isEmpty() ? -1 : place(before, search, piece.old());
            int end = at + block(piece.old()).length();
            if (at < 0 || (piece.atEnd() && end != before.length())) {
                // What only comes is put where versions of Codex differ.
                return FileContent.unknown(piece.old().isEmpty() ? "ambiguous" : "not-found");
            }
            result.append(before, from, at).append(block(piece.replacement()));
            if (result.length() > FileContent.MAX) {
                return FileContent.unknown("too-large");
            }
            from = end;
        }
        return FileContent.of(result.append(before, from, before.length()).toString());
    }

    /** Where lines begin that are there as a whole, at a line's begin or behind it; -1: nowhere. */
    private static int place(String text, int from, List<String> lines) {
        String sought = "\n" + block(lines);
        int[] ends = EditArguments.ends("\n" + text.substring(from), sought);
        return ends.length == 0 ? -1 : from + ends[0] - sought.length();
    }

    private static String block(List<String> lines) {
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }

    /** Empty when a line is none of a patch. */
    private Optional<List<Piece>> pieces() {
        List<Piece> pieces = new ArrayList<>();
        String behind = "";
        List<String> old = new ArrayList<>();
        List<String> replacement = new ArrayList<>();
        boolean atEnd = false;
        boolean open = false;
        for (String line : body) {
            boolean begins = line.equals("@@") || line.startsWith("@@ ");
            if (begins || atEnd) {
                if (!begins || (!open && !behind.isEmpty())) {
                    return Optional.empty();
                }
                if (open) {
                    pieces.add(new Piece(behind, List.copyOf(old), List.copyOf(replacement), atEnd));
                }
                behind = line.length() > 3 ? line.substring(3) : "";
                old.clear();
                replacement.clear();
                atEnd = false;
                open = false;
            } else if (line.equals(END_OF_FILE)) {
                atEnd = true;
            } else {
                char kind = line.isEmpty() ? ' ' : line.charAt(0);
                String rest = line.isEmpty() ? "" : line.substring(1);
                if (kind != ' ' && kind != '-' && kind != '+') {
                    return Optional.empty();
                }
                if (kind != '+') {
                    old.add(rest);
                }
                if (kind != '-') {
                    replacement.add(rest);
                }
                open = true;
            }
        }
        if (!open) {
            return Optional.empty();
        }
        pieces.add(new Piece(behind, old, replacement, atEnd));
        return Optional.of(pieces);
    }
}
