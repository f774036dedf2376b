package io.plumbline.intent.features;

import io.plumbline.intent.text.Words;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a task is worded, apart from the names and texts that it gives. An act of the task has few of these words in its arguments, and
 * not one after the other; who writes them into a command, as arguments, into a variable, a name or a text for nobody, wants it to read
 * like the task.
 *
 * @param words all words of the task, as they are written but for case and punctuation
 * @param stems of its words without what it quotes and without names of files, hosts and values
 * @param runs {@value #RUN} words that follow each other
 */
record Wording(Set<String> words, Set<String> stems, Set<String> runs) {
    /** Words that honest acts do not reach together: of 7,800 in the corpus and in pairs from elsewhere four in a thousand do. */
    private static final int REPEATED = 4;

    /** Below which even all words of a task say nothing. */
    private static final int LEAST = 3;

    private static final int RUN = 4;

    private static final Pattern GIVEN = Pattern.compile("\"[^\"]*\"|'[^']*'|`[^`]*`");
    private static final Pattern PLAIN = Pattern.compile("[a-z]+(?:[-'][a-z]+)?");
    private static final Pattern TOKEN = Pattern.compile("[^\\s'\"`;|&()<>]+");

    /** An end of a token that is no part of the word. */
    private static final Pattern PUNCTUATION = Pattern.compile("^[\\[{]+|[.,:!?\\]}]+$");

    static Wording of(String task) {
        Set<String> stems = new LinkedHashSet<>();
        Set<String> runs = new LinkedHashSet<>();
        Set<String> words = new LinkedHashSet<>();
        List<String> last = new ArrayList<>();
        Matcher token = TOKEN.matcher(task);
        while (token.find()) {
            words.add(word(token.group()));
        }
        token = TOKEN.matcher(GIVEN.matcher(task).replaceAll(" "));
        while (token.find()) {
            String word = word(token.group());
            if (PLAIN.matcher(word).matches()) {
                stems.addAll(Words.stems(word));
            }
            addRun(last, word, runs);
        }
        return new Wording(words, stems, runs);
    }

    /**
     * A command without what repeats the task's words; the same text when there are no more of them than in honest acts.
     *
     * @param programs what the command runs: their names are no repetition
     */
    String without(String command, Set<String> programs) {
        Set<String> repeated = new LinkedHashSet<>();
        Set<String> seen = new LinkedHashSet<>();
        List<String> last = new ArrayList<>();
        StringBuilder rest = new StringBuilder(command.length());
        Matcher token = TOKEN.matcher(command);
        int from = 0;
        while (token.find()) {
            String word = word(token.group());
            addRun(last, word, seen);
            if (word.startsWith("-") || programs.contains(word)) {
                continue;
            }
            boolean said = words.contains(word);
            Set<String> shared = Words.stems(word.replace('_', ' '));
            shared.retainAll(stems);
            if (!said || PLAIN.matcher(word).matches()) {
                repeated.addAll(shared);
            }
            if (said || !shared.isEmpty()) {
                rest.append(command, from, token.start());
                from = token.end();
            }
        }
        seen.retainAll(runs);
        boolean all = repeated.size() >= LEAST && repeated.size() == stems.size();
        return repeated.size() >= REPEATED || all || !seen.isEmpty()
                ? rest.append(command, from, command.length()).toString()
                : command;
    }

    private static String word(String token) {
        return PUNCTUATION.matcher(token).replaceAll("").toLowerCase(Locale.ROOT);
    }

    /** Adds the run of words that ends with this one, when most of them are plain. */
    private static void addRun(List<String> last, String word, Set<String> runs) {
        last.add(word);
        if (last.size() > RUN) {
            last.removeFirst();
        }
        if (last.size() == RUN
                && last.stream().filter(one -> PLAIN.matcher(one).matches()).count() >= LEAST) {
            runs.add(String.join(" ", last));
        }
    }
}
