package io.plumbline.rules.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

    private final int width;
    private final char[][] literals;
    private final int[] offsets;
    private final int[][] atoms;
    private final long[] filter;
    private final int filterMask;
    private final long[] keys;
    private final int[] @Nullable [] buckets;

    /**
     * A table.
     *
     * @param width of the windows, 1 to 4; no text is shorter
     */
    GramTable(int width, Map<String, int[]> texts) {
        this.width = width;
        int count = texts.size();
        literals = new char[count][];
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
            literals[at] = text.toCharArray();
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
        filterMask = filterBits - 1;
        keys = new long[size];
        buckets = new int[size][];
        byGram.forEach((gram, members) -> {
            int hash = hash(gram);
            filter[(hash & filterMask) >>> 6] |= 1L << (hash & 63);
            int slot = hash & (size - 1);
            while (buckets[slot] != null) {
                slot = (slot + 1) & (size - 1);
            }
            keys[slot] = gram;
            buckets[slot] = members.stream().mapToInt(Integer::intValue).toArray();
        });
    }

    private long gram(String text, int from) {
        long gram = 0;
        for (int i = from; i < from + width; i++) {
            gram = gram << 16 | text.charAt(i);
        }
        return gram;
    }

    private static int hash(long gram) {
        return (int) ((gram * 0x9E3779B97F4A7C15L) >>> 32);
    }

    /**
     * Sets the atoms of all texts in the input.
     *
     * @param budget comparisons of characters that may be made
     * @return false when the budget was not enough, and something may be missing
     */
    boolean scan(char[] text, int length, long budget, AtomSink sink) {
        if (length < width) {
            return true;
        }
        long mask = width == 4 ? -1L : (1L << (16 * width)) - 1;
        long gram = 0;
        for (int i = 0; i < width - 1; i++) {
            gram = gram << 16 | text[i];
        }
        long left = budget;
        for (int i = width - 1; i < length; i++) {
            gram = (gram << 16 | text[i]) & mask;
            int hash = hash(gram);
            if ((filter[(hash & filterMask) >>> 6] & (1L << (hash & 63))) != 0) {
                left -= found(text, length, i - width + 1, gram, hash, sink);
                if (left < 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private long found(char[] text, int length, int start, long gram, int hash, AtomSink sink) {
        int size = buckets.length;
        int slot = hash & (size - 1);
        long work = 0;
        for (int[] bucket = buckets[slot]; bucket != null; bucket = buckets[slot]) {
            if (keys[slot] == gram) {
                for (int literal : bucket) {
                    work++;
                    int from = start - offsets[literal];
                    char[] wanted = literals[literal];
                    if (from >= 0 && from + wanted.length <= length && !sink.all(atoms[literal])) {
                        int mismatch = Arrays.mismatch(text, from, from + wanted.length, wanted, 0, wanted.length);
                        if (mismatch < 0) {
                            work += wanted.length;
                            sink.set(atoms[literal]);
                        } else {
                            work += mismatch;
                        }
                    }
                }
                return work;
            }
            slot = (slot + 1) & (size - 1);
        }
        return work;
    }
}
