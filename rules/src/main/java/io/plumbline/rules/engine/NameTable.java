package io.plumbline.rules.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names of fields and their numbers, in the order of a list. Immutable; a name that is the same object is found without a look at its text. */
final class NameTable {
    private final @Nullable String[] names;
    private final int[] numbers;
    private final int size;

    NameTable(List<String> all) {
        size = all.size();
        names = new String[Integer.highestOneBit(Math.max(4, size * 2)) << 1];
        numbers = new int[names.length];
        for (int i = 0; i < size; i++) {
            int slot = slot(all.get(i), names.length - 1);
            while (names[slot] != null) {
                slot = (slot + 1) & (names.length - 1);
            }
            // Parsers give names as one object each, too.
            names[slot] = all.get(i).intern();
            numbers[slot] = i;
        }
    }

    int size() {
        return size;
    }

    /** The name's number; -1: it is not among them. */
    int number(String name) {
        int mask = names.length - 1;
        for (int slot = slot(name, mask); ; slot = (slot + 1) & mask) {
            String candidate = names[slot];
            if (candidate == null) {
                return -1;
            }
            if (candidate == name || candidate.equals(name)) {
                return numbers[slot];
            }
        }
    }

    static int slot(String name, int mask) {
        int hash = name.hashCode();
        return (hash ^ hash >>> 15) & mask;
    }
}
