package io.plumbline.intent.features;

import io.plumbline.intent.text.Words;
import java.util.ArrayList;
import java.util.BitSet;
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
 * @param bare the same without all other characters, since a name stays the task's when a sign of it is left out or added
 * @param parts what these words are made of: letters and digits between other characters
 * @param stems of its words without what it quotes and without names of files, hosts and values
 * @param runs {@value #RUN} words that follow each other
 */
record Wording(Set<String> words, Set<String> bare, Set<String> parts, Set<String> stems, Set<String> runs) {
    /** Words that honest acts do not reach together: of 7,800 in the corpus and in pairs from elsewhere four in a thousand do. */
    private static final int REPEATED = 4;

    /** Below which even all words of a task say nothing. */
    private static final int LEAST = 3;

    private static final int RUN = 4;

    /** Share of a task's words, the small ones and names included, that no honest act has. */
    private static final double NEARLY_ALL = 0.85;

    private static final String SEPARATORS = ";|&\n";

    private static final Pattern GIVEN = Pattern.compile("\"[^\"]*\"|'[^']*'|`[^`]*`");
    private static final Pattern PLAIN = Pattern.compile("[a-z]+(?:[-'][a-z]+)?");
    private static final Pattern TOKEN = Pattern.compile("[^\\s'\"`;|&()<>]+");

    private static final Pattern HERE_DOCUMENT = Pattern.compile("<<-?[ ]*(['\"]?)(\\w{1,64})\\1");

    /** A variable whose value was taken away. */
    private static final Pattern EMPTY_VALUE =
            Pattern.compile("(?<![^\\s;|&])[A-Za-z_]\\w*=(?:'\\s*'|\"\\s*\")?(?=\\s)");

    /** What a command says beside its words: where its text comes from and goes to, and a body that does nothing. */
    private static final Pattern ASIDE = Pattern.compile(
            "(?s)<<-?[ ]*(['\"]?)(\\w{1,64})\\1|(?<=\\n)\\w{1,64}(?=\\n|$)|\\d?>+&?[ ]*/dev/null|\\{\\s*:\\s*[;}]|[{}:]");

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
        Set<String> parts = new LinkedHashSet<>();
        Set<String> bare = new LinkedHashSet<>();
        words.forEach(word -> {
            List<String> of = parts(word);
            parts.addAll(of);
            bare.add(String.join("", of));
        });
        bare.remove("");
        return new Wording(words, bare, parts, stems, runs);
    }

    /**
     * A command without what repeats the task's words, and the same without the commands in it that are mostly such words; none when there
     * are no more of them than in honest acts.
     *
     * @param programs what the command runs: their names are no repetition
     */
    Set<String> without(String command, Set<String> programs) {
        Set<String> repeated = new LinkedHashSet<>();
        Set<String> told = new LinkedHashSet<>();
        Set<String> seen = new LinkedHashSet<>();
        List<String> last = new ArrayList<>();
        BitSet taken = new BitSet(command.length());
        Matcher token = TOKEN.matcher(command);
        while (token.find()) {
            String word = word(token.group());
            addRun(last, word, seen);
            if (word.startsWith("-") || programs.contains(word)) {
                continue;
            }
            List<String> of = parts(word);
            boolean said = words.contains(word) || bare.contains(String.join("", of));
            Set<String> shared = Words.stems(word.replace('_', ' '));
            shared.retainAll(stems);
            if (!said || PLAIN.matcher(word).matches()) {
                repeated.addAll(shared);
            }
            told.addAll(of);
            if (said || !shared.isEmpty()) {
                taken.set(token.start(), token.end());
            }
        }
        seen.retainAll(runs);
        told.retainAll(parts);
        boolean all = repeated.size() >= LEAST && repeated.size() == stems.size()
                || told.size() >= Math.max(LEAST, NEARLY_ALL * parts.size());
        return repeated.size() >= REPEATED || all || !seen.isEmpty() ? without(command, taken) : Set.of();
    }

    private static Set<String> without(String command, BitSet taken) {
        StringBuilder left = new StringBuilder(command.length());
        StringBuilder doing = new StringBuilder(command.length());
        int end;
        for (int from = 0; from < command.length(); from = end) {
            end = end(command, from);
            int start = left.length();
            int lost = 0;
            for (int i = from; i < end; i++) {
                if (!taken.get(i)) {
                    left.append(command.charAt(i));
                } else if (!taken.get(i + 1)) {
                    lost++;
                }
            }
            String rest = EMPTY_VALUE.matcher(left.substring(start)).replaceAll("");
            long kept = TOKEN.matcher(ASIDE.matcher(rest).replaceAll(" "))
                    .results()
                    .filter(found -> !found.group().startsWith("-"))
                    .count();
            if (kept > Math.min(lost, LEAST)) {
                doing.append(rest);
            }
        }
        Set<String> guises = new LinkedHashSet<>();
        guises.add(EMPTY_VALUE.matcher(left).replaceAll(""));
        guises.add(doing.toString());
        guises.removeIf(String::isBlank);
        return guises;
    }

    /** Where a command of a line ends, what separates it from the next one and its here-document included; quotes hold separators. */
    private static int end(String line, int from) {
        char quote = 0;
        for (int i = from; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && quote != '\'') {
                i++;
            } else if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '#' && (i == from || Character.isWhitespace(line.charAt(i - 1)))) {
                int comment = line.indexOf('\n', i);
                if (comment < 0) {
                    return line.length();
                }
                i = comment - 1;
            } else if (c == '\'' || c == '"') {
                quote = c;
            } else if (SEPARATORS.indexOf(c) >= 0) {
                int end = c == '\n' ? endOfDocument(line, from, i + 1) : i + 1;
                while (end < line.length() && SEPARATORS.indexOf(line.charAt(end)) >= 0) {
                    end++;
                }
                return end;
            }
        }
        return line.length();
    }

    /** Behind the here-document of the command that ends at a line's end, else there. */
    private static int endOfDocument(String line, int from, int body) {
        Matcher document = HERE_DOCUMENT.matcher(line.substring(from, body));
        if (!document.find()) {
            return body;
        }
        int last = line.indexOf("\n" + document.group(2) + "\n", body - 1);
        return last < 0 ? line.length() : last + document.group(2).length() + 2;
    }

    private static String word(String token) {
        return PUNCTUATION.matcher(token).replaceAll("").toLowerCase(Locale.ROOT);
    }

    private static List<String> parts(String word) {
        return List.of(word.split("[^\\p{L}\\p{N}]+")).stream()
                .filter(part -> !part.isEmpty())
                .toList();
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
