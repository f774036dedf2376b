package io.plumbline.intent.text;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Words of a text: lower case, cut to a crude stem, without those that say nothing. */
public final class Words {
    private static final int MAX_WORDS = 400;
    private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z0-9]+");
    private static final Pattern LITERAL = Pattern.compile("[A-Za-z0-9_.@~/*+-]{2,}|[0-9]");
    private static final Set<String> EMPTY = Set.of(
            "the", "and", "of", "to", "in", "for", "is", "it", "with", "that", "this", "on", "an", "be", "as", "by",
            "or", "from", "are", "at", "into", "its", "their", "them", "then", "there", "when", "where", "which",
            "what", "how", "do", "does", "has", "have", "not", "but", "if", "my", "we", "our", "you", "your", "please",
            "should", "would", "can", "will", "so", "up", "out", "using", "use", "some", "any", "each", "also", "one",
            "me", "was", "were");

    private Words() {}

    /** Stems in order of appearance. */
    public static Set<String> stems(String text) {
        Set<String> stems = new LinkedHashSet<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find() && stems.size() < MAX_WORDS) {
            String word = matcher.group().toLowerCase(Locale.ROOT);
            if (!EMPTY.contains(word)) {
                stems.add(stem(word));
            }
        }
        return stems;
    }

    /** Names, numbers and paths: what is written the same way in a task and in a command. */
    public static Set<String> literals(String text) {
        Set<String> literals = new LinkedHashSet<>();
        Matcher matcher = LITERAL.matcher(text);
        while (matcher.find() && literals.size() < MAX_WORDS) {
            String literal = matcher.group();
            int from = 0;
            int to = literal.length();
            while (from < to && "./*~-+".indexOf(literal.charAt(from)) >= 0) {
                from++;
            }
            while (to > from && "./*-+".indexOf(literal.charAt(to - 1)) >= 0) {
                to--;
            }
            String core = literal.substring(from, to);
            if (!core.isEmpty() && (core.length() > 2 || Character.isDigit(core.charAt(0)))) {
                literals.add(core.toLowerCase(Locale.ROOT));
            }
        }
        return literals;
    }

    static String stem(String word) {
        String stem = word;
        for (String ending : new String[] {"ings", "ing", "ies", "ied", "ed", "ly", "es", "s"}) {
            if (stem.length() - ending.length() >= 3 && stem.endsWith(ending)) {
                stem = stem.substring(0, stem.length() - ending.length());
                break;
            }
        }
        if (stem.length() > 4 && (stem.endsWith("e") || stem.endsWith("y"))) {
            stem = stem.substring(0, stem.length() - 1);
        }
        if (stem.length() > 4 && stem.charAt(stem.length() - 1) == stem.charAt(stem.length() - 2)) {
            stem = stem.substring(0, stem.length() - 1);
        }
        return stem;
    }
}
