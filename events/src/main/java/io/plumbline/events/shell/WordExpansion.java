package io.plumbline.events.shell;

import io.plumbline.events.shell.ShellWord.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Expands words as far as the text itself says how: braces, and variables that it sets. Every value that a variable may have counts. */
final class WordExpansion {
    /** Alternatives of one word, and values of one variable; what is more counts as unknown. */
    static final int MAX_ALTERNATIVES = 32;

    /** Characters of an expanded word; variables in variables can make it grow. */
    static final int MAX_CHARACTERS = ShellParser.MAX_CHARACTERS;

    /** Variables that are followed, and the characters of all their values. */
    private static final int MAX_VARIABLES = 200;

    private static final int MAX_VALUES = 128 * 1024;

    /** Pieces of one word; a here-document has one for each variable in it. */
    private static final int MAX_PARTS = 256;

    /** Characters of all words of a text together: words that name one another's values could grow without it. */
    private static final long MAX_EXPANDED = 1 << 20;

    private int characters;
    private long expanded;
    private final Map<String, Set<String>> values = new HashMap<>();
    private final Set<String> computed = new HashSet<>();
    private final Function<ShellNode, List<String>> programsOf;

    /** @param programsOf reads a command substitution and names the programs in it */
    WordExpansion(Function<ShellNode, List<String>> programsOf) {
        this.programsOf = programsOf;
        values.put("HOME", new LinkedHashSet<>(List.of("~")));
        values.put("PWD", new LinkedHashSet<>(List.of(".")));
    }

    /** Adds the values of an assignment to those that the variable may have. */
    void assign(String name, List<Argument> added) {
        for (Argument value : added) {
            Set<String> known = values.computeIfAbsent(name, any -> new LinkedHashSet<>());
            characters += value.text().length();
            if (value.exact()
                    && characters <= MAX_VALUES
                    && known.size() < MAX_ALTERNATIVES
                    && values.size() < MAX_VARIABLES) {
                known.add(value.text());
            } else {
                computed.add(name);
            }
        }
    }

    /** A value that nobody knows: read from a file, a terminal or an argument. */
    void unknown(String name) {
        computed.add(name);
    }

    /** The fields that the first word of a command becomes, for each way in which it can be expanded; braces make several of one. */
    List<List<Argument>> starts(ShellWord word) {
        boolean braces = word.parts().stream()
                .anyMatch(part -> part instanceof Part.Text text
                        && !text.quoted()
                        && text.text().contains("{"));
        return braces ? List.of(fields(word)) : alternatives(word, true);
    }

    /** Whether words were left unexpanded because all of them together would be too long. */
    boolean exhausted() {
        return expanded > MAX_EXPANDED;
    }

    /** All fields of a word, whichever way it is expanded. */
    List<Argument> fields(ShellWord word) {
        return alternatives(word, true).stream().flatMap(List::stream).toList();
    }

    /** A word that is not split: an assignment or the target of a redirection. */
    Argument whole(ShellWord word) {
        List<List<Argument>> all = alternatives(word, false);
        Argument first =
                all.getFirst().isEmpty() ? Argument.of("") : all.getFirst().getFirst();
        return all.size() == 1 ? first : Argument.unknown(first.producers());
    }

    private List<List<Argument>> alternatives(ShellWord word, boolean split) {
        if (word.parts().size() > MAX_PARTS || exhausted()) {
            List<String> producers = new ArrayList<>();
            for (Part part : word.parts()) {
                pieces(part, false).forEach(piece -> producers.addAll(piece.producers()));
            }
            return List.of(List.of(Argument.unknown(producers)));
        }
        List<Draft> drafts = List.of(new Draft());
        boolean first = true;
        for (Part part : word.parts()) {
            List<Piece> pieces = pieces(part, first);
            first = false;
            List<Draft> longer = new ArrayList<>();
            for (Draft draft : drafts) {
                for (Piece piece : pieces) {
                    if (longer.size() < MAX_ALTERNATIVES) {
                        longer.add(draft.with(piece));
                    }
                }
            }
            if (drafts.size() * pieces.size() > MAX_ALTERNATIVES) {
                longer.set(MAX_ALTERNATIVES - 1, drafts.getFirst().with(Piece.unknown(List.of())));
            }
            drafts = longer;
        }
        List<List<Argument>> all = new ArrayList<>();
        for (Draft draft : drafts) {
            expanded += draft.length();
            if (exhausted()) {
                return List.of(List.of(Argument.unknown(List.of())));
            }
            all.add(draft.fields(split));
        }
        return all;
    }

