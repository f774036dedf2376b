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
 */
public record Finding(
        DeviationKind kind, Severity severity, String clause, String title, String why, int riskAdded, boolean soft) {
    public Finding {
        if (riskAdded < 0 || riskAdded > 100) {
            throw new IllegalArgumentException("riskAdded: " + riskAdded + " (expected: 0..100)");
        }
    }
}
