package io.plumbline.console.orders;

import com.google.protobuf.ByteString;
import io.plumbline.console.orders.Outcome.Refusal;
import io.plumbline.console.orders.Outcome.Refused;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.policy.PolicyHistory;
import io.plumbline.console.policy.Tightening;
import io.plumbline.console.search.ApprovalRow;
import io.plumbline.console.search.CauseRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.SuppressionRow;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.activation.ActivationException;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.v1.Activation;
import io.plumbline.events.v1.ActivationProposed;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.Suppression;
import io.plumbline.events.v1.SuppressionEnded;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.events.v1.TriageNoted;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a person may order: the one place that asks {@link Permission}. Every order needs a reason, names who gave it, and is refused for
 * a session, alert or approval that the tenant does not have.
 */
public final class Orders {
    /** Deviations that one thaw accepts. */
    private static final int MAX_ACCEPTED = 50;

    /** Longest reason, characters. */
    public static final int MAX_REASON = 2_000;

    private final ControlEvents events;
    private final Search search;
    private final Optional<SigningKey> policyKey;

    /** @param policyKey signs revised policies; without one policies cannot be revised here */
    public Orders(ControlEvents events, Search search, Optional<SigningKey> policyKey) {
        this.events = events;
        this.search = search;
        this.policyKey = policyKey;
    }

    /** What can be done to a session. */
    public enum Act {
        FREEZE(Permission.FREEZE),
        THAW(Permission.THAW),
        KILL(Permission.KILL);

        private final Permission permission;

        Act(Permission permission) {
            this.permission = permission;
        }

        /** What somebody needs who orders it. */
        public Permission permission() {
            return permission;
        }
    }

    public Outcome order(Act act, String session, String reason, Person by) {
        return order(act, session, reason, by, List.of());
    }

    /** @param accepted of a thaw: deviations that count nothing when they are found again, by the ids that their alerts name */
    public Outcome order(Act act, String session, String reason, Person by, List<String> accepted) {
        Optional<Outcome> wrong = refused(by, act.permission, reason);
        if (wrong.isPresent()) {
            return wrong.get();
        }
        for (String deviation : accepted) {
            if (act != Act.THAW || !deviation.matches("[0-9a-f]{32}") || accepted.size() > MAX_ACCEPTED) {
                return new Refused(
                        Refusal.WORD,
                        "accept: expected at most " + MAX_ACCEPTED
                                + " ids of deviations, 32 hex digits each, with a thaw.");
            }
        }
        if (search.session(session).isEmpty()) {
            return new Refused(Refusal.UNKNOWN, "There is no such session.");
        }
        Event.Builder event = events.about(session);
        switch (act) {
            case FREEZE ->
                event.setFreezeOrdered(
                        FreezeOrdered.newBuilder().setReason(reason.strip()).setOrderedBy(by.name()));
            case THAW ->
                event.setThawOrdered(ThawOrdered.newBuilder()
                        .setReason(reason.strip())
                        .setOrderedBy(by.name())
                        .addAllAccepted(accepted));
            case KILL ->
                event.setKillOrdered(
                        KillOrdered.newBuilder().setReason(reason.strip()).setOrderedBy(by.name()));
        }
        return events.append(event);
    }

    /**
     * Orders the next revision of a session's policy. The session's host checks the signature and confirms or refuses it.
     *
     * @param yaml the whole policy, not what changes
     */
    public Outcome revise(String session, String yaml, String reason, Person by) {
        return revise(session, OptionalLong.empty(), yaml, reason, by);
    }

    /**
     * Likewise, unless another revision has come into force since; the host holds it to the same.
     *
     * @param seen the revision that the policy was made from
     */
    public Outcome reviseFrom(long seen, String session, String yaml, String reason, Person by) {
        return revise(session, OptionalLong.of(seen), yaml, reason, by);
    }

