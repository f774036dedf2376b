package io.plumbline.rules.engine;

import java.nio.CharBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds texts by a window of a few characters in each: the window that fewest others share. One table look-up per character of
 * the input, comparison only where a window is found.
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

    private static final int NONE = -1;

    private final int width;

    /** What of a rolled window is the window's. */
    private final int mask;

    /** All texts, one behind the other, and by text: where it begins, and where its window is in it. */
    private final char[] characters;

    private final int[] starts;
    private final int[] offsets;
    private final int[][] atoms;
    private final long[] filter;
    private final int filterShift;
    private final int slotShift;
    private final long[] keys;

    /** By slot: the first of the texts with its window in {@link #members}; -1: none. */
    private final int[] buckets;

    /** Texts of one window, one behind the other; the last one of a window as its complement. */
    private final int[] members;

    /**
     * A table.
     *
     * @param width of the windows, 1 to 4; no text is shorter
     */
    GramTable(int width, Map<String, int[]> texts) {
        this.width = width;
        mask = width == 4 ? -1 : (1 << 8 * width) - 1;
        int count = texts.size();
        characters = String.join("", texts.keySet()).toCharArray();
        starts = new int[count + 1];
        offsets = new int[count];
        atoms = new int[count][];
        Map<Long, Integer> frequency = new HashMap<>();
        for (String text : texts.keySet()) {
            for (int i = 0; i + width <= text.length(); i++) {
                frequency.merge(gram(text, i), 1, Integer::sum);
            }
        }
        for (int i = 0; i + width <= COMMON.length(); i++) {
            frequency.merge(gram(COMMON, i), COMMON_WEIGHT, Integer::sum);
        }
        Map<Long, List<Integer>> byGram = new HashMap<>();
        int at = 0;
        for (Map.Entry<String, int[]> entry : texts.entrySet()) {
            String text = entry.getKey();
            starts[at + 1] = starts[at] + text.length();
            atoms[at] = entry.getValue();
            int best = Integer.MAX_VALUE;
            for (int i = 0; i + width <= text.length(); i++) {
                int shared = frequency.getOrDefault(gram(text, i), 0);
                if (shared < best) {
                    best = shared;
                    offsets[at] = i;
                }
            }
            byGram.computeIfAbsent(gram(text, offsets[at]), ignored -> new ArrayList<>())
                    .add(at);
            at++;
        }
        int size = Integer.highestOneBit(Math.max(8, byGram.size() * 3)) << 1;
        int filterBits = Math.clamp((long) size * BITS_PER_WINDOW / 4, 64, MAX_FILTER_BITS);
        filter = new long[filterBits >>> 6];
        filterShift = Integer.numberOfLeadingZeros(filterBits) + 1;
        slotShift = Integer.numberOfLeadingZeros(size) + 1;
        keys = new long[size];
        buckets = new int[size];
        Arrays.fill(buckets, NONE);
        members = new int[count];
        int member = 0;
        for (Map.Entry<Long, List<Integer>> bucket : byGram.entrySet()) {
            long gram = bucket.getKey();
            int first = bucket.getValue().getFirst();
            int hash = hash(CharBuffer.wrap(characters), starts[first] + offsets[first]);
            int bit = hash >>> filterShift;
            filter[bit >>> 6] |= 1L << bit;
            int slot = hash >>> slotShift;
            while (buckets[slot] != NONE) {
                slot = (slot + 1) & (size - 1);
            }
            keys[slot] = gram;
            buckets[slot] = member;
            for (int literal : bucket.getValue()) {
                members[member++] = literal;
            }
            members[member - 1] = ~members[member - 1];
        }
    }

    private long gram(CharSequence text, int from) {
        long gram = 0;
        for (int i = from; i < from + width; i++) {
            gram = gram << 16 | text.charAt(i);
        }
        return gram;
    }

    private int hash(CharSequence text, int from) {
        int rolled = 0;
        for (int i = from; i < from + width; i++) {
            rolled = rolled << 8 ^ text.charAt(i);
        }
        return hash(rolled & mask);
    }

    /** The upper bits depend on all of the window. */
    private static int hash(int rolled) {
        return rolled * 0x9E3779B1;
    }

    /**
     * Sets the atoms of all texts in the input. A window's characters are rolled into an int, which forgets those before it.
     *
     * @param budget comparisons of characters that may be made
     * @return false when the budget was not enough, and something may be missing
     */
    boolean scan(char[] text, int length, long budget, AtomSink sink) {
        long left = budget;
        int rolled = 0;
        for (int i = 0; i < Math.min(width - 1, length); i++) {
            rolled = rolled << 8 ^ text[i];
        }
        for (int i = width - 1; i < length; i++) {
            rolled = rolled << 8 ^ text[i];
            int hash = hash(rolled & mask);
            int bit = hash >>> filterShift;
            if ((filter[bit >>> 6] & (1L << bit)) != 0) {
                left -= found(text, length, i - width + 1, hash, sink);
                if (left < 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private long found(char[] text, int length, int start, int hash, AtomSink sink) {
        long gram = 0;
        for (int i = start; i < start + width; i++) {
            gram = gram << 16 | text[i];
        }
        int slot = hash >>> slotShift;
        while (keys[slot] != gram || buckets[slot] == NONE) {
            if (buckets[slot] == NONE) {
                return 0;
            }
            slot = (slot + 1) & (keys.length - 1);
        }
        long work = 0;
        for (int at = buckets[slot]; ; at++) {
            boolean last = members[at] < 0;
            work += compare(text, length, start, last ? ~members[at] : members[at], sink);
            if (last) {
                return work;
            }
        }
    }

    private long compare(char[] text, int length, int start, int literal, AtomSink sink) {
        int from = start - offsets[literal];
        int wanted = starts[literal];
        int size = starts[literal + 1] - wanted;
        if (from < 0 || from + size > length || sink.all(atoms[literal])) {
            return 1;
        }
        int mismatch = Arrays.mismatch(text, from, from + size, characters, wanted, wanted + size);
        if (mismatch < 0) {
            sink.set(atoms[literal]);
            return 1L + size;
        }
        return 1L + mismatch;
    }
}
