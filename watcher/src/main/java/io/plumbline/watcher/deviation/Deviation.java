package io.plumbline.watcher.deviation;

import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.judge.Finding;

/**
 * One place where evidence and intent part.
 *
 * @param key what makes it the same deviation when it happens again; counted once
 * @param seen what the kernel or the proxy saw, one line
 * @param why why that does not fit, one sentence
 * @param clause the policy clause or rule that it breaks
 * @param call the announced call that explains the actor; empty when none does
 * @param riskAdded 0 to 100
 * @param taints true when nothing new may leave the sandbox after this
 */
public record Deviation(
        DeviationKind kind,
        Severity severity,
        String key,
        String title,
        String seen,
        String why,
        String clause,
        String call,
        int riskAdded,
        boolean taints) {

    /** A deviation that a rule or the classifier found. */
    public static Deviation found(Finding finding, String seen, String call) {
        return new Deviation(
                finding.kind(),
                finding.severity(),
                finding.clause() + "|" + call,
                finding.title(),
                seen,
                finding.why(),
                finding.clause(),
                call,
                finding.riskAdded(),
                finding.severity().getNumber() >= Severity.HIGH.getNumber());
    }
}
