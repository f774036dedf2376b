package io.plumbline.rules.engine;

import java.util.Arrays;
import java.util.Map;

/**
 * Finds texts by a window of a few characters in each: the window that fewest others share. {@link Contained} looks the input's
 * windows up in the filter; texts are compared only where a window is found.
 */
final class GramTable {
    /** Bits of the filter for each window: one of 64 strange windows passes. */
    private static final int BITS_PER_WINDOW = 64;

    private static final int MAX_FILTER_BITS = 1 << 19;

    /** Windows of such texts are in nearly every event, so a text is rather found by another one. */
    private static final String COMMON =
            "c:\\windows\\system32\\ c:\\program files (x86)\\microsoft c:\\users\\appdata\\local\\"
                    + "temp .exe powershell.exe cmd.exe /c rundll32.exe \\windowspowershell\\v1.0\\ c:\\programdata\\ .dll http:// https://"
                    + " /usr/bin/ /bin/sh -c /bin/bash /home/ /root/ /tmp/ /workspace/ python3 node_modules .com .ps1 --";

    private static final int COMMON_WEIGHT = 1000;

    private final int width;

    /** What of a rolled window is the window's. */
    private final int mask;

    /** All texts, one behind the other; texts with the same window are neighbours. */
    private final char[] characters;

    /** Two numbers by text: where it begins, and where its window is in it; one more text than there are. */
    private final int[] places;

    private final int[][] atoms;
    private final long[] filter;
    private final int filterShift;
    private final int slotShift;

    /** Two numbers by slot: the window, and its first text (upper half) and how many it has (lower half; 0: the slot is free). */
    private final long[] slots;

    /**
     * A table.
     *
     * @param width of the windows, 1 to 4; no text is shorter
     */
    GramTable(int width, Map<String, int[]> texts) {
        this.width = width;
        mask = width == 4 ? -1 : (1 << 8 * width) - 1;
        int count = texts.size();
        char[] unordered = String.join("", texts.keySet()).toCharArray();
        int[] starts = new int[count + 1];
        int at = 0;
        for (String text : texts.keySet()) {
            starts[at + 1] = starts[at] + text.length();
            at++;
        }
        int[] offsets = rarestWindows(unordered, starts);
        int size = Integer.highestOneBit(Math.max(8, count * 3)) << 1;
        int filterBits = Math.clamp((long) size * BITS_PER_WINDOW / 4, 64, MAX_FILTER_BITS);
        filter = new long[filterBits >>> 6];
        filterShift = Integer.numberOfLeadingZeros(filterBits) + 1;
        slotShift = Integer.numberOfLeadingZeros(size) + 1;
        slots = new long[2 * size];
        int[] slotOf = new int[count];
        for (int text = 0; text < count; text++) {
            int window = starts[text] + offsets[text];
            long gram = gram(unordered, window);
            int hash = hash(rolled(unordered, window));
            int bit = hash >>> filterShift;
            filter[bit >>> 6] |= 1L << bit;
            int slot = hash >>> slotShift;
            while (slots[2 * slot + 1] != 0 && slots[2 * slot] != gram) {
                slot = (slot + 1) & (size - 1);
            }
            slots[2 * slot] = gram;
            slots[2 * slot + 1]++;
            slotOf[text] = slot;
        }
        int[] next = new int[size];
        int first = 0;
        for (int slot = 0; slot < size; slot++) {
            next[slot] = first;
            int members = (int) slots[2 * slot + 1];
            slots[2 * slot + 1] |= (long) first << 32;
            first += members;
        }
        int[] order = new int[count];
        for (int text = 0; text < count; text++) {
            order[next[slotOf[text]]++] = text;
        }
        int[][] unorderedAtoms = texts.values().toArray(new int[0][]);
        characters = new char[unordered.length];
        places = new int[2 * count + 2];
        atoms = new int[count][];
        for (int text = 0; text < count; text++) {
            int from = order[text];
            int length = starts[from + 1] - starts[from];
            System.arraycopy(unordered, starts[from], characters, places[2 * text], length);
            places[2 * text + 1] = offsets[from];
            places[2 * text + 2] = places[2 * text] + length;
            atoms[text] = unorderedAtoms[from];
        }
    }

