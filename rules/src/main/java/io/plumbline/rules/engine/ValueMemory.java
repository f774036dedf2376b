package io.plumbline.rules.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which atoms the values hold that come again and again, such as executables, users and parents: found by the value as a whole,
 * instead of reading through it. Bounded: one of {@link #SLOTS} slots for a value, which the value takes when it comes twice with no
 * other newcomer to the slot between, so values that come once do not push out the others and cost nothing but their hash.
 * Never a reason for another answer, since a value's atoms depend on nothing else.
 */
final class ValueMemory implements AtomSink {
    /** Values that are remembered. */
    static final int SLOTS = 1024;

    /** Characters of the longest value that is remembered: the values of one matcher take at most half a MiB. */
    static final int MAX_LENGTH = 256;

    /** Atoms of the value that most are remembered of: those of one matcher take at most a quarter of a MiB. */
    private static final int MAX_ATOMS = 64;

    /** Room that is kept for the atoms of the value at hand. */
    private static final int MOST_TOLD = 4096;

    private final @Nullable String[] values = new String[SLOTS];
    private final int[] fields = new int[SLOTS];
    private final int[] @Nullable [] atoms = new int[SLOTS][];
    private final int[] newcomers = new int[SLOTS];
    private int[] told = new int[16];
    private int toldCount;
    private long remembered;
    private long read;

    /** The place of a value; negative for one that is too long to be remembered. */
    static int hash(int field, String value) {
        return value.length() > MAX_LENGTH ? -1 : ((value.hashCode() + field * 0x9E3779B1) * 0x85EBCA6B) >>> 1;
    }

    private static int slot(int hash) {
        return hash >>> 21;
    }

    /** The atoms of a value; null when they are not remembered. */
    int @Nullable [] atoms(int hash, int field, String value) {
        int slot = slot(hash);
        if (fields[slot] == field && value.equals(values[slot])) {
            remembered++;
            return atoms[slot];
        }
        read++;
        return null;
    }

    /** Whether a value should be remembered: the slot's last newcomer was the same. */
    boolean comesAgain(int hash) {
        int slot = slot(hash);
        if (newcomers[slot] == hash) {
            return true;
        }
        newcomers[slot] = hash;
        return false;
    }

    /** Takes the atoms that it was told since the last call, without repetition, as those of a value. */
    int[] remember(int hash, int field, String value) {
        Arrays.sort(told, 0, toldCount);
        int distinct = 0;
        for (int i = 0; i < toldCount; i++) {
            if (distinct == 0 || told[distinct - 1] != told[i]) {
                told[distinct++] = told[i];
            }
        }
        int[] found = Arrays.copyOf(told, distinct);
        toldCount = 0;
        if (told.length > MOST_TOLD) {
            told = new int[16];
        }
        if (distinct <= MAX_ATOMS) {
            int slot = slot(hash);
            fields[slot] = field;
            values[slot] = value;
            atoms[slot] = found;
        }
        return found;
    }

    @Override
    public void set(int[] more) {
        if (toldCount + more.length > told.length) {
            told = Arrays.copyOf(told, Integer.highestOneBit(toldCount + more.length) << 1);
        }
        System.arraycopy(more, 0, told, toldCount, more.length);
        toldCount += more.length;
    }

    /** Values that were found. */
    long remembered() {
        return remembered;
    }

    /** Values that had to be read through. */
    long read() {
        return read;
    }
}