    private Outcome revise(String session, OptionalLong seen, String yaml, String reason, Person by) {
        Optional<Outcome> wrong = refused(by, Permission.TIGHTEN_POLICY, reason);
        if (wrong.isPresent()) {
            return wrong.get();
        }
        Optional<SessionSummary> known = search.session(session);
        if (known.isEmpty()) {
            return new Refused(Refusal.UNKNOWN, "There is no such session.");
        }
        if (known.get().isOver()) {
            return new Refused(Refusal.NOT_PENDING, "The session has ended.");
        }
        if (seen.isPresent() && seen.getAsLong() != known.get().policyRevision()) {
            return new Refused(
                    Refusal.STALE,
                    "The policy in force is r" + known.get().policyRevision() + " (expected: r" + seen.getAsLong()
                            + ", which this one was made from). Open it again.");
        }
        if (policyKey.isEmpty() || known.get().host().equals("direct")) {
            return new Refused(
                    Refusal.UNSIGNED,
                    policyKey.isEmpty()
                            ? "This console has no key to sign policies with."
                            : "The session runs outside our sandboxes; nobody would confirm a policy.");
        }
        if (!by.may(Permission.REVISE_POLICY) && !tightens(known.get(), yaml)) {
            return new Refused(
                    Refusal.NOT_ALLOWED,
                    Permission.REVISE_POLICY.refusal()
                            + " This text is not known to be tighter than what is in force.");
        }
        try {
            PolicyParser.parse(yaml);
            PolicyStatement statement = PolicyStatement.newBuilder()
                    .setTenant(events.tenant())
                    .setSession(session)
                    .setRevision(Math.toIntExact(known.get().policyRevision() + 1))
                    .setPolicyYaml(yaml)
                    .build();
            return events.append(events.about(session)
                    .setPolicyRevised(PolicyRevised.newBuilder()
                            .setSigned(policyKey.get().sign(statement))
                            .setRevisedBy(by.name())
                            .setReason(reason.strip())));
        } catch (PolicyException e) {
            return new Refused(Refusal.POLICY, String.valueOf(e.getMessage()));
        }
    }

    /** Whether nothing of it is wider than what the session's host has confirmed; what is not known is no proof. */
    private boolean tightens(SessionSummary session, String yaml) {
        return PolicyHistory.read(search, session.session())
                .inForce()
                // An older revision may be wider than the one that this one follows.
                .filter(revision -> revision.number() == session.policyRevision())
                .flatMap(PolicyHistory.Revision::inForce)
                .filter(policy -> Tightening.of(policy, yaml).tightensOnly())
                .isPresent();
    }

    /**
     * Orders that a rule set or a model judges, is tried in the shadow, or gives way to the one before. The watch job checks it again and
     * answers with an {@code ActivationAnswered}.
     *
     * @param statement what is to be signed, without tenant and time
     * @param content zlib of the content; empty when there is none
     */
    public Outcome activate(ActivationStatement statement, ByteString content, String reason, Person by) {
        return activate(statement, content, reason, by, by.name());
    }

    /**
     * Likewise, by a person who confirms what another one has proposed.
     *
     * @param proposedBy as the log has it
     */
    public Outcome confirm(
            ActivationStatement statement, ByteString content, String reason, Person by, String proposedBy) {
        return activate(statement, content, reason, by, proposedBy + " and " + by.name());
    }

    private Outcome activate(
            ActivationStatement statement, ByteString content, String reason, Person by, String names) {
        Optional<Outcome> wrong = refused(by, Permission.CHANGE_RULES, reason);
        if (wrong.isPresent()) {
            return wrong.get();
        }
        try {
            check(statement, content);
            Event.Builder event = events.about("");
            ActivationStatement whole = statement.toBuilder()
                    .setTenant(events.tenant())
                    .setIssuedNs(event.getEventTimeNs())
                    .build();
            Event.Builder order = ActivationOrder.order(whole, content, names, reason.strip(), policyKey);
            return events.append(event.mergeFrom(order.buildPartial()));
        } catch (ActivationException | PolicyException e) {
            return new Refused(Refusal.CONTENT, String.valueOf(e.getMessage()));
        }
    }

    /** Writes down an activation that a second person has to confirm; nothing changes by it. */
    public Outcome propose(ActivationStatement statement, ByteString content, String reason, Person by) {
        Optional<Outcome> wrong = refused(by, Permission.CHANGE_RULES, reason);
        if (wrong.isPresent()) {
            return wrong.get();
        }
        try {
            check(statement, content);
            return events.append(events.about("")
                    .setActivationProposed(ActivationProposed.newBuilder()
                            .setActivation(Activation.newBuilder()
                                    .setStatement(statement.toByteString())
                                    .setContent(content)
                                    .setActivatedBy(by.name())
                                    .setReason(reason.strip()))));
        } catch (ActivationException e) {
            return new Refused(Refusal.CONTENT, String.valueOf(e.getMessage()));
        }
    }

    private static void check(ActivationStatement statement, ByteString content) throws ActivationException {
        if (!content.isEmpty() || statement.getSize() != 0) {
            ActivationContent.expand(content, statement.getSize(), statement.getSha256());
        }
    }

