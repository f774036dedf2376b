package io.plumbline.watcher.judge;

import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Severity;

/**
 * What a judge found.
 *
 * @param kind {@code RULE} or {@code OFF_PLAN}
 * @param clause rule id, or the classifier's name
 * @param why one sentence for the analyst
 * @param riskAdded 0 to 100
 * @param soft true when it is no proof: all of these together add less than the first step of the ladder
 * @param consequence what follows beside the risk
 */
public record Finding(
        DeviationKind kind,
        Severity severity,
        String clause,
        String title,
        String why,
        int riskAdded,
        boolean soft,
        Consequence consequence,
        AlertDetail detail) {
    /** What follows from a finding; a later one is stricter. A call that nobody holds can only be told. */
    public enum Consequence {
        /** An alert. */
        TELL,
        /** No alert; the held call waits for a person. */
        ASK,
        /** An alert, and the held call waits for a person. */
        TELL_AND_ASK,
        /** No alert; the held call is refused. */
        REFUSE;

        /** Whether there is an alert. */
        public boolean tells() {
            return this == TELL || this == TELL_AND_ASK;
        }
    }

    public Finding {
        if (riskAdded < 0 || riskAdded > 100) {
            throw new IllegalArgumentException("riskAdded: " + riskAdded + " (expected: 0..100)");
        }
    }
}