    /** By text: where in it the window begins that is seldom in the others. Windows are counted by their hashes, which is near enough. */
    private int[] rarestWindows(char[] characters, int[] starts) {
        int shift = Integer.numberOfLeadingZeros(Math.max(1, characters.length)) - 1;
        int[] frequency = new int[1 << (32 - shift)];
        for (int text = 0; text < starts.length - 1; text++) {
            for (int i = starts[text]; i + width <= starts[text + 1]; i++) {
                frequency[hash(rolled(characters, i)) >>> shift]++;
            }
        }
        char[] common = COMMON.toCharArray();
        for (int i = 0; i + width <= common.length; i++) {
            frequency[hash(rolled(common, i)) >>> shift] += COMMON_WEIGHT;
        }
        int[] rarest = new int[starts.length - 1];
        for (int text = 0; text < rarest.length; text++) {
            int best = Integer.MAX_VALUE;
            for (int i = starts[text]; i + width <= starts[text + 1]; i++) {
                int shared = frequency[hash(rolled(characters, i)) >>> shift];
                if (shared < best) {
                    best = shared;
                    rarest[text] = i - starts[text];
                }
            }
        }
        return rarest;
    }

    private long gram(char[] text, int from) {
        long gram = 0;
        for (int i = from; i < from + width; i++) {
            gram = gram << 16 | text[i];
        }
        return gram;
    }

    private int rolled(char[] text, int from) {
        int rolled = 0;
        for (int i = from; i < from + width; i++) {
            rolled = rolled << 8 ^ text[i];
        }
        return rolled & mask;
    }

    /** The upper bits depend on all of the window. */
    static int hash(int rolled) {
        return rolled * 0x9E3779B1;
    }

    /** Bits, one set for each window: that of its hash, shifted by {@link #filterShift}. */
    long[] filter() {
        return filter;
    }

    int filterShift() {
        return filterShift;
    }

    /** Calls back with the last two characters of each text's window; of a window of one, the first is 0. */
    void forEachWindow(LastTwo window) {
        for (int text = 0; text < atoms.length; text++) {
            int last = places[2 * text] + places[2 * text + 1] + width - 1;
            window.accept(width == 1 ? 0 : characters[last - 1], characters[last]);
        }
    }

    /** Takes the last two characters of a window. */
    interface LastTwo {
        void accept(char before, char last);
    }

    /** Puts all texts. */
    void addTo(Trie trie) {
        for (int text = 0; text < atoms.length; text++) {
            trie.add(new String(characters, places[2 * text], length(text)), atoms[text]);
        }
    }

    /**
     * Sets the atoms of the texts that are in the input with their window ending at a place.
     *
     * @param rolled the input's last characters, each rolled by 8 bits; what is before the window does not matter
     * @return comparisons of characters that were made
     */
    int found(char[] text, int length, int end, int rolled, AtomSink sink) {
        int start = end - width + 1;
        if (start < 0) {
            return 0;
        }
        long gram = gram(text, start);
        int slot = hash(rolled & mask) >>> slotShift;
        while (slots[2 * slot] != gram || (int) slots[2 * slot + 1] == 0) {
            if ((int) slots[2 * slot + 1] == 0) {
                return 0;
            }
            slot = (slot + 1) & (slots.length / 2 - 1);
        }
        int first = (int) (slots[2 * slot + 1] >>> 32);
        int behind = first + (int) slots[2 * slot + 1];
        int work = 0;
        for (int literal = first; literal < behind; literal++) {
            work += compare(text, length, start, literal, sink);
        }
        return work;
    }

    private int compare(char[] text, int length, int start, int literal, AtomSink sink) {
        int from = start - places[2 * literal + 1];
        int size = length(literal);
        if (from < 0 || from + size > length) {
            return 1;
        }
        int wanted = places[2 * literal];
        int mismatch = Arrays.mismatch(text, from, from + size, characters, wanted, wanted + size);
        if (mismatch < 0) {
            sink.set(atoms[literal]);
            return 1 + size;
        }
        return 1 + mismatch;
    }

    private int length(int literal) {
        return places[2 * literal + 2] - places[2 * literal];
    }
}