    /**
     * @param seenSha256 hash of the bytes that the person looked at; must be the hash that the approval was asked for
     */
    public Outcome decide(String approval, ApprovalAnswer answer, String seenSha256, Person by) {
        Optional<Outcome> wrong = refused(by, Permission.DECIDE_APPROVALS, answer.reason());
        if (wrong.isPresent()) {
            return wrong.get();
        }
        Optional<ApprovalRow> row = search.approval(approval);
        if (row.isEmpty()) {
            return new Refused(Refusal.UNKNOWN, "There is no such approval.");
        }
        if (!row.get().isPending(events.now())) {
            return new Refused(Refusal.NOT_PENDING, "The approval is no longer pending.");
        }
        if (!row.get().subjectSha256().equals(seenSha256)) {
            return new Refused(Refusal.HASH, "The hash is not that of what would run.");
        }
        Optional<Outcome> objection = answer.objection(row.get(), by.name());
        if (objection.isPresent()) {
            return objection.get();
        }
        return events.append(events.about(row.get().session())
                .setApprovalDecided(ApprovalDecided.newBuilder()
                        .setApproval(approval)
                        .setApproved(answer.approved())
                        .setDecidedBy(by.name())
                        .setReason(answer.reason().strip())
                        .setSessionSeconds(Math.toIntExact(answer.session().toSeconds()))
                        .setSubjectSha256(seenSha256)));
    }

    /**
     * Writes what a person decided about a cause. Whether it counts is told by the cause's record.
     *
     * @param cause as the person saw it: its version and its newest alert go into the order
     */
    public Outcome triage(CauseRow cause, TriageDecision decision, Person by) {
        Optional<Outcome> wrong = notAllowed(by, Permission.TRIAGE).or(() -> decision.objection(events.now()));
        if (wrong.isPresent()) {
            return wrong.get();
        }
        if (search.cause(cause.session(), cause.cause()).isEmpty()) {
            // One that was told from its verdict is on the screen before it is there.
            return new Refused(
                    Refusal.UNKNOWN, "The search copy does not have this alert yet; decide again in a moment.");
        }
        TriageNoted.Builder noted = TriageNoted.newBuilder()
                .setAlert(cause.alert())
                .setCause(cause.cause())
                .setVersion((int) cause.version())
                .setCoversUntilNs(ControlEvents.nanoseconds(cause.last()))
                .setVerdict(decision.word())
                .setNote(decision.note().strip())
                .setReasonCode(decision.reasonCode())
                .setAssignee(decision.assignee().orElse(""))
                .setNotedBy(by.name());
        decision.suppressedUntil()
                .ifPresent(end -> noted.setSuppression(Suppression.newBuilder()
                        .setOwner(by.name())
                        .setScope("cause")
                        .setExpiresNs(ControlEvents.nanoseconds(end))));
        return events.append(events.about(cause.session()).setTriageNoted(noted));
    }

    /** Writes a suppression for the whole tenant. Whether it counts is told by its record. */
    public Outcome suppress(TenantSuppression suppression, Person by) {
        Optional<Outcome> wrong = notAllowed(by, Permission.TRIAGE).or(() -> suppression.objection(events.now()));
        return wrong.orElseGet(
                () -> events.append(events.about("").setSuppressionOrdered(suppression.order(by.name()))));
    }

    /**
     * Ends a suppression of the whole tenant. Of two ends the first one counts.
     *
     * @param id of its order
     */
    public Outcome endSuppression(String id, String reason, Person by) {
        Optional<Outcome> wrong = refused(by, Permission.TRIAGE, reason);
        if (wrong.isPresent()) {
            return wrong.get();
        }
        Optional<SuppressionRow> known = search.suppression(id);
        if (known.isEmpty()) {
            return new Refused(Refusal.UNKNOWN, "There is no such suppression.");
        }
        if (!known.get().isInForce(events.now())) {
            return new Refused(
                    Refusal.STALE, "The suppression is " + known.get().state(events.now()) + " (expected: in force).");
        }
        return events.append(events.about("")
                .setSuppressionEnded(SuppressionEnded.newBuilder()
                        .setSuppression(id)
                        .setEndedBy(by.name())
                        .setReason(reason.strip())));
    }

    private static Optional<Outcome> notAllowed(Person by, Permission needed) {
        return by.may(needed) ? Optional.empty() : Optional.of(new Refused(Refusal.NOT_ALLOWED, needed.refusal()));
    }

    private static Optional<Outcome> refused(Person by, Permission needed, String reason) {
        return notAllowed(by, needed).or(() -> wrongReason(reason));
    }

    /** Why it is no reason; empty: it is one. */
    public static Optional<Outcome> wrongReason(String reason) {
        if (reason.isBlank()) {
            return Optional.of(new Refused(Refusal.REASON, "A reason is required."));
        }
        if (reason.length() > MAX_REASON) {
            return Optional.of(new Refused(Refusal.REASON, "The reason is longer than " + MAX_REASON + " characters."));
        }
        return Optional.empty();
    }
}
