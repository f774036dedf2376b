package io.plumbline.events.shell;

import java.util.List;
import java.util.Optional;

/** A command of the shell grammar (POSIX.1-2024, chapter 2, and what bash adds to it). */
public sealed interface ShellNode {
    /** How a command follows the one before it. */
    enum Joint {
        FIRST,
        THEN,
        AFTER_BACKGROUND,
        AND,
        OR
    }

    /** What a compound command is. */
    enum Kind {
        SUBSHELL,
        GROUP,
        IF,
        WHILE,
        UNTIL,
        FOR,
        SELECT,
        CASE,
        /** {@code [[ … ]]} and {@code (( … ))}. */
        TEST
    }

    /** {@code NAME=VALUE} or {@code NAME+=VALUE}; of an array the elements one after another. */
    record Assignment(String name, List<ShellWord> values) {
        public Assignment {
            values = List.copyOf(values);
        }
    }

    /**
     * A redirection.
     *
     * @param operator as written, without the descriptor's number
     * @param target the file, the descriptor, or the text of a here-document or here-string
     */
    record Redirection(String operator, ShellWord target) {
        /** Whether the target is a text and not the name of a file. */
        public boolean isText() {
            return operator.startsWith("<<");
        }
    }

    /** A command with its words; without any words only assignments and redirections. */
    record Simple(int at, List<Assignment> assignments, List<ShellWord> words, List<Redirection> redirections)
            implements ShellNode {
        public Simple {
            assignments = List.copyOf(assignments);
            words = List.copyOf(words);
            redirections = List.copyOf(redirections);
        }
    }

    /** Commands whose output is the next one's input. */
    record Pipeline(List<ShellNode> stages) implements ShellNode {
        public Pipeline {
            stages = List.copyOf(stages);
        }
    }

    /** Commands one after another. */
    record Sequence(List<Item> items) implements ShellNode {
        public Sequence {
            items = List.copyOf(items);
        }
    }

    /** One command of a sequence. */
    record Item(Joint joint, ShellNode node) {}

    /**
     * A compound command.
     *
     * @param variable that a loop sets; empty for the others
     * @param words that a loop runs through, that a case compares, or of a test
     * @param parts conditions and bodies in the order of the text
     */
    record Compound(
            int at,
            Kind kind,
            Optional<String> variable,
            List<ShellWord> words,
            List<ShellNode> parts,
            List<Redirection> redirections)
            implements ShellNode {
        public Compound {
            words = List.copyOf(words);
            parts = List.copyOf(parts);
            redirections = List.copyOf(redirections);
        }
    }

    /** A function; nothing of it runs until it is called. */
    record Function(int at, String name, ShellNode body) implements ShellNode {}
}
