package io.plumbline.events.shell;

import java.util.ArrayList;
import java.util.List;

/** Brace lists of bash, <code>a{b,c}d</code>, as far as they stand in one piece of unquoted text. */
final class Braces {
    private static final int MAX_DEPTH = 8;

    private Braces() {}

    /** The words that the text stands for; where there are too many, and for sequences, {@code **} in the list's place. */
    static List<String> expand(String text) {
        return expand(text, 0);
    }

    private static List<String> expand(String text, int depth) {
        int open = text.indexOf('{');
        if (open < 0) {
            return List.of(text);
        }
        if (depth > MAX_DEPTH) {
            return List.of(text.substring(0, open) + Argument.UNKNOWN);
        }
        int level = 0;
        int from = open + 1;
        List<String> elements = new ArrayList<>();
        for (int i = open; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '{') {
                level++;
            } else if (c == ',' && level == 1) {
                elements.add(text.substring(from, i));
                from = i + 1;
            } else if (c == '}' && --level == 0) {
                elements.add(text.substring(from, i));
                return joined(text.substring(0, open), elements, text.substring(i + 1), depth);
            }
        }
        // What closes it is in another piece of the word.
        return text.indexOf(',', open) < 0 ? List.of(text) : List.of(text.substring(0, open) + Argument.UNKNOWN);
    }

    private static List<String> joined(String before, List<String> elements, String after, int depth) {
        List<String> tails = expand(after, depth + 1);
        List<String> middles = new ArrayList<>();
        if (elements.size() == 1) {
            String only = elements.getFirst();
            middles.add(only.contains("..") ? Argument.UNKNOWN : "{" + only + "}");
        } else {
            elements.forEach(element -> middles.addAll(expand(element, depth + 1)));
        }
        if ((long) tails.size() * middles.size() > WordExpansion.MAX_ALTERNATIVES) {
            return List.of(before + Argument.UNKNOWN);
        }
        List<String> words = new ArrayList<>();
        for (String middle : middles) {
            for (String tail : tails) {
                words.add(before + middle + tail);
            }
        }
        return words;
    }
}
