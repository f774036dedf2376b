package io.plumbline.watcher.deviation;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.judge.AlertDetail;
import io.plumbline.watcher.judge.Finding;
import java.util.List;
import java.util.Optional;

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
 * @param scope the scope of policies that it is about
 * @param evidence ids of earlier events that it rests on, besides the one at hand
 * @param soft true when it is no proof: all of them together add less than the first step of the ladder
 * @param detail what its alert says beyond these texts
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
        boolean taints,
        Optional<Scope> scope,
        List<String> evidence,
        boolean soft,
        AlertDetail detail) {

    public Deviation {
        evidence = List.copyOf(evidence);
    }

    /** A proof that rests on the event at hand alone. */
    public Deviation(
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
        this(
                kind,
                severity,
                key,
                title,
                seen,
                why,
                clause,
                call,
                riskAdded,
                taints,
                Optional.empty(),
                List.of(),
                false,
                AlertDetail.NONE);
    }

    /** The same about a scope. */
    public Deviation about(Optional<Scope> named) {
        return new Deviation(
                kind, severity, key, title, seen, why, clause, call, riskAdded, taints, named, evidence, soft, detail);
    }

    /** The same, explained by a call. */
    public Deviation of(String explainingCall) {
        return new Deviation(
                kind,
                severity,
                key,
                title,
                seen,
                why,
                clause,
                explainingCall,
                riskAdded,
                taints,
                scope,
                evidence,
                soft,
                detail);
    }

    /** The same that rests on earlier events as well; empty ids are left out. */
    public Deviation restingOn(List<String> events) {
        List<String> ids =
                events.stream().filter(id -> !id.isEmpty()).distinct().toList();
        return new Deviation(
                kind, severity, key, title, seen, why, clause, call, riskAdded, taints, scope, ids, soft, detail);
    }

    /** The same as a finding that is no proof. */
    public Deviation softly() {
        return new Deviation(
                kind, severity, key, title, seen, why, clause, call, riskAdded, false, scope, evidence, true, detail);
    }

    /**
     * A deviation that a rule or the classifier found.
     *
     * @param act what makes it another deviation when the same is found again: the call that explains it, or the announced one
     */
    public static Deviation found(Finding finding, String act, String seen, String call) {
        return new Deviation(
                finding.kind(),
                finding.severity(),
                finding.clause() + "|" + act,
                finding.title(),
                seen,
                finding.why(),
                finding.clause(),
                call,
                finding.riskAdded(),
                !finding.soft() && finding.severity().getNumber() >= Severity.HIGH.getNumber(),
                Optional.empty(),
                List.of(),
                finding.soft(),
                finding.detail());
    }

    /**
     * The id of a deviation: the same whenever the same one of the same session is raised.
     *
     * @param key its kind and its {@link #key()}
     */
    public static String id(String tenant, String session, String key) {
        return EventIds.derived("deviation", tenant, session, key);
    }
}
