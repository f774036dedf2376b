package io.plumbline.rules.engine;

import java.util.BitSet;

/** Finds all of many texts in one pass; linear in the input whatever it is. */
final class AhoCorasick {
    private final Trie trie;
    private final int[] fail;

    /** The nearest state with an output on the way of fails; 0 for none. */
    private final int[] outputLink;

    AhoCorasick(Trie trie) {
        this.trie = trie;
        int states = trie.states();
        fail = new int[states];
        outputLink = new int[states];
        int[] parent = new int[states];
        char[] label = new char[states];
        trie.forEachEdge((from, c, to) -> {
            parent[to] = from;
            label[to] = c;
        });
        int[] depth = new int[states];
        // A state's number is greater than its parent's, so depths are known in one pass, and a counting sort gives the
        // order.
        int deepest = 0;
        for (int state = 1; state < states; state++) {
            depth[state] = depth[parent[state]] + 1;
            deepest = Math.max(deepest, depth[state]);
        }
        int[] starts = new int[deepest + 2];
        for (int state = 1; state < states; state++) {
            starts[depth[state] + 1]++;
        }
        for (int i = 1; i < starts.length; i++) {
            starts[i] += starts[i - 1];
        }
        int[] order = new int[states];
        for (int state = 1; state < states; state++) {
            order[starts[depth[state]]++] = state;
        }
        for (int i = 0; i < states - 1; i++) {
            int state = order[i];
            if (depth[state] > 1) {
                int next = -1;
                int from = parent[state];
                while (next < 0 && from != 0) {
                    from = fail[from];
                    next = trie.next(from, label[state]);
                }
                fail[state] = Math.max(next, 0);
            }
            outputLink[state] = trie.output(fail[state]) != null ? fail[state] : outputLink[fail[state]];
        }
    }

    void scan(char[] text, int length, AtomSink sink) {
        BitSet told = new BitSet();
        int state = 0;
        for (int i = 0; i < length; i++) {
            int next = trie.next(state, text[i]);
            while (next < 0 && state != 0) {
                state = fail[state];
                next = trie.next(state, text[i]);
            }
            state = Math.max(next, 0);
            for (int out = state; out != 0 && !told.get(out); out = outputLink[out]) {
                told.set(out);
                int[] atoms = trie.output(out);
                if (atoms != null) {
                    sink.set(atoms);
                }
            }
        }
    }
}
