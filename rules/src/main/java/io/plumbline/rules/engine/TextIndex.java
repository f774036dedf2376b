package io.plumbline.rules.engine;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All literal texts that the values of one field are tested for. Immutable. */
final class TextIndex {
    private final char[] @Nullable [] exactTexts;
    private final int[] @Nullable [] exactAtoms;
    private final long exactLengths;
    private final @Nullable Trie prefixes;
    private final @Nullable Trie suffixes;
    private final @Nullable Contained contained;

    private TextIndex(Builder builder) {
        int size = Integer.highestOneBit(Math.max(4, builder.exact.size() * 2)) << 1;
        exactTexts = new char[size][];
        exactAtoms = new int[size][];
        long lengths = 0;
        for (Map.Entry<String, int[]> entry : builder.exact.entrySet()) {
            char[] text = entry.getKey().toCharArray();
            lengths |= 1L << Math.min(63, text.length);
            int slot = hash(text, text.length) & (size - 1);
            while (exactTexts[slot] != null) {
                slot = (slot + 1) & (size - 1);
            }
            exactTexts[slot] = text;
            exactAtoms[slot] = entry.getValue();
        }
        exactLengths = lengths;
        prefixes = trie(builder.prefix, false);
        suffixes = trie(builder.suffix, true);
        contained = builder.contains.isEmpty() ? null : new Contained(builder.contains);
    }

    private static @Nullable Trie trie(Map<String, int[]> texts, boolean backwards) {
        if (texts.isEmpty()) {
            return null;
        }
        Trie trie = new Trie();
        texts.forEach((text, atoms) -> trie.add(backwards ? reversed(text) : text, atoms));
        return trie;
    }

    /** Code units backwards: surrogates change places, as they do when a text is read from its end. */
    private static String reversed(String text) {
        char[] units = new char[text.length()];
        for (int i = 0; i < units.length; i++) {
            units[i] = text.charAt(units.length - 1 - i);
        }
        return new String(units);
    }

    private static int hash(char[] text, int length) {
        int hash = length;
        for (int i = 0; i < length; i++) {
            hash = hash * 31 + text[i];
        }
        return hash ^ (hash >>> 15);
    }

    /** Sets the atoms that hold for a value. */
    void scan(char[] text, int length, AtomSink sink) {
        if ((exactLengths & (1L << Math.min(63, length))) != 0) {
            exact(text, length, sink);
        }
        if (prefixes != null) {
            prefixes.prefixes(text, length, sink);
        }
        if (suffixes != null) {
            suffixes.suffixes(text, length, sink);
        }
        if (contained != null) {
            contained.scan(text, length, sink);
        }
    }

    /** True when a value is looked up as a whole, and never read through. */
    boolean onlyExact() {
        return prefixes == null && suffixes == null && contained == null;
    }

    private void exact(char[] text, int length, AtomSink sink) {
        int mask = exactTexts.length - 1;
        int slot = hash(text, length) & mask;
        for (char[] candidate = exactTexts[slot]; candidate != null; candidate = exactTexts[slot]) {
            if (candidate.length == length && Arrays.equals(candidate, 0, length, text, 0, length)) {
                int[] atoms = exactAtoms[slot];
                if (atoms != null) {
                    sink.set(atoms);
                }
                return;
            }
            slot = (slot + 1) & mask;
        }
    }

    /** Collects texts. */
    static final class Builder {
        private final Map<String, int[]> exact = new LinkedHashMap<>();
        private final Map<String, int[]> prefix = new LinkedHashMap<>();
        private final Map<String, int[]> suffix = new LinkedHashMap<>();
        private final Map<String, int[]> contains = new LinkedHashMap<>();

        void exact(String text, int atom) {
            add(exact, text, atom);
        }

        /** The empty text is a prefix of every value. */
        void prefix(String text, int atom) {
            add(prefix, text, atom);
        }

        void suffix(String text, int atom) {
            add(suffix, text, atom);
        }

        void contains(String text, int atom) {
            add(contains, text, atom);
        }

        private static void add(Map<String, int[]> texts, String text, int atom) {
            int[] before = texts.get(text);
            if (before == null) {
                texts.put(text, new int[] {atom});
            } else if (before[before.length - 1] != atom) {
                int[] atoms = Arrays.copyOf(before, before.length + 1);
                atoms[before.length] = atom;
                texts.put(text, atoms);
            }
        }

        int size() {
            return exact.size() + prefix.size() + suffix.size() + contains.size();
        }

        void addAll(Builder other) {
            add(exact, other.exact);
            add(prefix, other.prefix);
            add(suffix, other.suffix);
            add(contains, other.contains);
        }

        private static void add(Map<String, int[]> texts, Map<String, int[]> more) {
            more.forEach((text, atoms) -> {
                for (int atom : atoms) {
                    add(texts, text, atom);
                }
            });
        }

        boolean isEmpty() {
            return exact.isEmpty() && prefix.isEmpty() && suffix.isEmpty() && contains.isEmpty();
        }

        TextIndex build() {
            return new TextIndex(this);
        }
    }
}
