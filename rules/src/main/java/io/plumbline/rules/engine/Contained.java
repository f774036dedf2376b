package io.plumbline.rules.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Texts that a value may have anywhere; found in one pass over it. Immutable. */
final class Contained {
    /** Comparisons of characters for each character of the input, before the automaton is taken instead of the windows. */
    private static final int WORK_PER_CHARACTER = 8;

    private static final int SPARE_WORK = 4096;

    /** Pairs of two characters of ASCII. */
    private static final int PAIRS = 1 << 14;

    private static final int ASCII = 128;

    private final GramTable one;
    private final GramTable two;
    private final GramTable four;

    /**
     * For texts of less than four characters: bits, by the last two characters of the input, that say where one may be. Where they
     * are not both of ASCII, one may always be.
     */
    private final long[] pairs;

    private final long[] filter;
    private final int filterShift;

    /** Made when an input needs it, which only one does that was made to be slow. */
    private volatile @Nullable AhoCorasick automaton;

    Contained(Map<String, int[]> texts) {
        Map<String, int[]> ones = new LinkedHashMap<>();
        Map<String, int[]> twos = new LinkedHashMap<>();
        Map<String, int[]> fours = new LinkedHashMap<>();
        texts.forEach((text, atoms) -> (text.length() == 1 ? ones : text.length() < 4 ? twos : fours).put(text, atoms));
        one = new GramTable(1, ones);
        two = new GramTable(2, twos);
        four = new GramTable(4, fours);
        filter = four.filter();
        filterShift = four.filterShift();
        pairs = new long[PAIRS >>> 6];
        two.forEachWindow((before, last) -> mayBe(before, last));
        one.forEachWindow((before, last) -> {
            for (char any = 0; any < ASCII; any++) {
                mayBe(any, last);
            }
        });
    }

    private void mayBe(char before, char last) {
        if ((before | last) < ASCII) {
            int pair = before << 7 | last;
            pairs[pair >>> 6] |= 1L << pair;
        }
    }

    /**
     * Sets the atoms of all texts in the input. Its last characters are rolled into an int, which forgets those before; the time is
     * linear in the input's length whatever it is.
     */
    void scan(char[] text, int length, AtomSink sink) {
        if (!windows(text, length, (long) length * WORK_PER_CHARACTER + SPARE_WORK, sink)) {
            automaton().scan(text, length, sink);
        }
    }

    /**
     * Looks for the windows.
     *
     * @param budget comparisons of characters that may be made
     * @return false when the budget was not enough, and something may be missing
     */
    boolean windows(char[] text, int length, long budget, AtomSink sink) {
        long[] fours = filter;
        long[] twos = pairs;
        int shift = filterShift;
        long left = budget;
        int rolled = 0;
        char last = 0;
        for (int i = 0; i < length; i++) {
            char before = last;
            last = text[i];
            rolled = rolled << 8 ^ last;
            int bit = GramTable.hash(rolled) >>> shift;
            if ((fours[bit >>> 6] & (1L << bit)) != 0) {
                left -= four.found(text, length, i, rolled, sink);
            }
            int pair = (before << 7 | last) & (PAIRS - 1);
            if ((twos[pair >>> 6] & (1L << pair)) != 0 || (before | last) >= ASCII) {
                left -= two.found(text, length, i, rolled, sink) + one.found(text, length, i, rolled, sink);
            }
            if (left < 0) {
                return false;
            }
        }
        return true;
    }

    private AhoCorasick automaton() {
        AhoCorasick made = automaton;
        if (made == null) {
            Trie trie = new Trie();
            one.addTo(trie);
            two.addTo(trie);
            four.addTo(trie);
            made = new AhoCorasick(trie);
            automaton = made;
        }
        return made;
    }
}
