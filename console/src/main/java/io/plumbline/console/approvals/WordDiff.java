package io.plumbline.console.approvals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Two command texts word by word.
 *
 * @param pieces in the order of the newer text, what was taken out before what came in its place
 */
public record WordDiff(List<Piece> pieces) {
    /** Words of each text that are compared; the rest counts as changed. */
    static final int MAX_WORDS = 400;

    public enum Kind {
        SAME,
        REMOVED,
        ADDED
    }

    public record Piece(Kind kind, String text) {}

    public static WordDiff of(String before, String after) {
        List<String> old = words(before);
        List<String> fresh = words(after);
        int[][] common = new int[old.size() + 1][fresh.size() + 1];
        for (int i = old.size() - 1; i >= 0; i--) {
            for (int j = fresh.size() - 1; j >= 0; j--) {
                common[i][j] = old.get(i).equals(fresh.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        List<Piece> pieces = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < old.size() || j < fresh.size()) {
            if (i < old.size() && j < fresh.size() && old.get(i).equals(fresh.get(j))) {
                add(pieces, Kind.SAME, fresh.get(j));
                i++;
                j++;
            } else if (i < old.size() && (j == fresh.size() || common[i + 1][j] >= common[i][j + 1])) {
                add(pieces, Kind.REMOVED, old.get(i++));
            } else {
                add(pieces, Kind.ADDED, fresh.get(j++));
            }
        }
        return new WordDiff(List.copyOf(pieces));
    }

    /** Shared words of all words, 0 to 1. */
    public static double similarity(String one, String other) {
        Set<String> first = new HashSet<>();
        words(one).forEach(word -> first.add(word.strip()));
        Set<String> second = new HashSet<>();
        words(other).forEach(word -> second.add(word.strip()));
        Set<String> all = new HashSet<>(first);
        all.addAll(second);
        first.retainAll(second);
        return (double) first.size() / all.size();
    }

    private static void add(List<Piece> pieces, Kind kind, String word) {
        if (!pieces.isEmpty() && pieces.getLast().kind() == kind) {
            pieces.set(pieces.size() - 1, new Piece(kind, pieces.getLast().text() + word));
        } else {
            pieces.add(new Piece(kind, word));
        }
    }

    /** Words with the blanks behind them; one last piece for what is beyond the limit. */
    private static List<String> words(String text) {
        List<String> words = new ArrayList<>(Arrays.asList(text.split("(?<=\\s)(?=\\S)|(?<=[/:=])", MAX_WORDS)));
        words.removeIf(String::isEmpty);
        return words;
    }
}