    /** Ways in which a part can be read. */
    private List<Piece> pieces(Part part, boolean first) {
        return switch (part) {
            case Part.Text text ->
                text.quoted()
                        ? List.of(Piece.quoted(first && text.text().startsWith("~") ? "./" + text.text() : text.text()))
                        : unquoted(text.text());
            case Part.HereText here -> List.of(here(here));
            case Part.Variable variable -> variable(variable);
            case Part.CommandOutput output -> List.of(output(output.script()));
            case Part.ProcessFile file -> List.of(Piece.unknown(programsOf.apply(file.script())));
            case Part.Arithmetic arithmetic -> {
                arithmetic.parts().forEach(inside -> pieces(inside, false));
                yield List.of(Piece.unknown(List.of()));
            }
        };
    }

    private Piece here(Part.HereText here) {
        Argument text = whole(new ShellWord(0, here.parts()));
        return new Piece(text.text(), text.exact(), true, text.producers());
    }

    private Piece output(ShellNode script) {
        List<String> programs = programsOf.apply(script);
        return programs.equals(List.of("pwd")) ? Piece.quoted(".") : Piece.unknown(programs);
    }

    private static List<Piece> unquoted(String text) {
        return Braces.expand(text).stream()
                .map(one -> {
                    boolean pattern = one.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
                    String shown = pattern ? one.replaceAll("\\[[^]/]*]|\\?", "*") : one;
                    return new Piece(shown, !pattern, true, List.of());
                })
                .toList();
    }

    private List<Piece> variable(Part.Variable variable) {
        List<Piece> pieces = new ArrayList<>();
        Optional<Piece> argument = variable.argument().isEmpty()
                ? Optional.empty()
                : Optional.of(here(new Part.HereText(variable.argument())));
        boolean plain = variable.operation().isEmpty();
        boolean otherwise = variable.operation().matches("(?s):?[-=].*");
        Set<String> known = values.getOrDefault(variable.name(), Set.of());
        if (plain || otherwise) {
            known.forEach(value -> pieces.add(new Piece(value, true, variable.quoted(), List.of())));
        }
        if (otherwise) {
            argument.ifPresent(text -> {
                String value = text.text().replaceFirst("^:?[-=]", "");
                pieces.add(new Piece(value, text.exact(), variable.quoted(), text.producers()));
            });
        }
        if (pieces.isEmpty() || computed.contains(variable.name())) {
            pieces.add(Piece.unknown(argument.map(Piece::producers).orElse(List.of())));
        }
        return pieces;
    }

    /** A part of a word in one reading; {@code joined}: it is not split into fields. */
    private record Piece(String text, boolean exact, boolean joined, List<String> producers) {
        static Piece quoted(String text) {
            return new Piece(text, true, true, List.of());
        }

        static Piece unknown(List<String> producers) {
            return new Piece(Argument.UNKNOWN, false, true, producers);
        }
    }

    /** A word while it is put together. */
    private record Draft(List<Piece> pieces) {
        Draft() {
            this(List.of());
        }

        long length() {
            return pieces.stream().mapToLong(piece -> piece.text().length()).sum();
        }

        Draft with(Piece piece) {
            List<Piece> more = new ArrayList<>(pieces);
            more.add(piece);
            return new Draft(more);
        }

        List<Argument> fields(boolean split) {
            List<Argument> fields = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            boolean exact = true;
            List<String> producers = new ArrayList<>();
            boolean open = false;
            for (Piece piece : pieces) {
                producers.addAll(piece.producers());
                exact &= piece.exact();
                if (text.length() + piece.text().length() > MAX_CHARACTERS) {
                    return List.of(Argument.unknown(producers));
                }
                if (!split || piece.joined()) {
                    text.append(piece.text());
                    open = true;
                    continue;
                }
                String[] words = piece.text().strip().split("\\s+", MAX_ALTERNATIVES);
                for (int i = 0; i < words.length; i++) {
                    if (i > 0) {
                        fields.add(new Argument(text.toString(), exact, producers));
                        text.setLength(0);
                    }
                    text.append(words[i]);
                    open |= !words[i].isEmpty();
                }
            }
            if (open) {
                fields.add(new Argument(text.toString(), exact, producers));
            }
            return fields;
        }
    }
}
