package io.plumbline.rules.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A tree of characters; edges in one open-addressed table. State 0 is the root. */
final class Trie {
    private static final int NONE = -1;

    private long[] edges = new long[64];
    private int[] targets = new int[64];
    private int edgeCount;
    private int[] @Nullable [] outputs = new int[16][];
    private int states = 1;

    Trie() {
        Arrays.fill(targets, NONE);
    }

    int states() {
        return states;
    }

    /** Atoms that end at a state; null for none. */
    int @Nullable [] output(int state) {
        return outputs[state];
    }

    /** The state behind an edge, -1 when there is none. */
    int next(int state, char c) {
        long edge = ((long) state << 16) | c;
        int mask = targets.length - 1;
        int slot = slot(edge, mask);
        while (targets[slot] != NONE) {
            if (edges[slot] == edge) {
                return targets[slot];
            }
            slot = (slot + 1) & mask;
        }
        return NONE;
    }

    private static int slot(long edge, int mask) {
        return (int) ((edge * 0x9E3779B97F4A7C15L) >>> 33) & mask;
    }

    void add(CharSequence text, int[] atoms) {
        int state = 0;
        for (int i = 0; i < text.length(); i++) {
            int next = next(state, text.charAt(i));
            if (next == NONE) {
                next = states++;
                if (next == outputs.length) {
                    outputs = Arrays.copyOf(outputs, outputs.length * 2);
                }
                put(((long) state << 16) | text.charAt(i), next);
            }
            state = next;
        }
        outputs[state] = atoms;
    }

    private void put(long edge, int target) {
        if (++edgeCount * 2 > targets.length) {
            long[] oldEdges = edges;
            int[] oldTargets = targets;
            edges = new long[oldEdges.length * 2];
            targets = new int[edges.length];
            Arrays.fill(targets, NONE);
            for (int i = 0; i < oldTargets.length; i++) {
                if (oldTargets[i] != NONE) {
                    place(oldEdges[i], oldTargets[i]);
                }
            }
        }
        place(edge, target);
    }

    private void place(long edge, int target) {
        int mask = targets.length - 1;
        int slot = slot(edge, mask);
        while (targets[slot] != NONE) {
            slot = (slot + 1) & mask;
        }
        edges[slot] = edge;
        targets[slot] = target;
    }

    /** Calls back for each edge. */
    void forEachEdge(EdgeVisitor visitor) {
        for (int i = 0; i < targets.length; i++) {
            if (targets[i] != NONE) {
                visitor.edge((int) (edges[i] >>> 16), (char) edges[i], targets[i]);
            }
        }
    }

    /** Takes an edge. */
    interface EdgeVisitor {
        void edge(int from, char c, int to);
    }

    /** Sets the atoms of every prefix of the text. */
    void prefixes(char[] text, int length, AtomSink sink) {
        int state = 0;
        for (int i = 0; ; i++) {
            int[] atoms = outputs[state];
            if (atoms != null) {
                sink.set(atoms);
            }
            if (i == length) {
                return;
            }
            state = next(state, text[i]);
            if (state == NONE) {
                return;
            }
        }
    }

    /** Sets the atoms of every suffix of the text; the texts were added backwards. */
    void suffixes(char[] text, int length, AtomSink sink) {
        int state = 0;
        for (int i = length - 1; ; i--) {
            int[] atoms = outputs[state];
            if (atoms != null) {
                sink.set(atoms);
            }
            if (i < 0) {
                return;
            }
            state = next(state, text[i]);
            if (state == NONE) {
                return;
            }
        }
    }
}
