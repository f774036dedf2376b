package io.plumbline.events.shell;

import java.util.List;
import java.util.Optional;

/**
 * A word as it is written, before any expansion.
 *
 * @param at where it begins in the text
 */
public record ShellWord(int at, List<Part> parts) {
    /** A piece of a word. */
    public sealed interface Part {
        /** Text that stands for itself; unquoted it may still be a pattern, a brace list or begin with {@code ~}. */
        record Text(String text, boolean quoted) implements Part {}

        /**
         * {@code $NAME}, <code>${NAME…}</code>.
         *
         * @param name of the variable, or the special parameter
         * @param operation what follows the name in braces; empty for the plain value
         * @param argument the parts of that text
         */
        record Variable(String name, String operation, List<Part> argument, boolean quoted) implements Part {}

        /** {@code $(…)} or backquotes. */
        record CommandOutput(ShellNode script, boolean quoted) implements Part {}

        /** {@code <(…)} or {@code >(…)}. */
        record ProcessFile(ShellNode script) implements Part {}

        /** {@code $((…))}. */
        record Arithmetic(List<Part> parts) implements Part {}

        /** The text of a here-document. */
        record HereText(List<Part> parts) implements Part {}
    }

    public ShellWord {
        parts = List.copyOf(parts);
    }

    /** The text after the removal of quotes, when nothing in the word has to be expanded but patterns. */
    public Optional<String> literal() {
        return literal(parts);
    }

    private static Optional<String> literal(List<Part> parts) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            Optional<String> piece =
                    switch (part) {
                        case Part.Text plain -> Optional.of(plain.text());
                        case Part.HereText here -> literal(here.parts());
                        case Part.Variable variable -> Optional.empty();
                        case Part.CommandOutput output -> Optional.empty();
                        case Part.ProcessFile file -> Optional.empty();
                        case Part.Arithmetic arithmetic -> Optional.empty();
                    };
            if (piece.isEmpty()) {
                return Optional.empty();
            }
            text.append(piece.get());
        }
        return Optional.of(text.toString());
    }

    /** Whether any part of the word is quoted; a quoted keyword is an ordinary word. */
    boolean isQuoted() {
        return parts.stream().anyMatch(part -> part instanceof Part.Text text && text.quoted());
    }
}
