package io.plumbline.events.evidence;

import java.util.ArrayList;
import java.util.List;

/**
 * What became of checking a bundle.
 *
 * @param findings what is wrong, one sentence each; empty: nothing
 * @param notes what was not checked, and what the bundle itself says is missing
 * @param records records of all logs that were read
 * @param chains one for each log, in the order of the bundle
 */
public record Verification(
        List<String> findings, List<String> notes, String tenant, String session, long records, List<Chain> chains) {
    /**
     * The records of a topic, each bound to the one before.
     *
     * @param head SHA-256 of the last link, 64 hex digits; that of no record when there is none
     */
    public record Chain(String topic, long links, String head) {}

    public Verification {
        findings = List.copyOf(findings);
        notes = List.copyOf(notes);
        chains = List.copyOf(chains);
    }

    public boolean isIntact() {
        return findings.isEmpty();
    }

    /** Collects sentences, a bounded number of them. */
    static final class Sentences {
        private static final int MAX = 100;

        private final List<String> sentences = new ArrayList<>();
        private long more;

        void add(String sentence) {
            if (sentences.size() < MAX) {
                sentences.add(sentence);
            } else {
                more++;
            }
        }

        List<String> all() {
            List<String> all = new ArrayList<>(sentences);
            if (more > 0) {
                all.add(more + " more");
            }
            return all;
        }
    }
}
