package io.plumbline.jobs.index;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.PolicyRefused;
import io.plumbline.events.v1.TaskPolicy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the index job knows of one session. Serialised as JSON ({@link SessionStateSerializer}), so a component that an older state
 * lacks arrives as null or 0 and is replaced by its empty value here.
 *
 * @param alerts by id, in the order of their arrival, at most {@link #MAX_ALERTS}
 * @param causes what alerts say, by {@code AlertRaised.deviation} or the alert's id, at most {@link #MAX_CAUSES}
 * @param approvals approvals by id, at most {@link #MAX_APPROVALS}
 * @param daemon what the host's daemon says of itself
 * @param plan the items of the plan in force, at most {@link #MAX_PLAN_ITEMS}
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record SessionState(
        Identity identity,
        Agent agent,
        Task task,
        Lifecycle lifecycle,
        Risk risk,
        Span span,
        Seen seen,
        Map<String, Alert> alerts,
        Map<String, Cause> causes,
        Map<String, Approval> approvals,
        List<PlanStep> plan,
        Daemon daemon) {
    /**
     * How long a silent session is remembered. An event after that finds no state, so the document would be overwritten with less:
     * long enough for late triage.
     */
    static final Duration RETENTION = Duration.ofDays(30);

    static final int MAX_ALERTS = 2_000;
    static final int MAX_CAUSES = 1_000;
    static final int MAX_APPROVALS = 500;
    static final int MAX_PLAN_ITEMS = 100;

    /** States in which nothing can happen in a session any more. */
    static final Set<String> OVER = Set.of("killed", "exited", "failed");

    static final SessionState EMPTY = new SessionState(
            Identity.EMPTY,
            Agent.EMPTY,
            Task.EMPTY,
            Lifecycle.EMPTY,
            Risk.EMPTY,
            Span.EMPTY,
            Seen.EMPTY,
            Map.of(),
            Map.of(),
            Map.of(),
            List.of(),
            Daemon.EMPTY);

    SessionState {
        identity = Objects.requireNonNullElse(identity, Identity.EMPTY);
        agent = Objects.requireNonNullElse(agent, Agent.EMPTY);
        task = Objects.requireNonNullElse(task, Task.EMPTY);
        lifecycle = Objects.requireNonNullElse(lifecycle, Lifecycle.EMPTY);
        risk = Objects.requireNonNullElse(risk, Risk.EMPTY);
        span = Objects.requireNonNullElse(span, Span.EMPTY);
        seen = Objects.requireNonNullElse(seen, Seen.EMPTY);
        alerts = Objects.requireNonNullElse(alerts, Map.of());
        causes = Objects.requireNonNullElse(causes, Map.of());
        approvals = Objects.requireNonNullElse(approvals, Map.of());
        plan = Objects.requireNonNullElse(plan, List.of());
        daemon = Objects.requireNonNullElse(daemon, Daemon.EMPTY);
    }

    Cause cause(String id) {
        return causes.getOrDefault(id, Cause.UNKNOWN);
    }

    SessionState with(Identity changed) {
        return new SessionState(
                changed, agent, task, lifecycle, risk, span, seen, alerts, causes, approvals, plan, daemon);
    }

    SessionState with(Agent changed) {
        return new SessionState(
                identity, changed, task, lifecycle, risk, span, seen, alerts, causes, approvals, plan, daemon);
    }

    SessionState with(Task changed) {
        return new SessionState(
                identity, agent, changed, lifecycle, risk, span, seen, alerts, causes, approvals, plan, daemon);
    }

    SessionState with(Lifecycle changed) {
        return new SessionState(
                identity, agent, task, changed, risk, span, seen, alerts, causes, approvals, plan, daemon);
    }

    SessionState with(Risk changed) {
        return new SessionState(
                identity, agent, task, lifecycle, changed, span, seen, alerts, causes, approvals, plan, daemon);
    }

    SessionState with(Span changed) {
        return new SessionState(
                identity, agent, task, lifecycle, risk, changed, seen, alerts, causes, approvals, plan, daemon);
    }

    SessionState with(Seen changed) {
        return new SessionState(
                identity, agent, task, lifecycle, risk, span, changed, alerts, causes, approvals, plan, daemon);
    }

    SessionState with(Daemon changed) {
        return new SessionState(
                identity, agent, task, lifecycle, risk, span, seen, alerts, causes, approvals, plan, changed);
    }

    SessionState with(List<PlanStep> changed) {
        List<PlanStep> bounded = changed.size() > MAX_PLAN_ITEMS ? changed.subList(0, MAX_PLAN_ITEMS) : changed;
        return new SessionState(
                identity,
                agent,
                task,
                lifecycle,
                risk,
                span,
                seen,
                alerts,
                causes,
                approvals,
                List.copyOf(bounded),
                daemon);
    }

    SessionState withAlert(String id, Alert alert) {
        return new SessionState(
                identity,
                agent,
                task,
                lifecycle,
                risk,
                span,
                seen,
                put(alerts, id, alert, MAX_ALERTS),
                causes,
                approvals,
                plan,
                daemon);
    }

    SessionState withCause(String id, Cause cause) {
        return new SessionState(
                identity,
                agent,
                task,
                lifecycle,
                risk,
                span,
                seen,
                alerts,
                put(causes, id, cause, MAX_CAUSES),
                approvals,
                plan,
                daemon);
    }

    SessionState withApproval(String id, Approval approval) {
        return new SessionState(
                identity,
                agent,
                task,
                lifecycle,
                risk,
                span,
                seen,
                alerts,
                causes,
                put(approvals, id, approval, MAX_APPROVALS),
                plan,
                daemon);
    }

    private static <V> Map<String, V> put(Map<String, V> map, String key, V value, int limit) {
        Map<String, V> changed = new LinkedHashMap<>(map);
        changed.put(key, value);
        if (changed.size() > limit) {
            changed.remove(changed.keySet().iterator().next());
        }
        return changed;
    }

    record Identity(String tenant, String session, String host) {
        static final Identity EMPTY = new Identity("", "", "");
    }

    /** @param spoolLimit bytes; 0 in a state without a heartbeat that tells it */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Daemon(String version, long spoolBytes, long spoolLimit) {
        static final Daemon EMPTY = new Daemon("", 0, 0);

        Daemon {
            version = Objects.requireNonNullElse(version, "");
        }
    }

    record Agent(String name, String version, String model, String session, String declaredSandbox) {
        static final Agent EMPTY = new Agent("", "", "", "", "");
    }

    /**
     * Thresholds are risks, 0 to 100; 0 when no task was assigned.
     *
     * @param refused why the host did not take over the newest revision that was ordered; null after it took one over
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Task(
            String text,
            String workspace,
            String assignedBy,
            String policy,
            long revision,
            boolean confirmed,
            long alertAt,
            long askAt,
            long freezeAt,
            @Nullable Refused refused) {
        static final Task EMPTY = new Task("", "", "", "", 0, false, 0, 0, 0, null);

        Task under(TaskPolicy inForce) {
            return new Task(
                    text,
                    workspace,
                    assignedBy,
                    inForce.getName(),
                    inForce.getRevision(),
                    true,
                    inForce.getAlertAt(),
                    inForce.getAskAt(),
                    inForce.getFreezeAt(),
                    null);
        }

        Task confirmedAs(String name, long confirmedRevision) {
            return new Task(text, workspace, assignedBy, name, confirmedRevision, true, alertAt, askAt, freezeAt, null);
        }

        Task refusing(PolicyRefused refusal) {
            return new Task(
                    text,
                    workspace,
                    assignedBy,
                    policy,
                    revision,
                    confirmed,
                    alertAt,
                    askAt,
                    freezeAt,
                    new Refused(refusal.getRevision(), refusal.getReason(), refusal.getOrder()));
        }
    }

    /** @param order id of the person's order */
    record Refused(long revision, String reason, String order) {}

    /**
     * @param latencyNs nanoseconds from what caused the confirmed state to the state; negative when it was not measured
     * @param requestedOrder a person's order that the runtime has not confirmed yet, null when there is none
     * @param issuedOrder the watcher's order to the host that the runtime has not confirmed yet, null when there is none
     * @param latestOrder the newest order of the watcher, kept to tell who ordered the state in force
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Lifecycle(
            String state,
            long sinceNs,
            String reason,
            String order,
            long latencyNs,
            long exitCode,
            String runtime,
            String mechanism,
            boolean degraded,
            @Nullable Order requestedOrder,
            @Nullable Order issuedOrder,
            @Nullable Order latestOrder) {
        static final Lifecycle EMPTY = new Lifecycle("unknown", 0, "", "", -1, 0, "", "", false, null, null, null);

        Optional<Order> requested() {
            return Optional.ofNullable(requestedOrder);
        }

        Optional<Order> ordered() {
            return Optional.ofNullable(issuedOrder);
        }

        Optional<Order> lastOrder() {
            return Optional.ofNullable(latestOrder);
        }

        /** The order that the host has answered and not carried out; {@link #reason} is its answer. */
        Optional<Order> refused() {
            return lastOrder().filter(last -> last.id().equals(order) && !last.leadsTo(state));
        }
    }

    /** @param action freeze, thaw, kill */
    record Order(String action, String id, String by, String reason, long atNs, String cause) {
        /** Whether a session in this state has nothing left to do for the order. */
        boolean leadsTo(String state) {
            return OVER.contains(state)
                    || switch (action) {
                        case "freeze" -> state.equals("frozen");
                        case "thaw" -> state.equals("running");
                        default -> false;
                    };
        }
    }

    /** @param step the rung of the response ladder: log, alert, ask, freeze, kill */
    record Risk(long total, String step, int highestSeverity) {
        static final Risk EMPTY = new Risk(0, "", 0);
    }

    record Span(long startedNs, long lastNs, long endedNs, String endReason) {
        static final Span EMPTY = new Span(0, 0, 0, "");
    }

    /**
     * Counts. {@code missing} is the number of sequence numbers that were skipped, {@code dropped} what the sandbox runtime says
     * that it lost.
     */
    record Seen(
            long events,
            long claims,
            long evidence,
            long lastClaimsSeq,
            long lastEvidenceSeq,
            long missing,
            long dropped,
            long alerts) {
        static final Seen EMPTY = new Seen(0, 0, 0, 0, 0, 0, 0, 0);
    }

    /**
     * @param atNs when it was raised, nanoseconds since the epoch
     * @param severity 1 to 5; 0 in a state that an older build wrote
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Alert(String cause, long atNs, int severity) {
        Alert {
            cause = Objects.requireNonNullElse(cause, "");
        }
    }

    /**
     * All alerts that say the same.
     *
     * @param alerts how many were raised; 0 while only a decision about it was seen
     * @param severity the highest, 1 to 5
     * @param risk the session's highest risk at one of them, 0 to 100
     * @param kind of the deviation, as the log names it; empty in a state that an older build wrote
     * @param clause of the policy, or the rule
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Cause(
            long alerts,
            long firstNs,
            long lastNs,
            int severity,
            long risk,
            String kind,
            String clause,
            Triage triage) {
        static final Cause UNKNOWN = new Cause(0, 0, 0, 0, 0, "", "", Triage.NONE);

        Cause {
            kind = Objects.requireNonNullElse(kind, "");
            clause = Objects.requireNonNullElse(clause, "");
            triage = Objects.requireNonNullElse(triage, Triage.NONE);
        }

        Cause raised(long atNs, AlertRaised alert) {
            return new Cause(
                    alerts + 1,
                    firstNs == 0 ? atNs : Math.min(firstNs, atNs),
                    Math.max(lastNs, atNs),
                    Math.max(severity, alert.getSeverity().getNumber()),
                    Math.max(risk, alert.getRisk()),
                    alert.getKind().name(),
                    alert.getClause(),
                    triage);
        }

        Cause with(Triage changed) {
            return new Cause(alerts, firstNs, lastNs, severity, risk, kind, clause, changed);
        }
    }

    /**
     * @param known false while only the decision or the answer was seen, not the request
     * @param state pending, approved, denied, timed_out, reviewer_failed, superseded
     * @param settled what the watcher made of it, the last word; empty: nothing yet
     * @param people who the watcher says approved or denied
     * @param wantedSeconds how long the newest decision wants it to hold; 0: once
     * @param peopleNeeded how many different people have to approve; 0 while the request was not seen
     * @param sessionUntilNs until when the watcher says it holds for the same bytes; 0: once
     */
    record Approval(
            boolean known,
            String state,
            long deadlineNs,
            String decidedBy,
            String reason,
            long decidedNs,
            String decision,
            String settled,
            List<String> people,
            long wantedSeconds,
            int peopleNeeded,
            long sessionUntilNs) {
        static final String NEEDS_SECOND = "needs_second";
        static final Approval UNKNOWN = new Approval(false, "pending", 0, "", "", 0, "", "", List.of(), 0, 0, 0);

        Approval {
            people = Objects.requireNonNullElse(people, List.of());
        }

        Approval asked(long deadline, int needed) {
            return new Approval(
                            true,
                            state,
                            deadline,
                            decidedBy,
                            reason,
                            decidedNs,
                            decision,
                            settled,
                            people,
                            wantedSeconds,
                            needed,
                            sessionUntilNs)
                    .resolved();
        }

        Approval decided(String by, String why, long atNs, String word, long seconds) {
            return new Approval(
                            known,
                            state,
                            deadlineNs,
                            by,
                            why,
                            atNs,
                            word,
                            settled,
                            people,
                            seconds,
                            peopleNeeded,
                            sessionUntilNs)
                    .resolved();
        }

        /** What the watcher says holds, in whichever order it and the decision arrive. */
        Approval settled(String as, String why, List<String> who, long untilNs) {
            return new Approval(
                            known,
                            state,
                            deadlineNs,
                            who.isEmpty() ? decidedBy : String.join(" and ", who),
                            why,
                            decidedNs,
                            decision,
                            as,
                            List.copyOf(who),
                            wantedSeconds,
                            peopleNeeded,
                            untilNs)
                    .resolved();
        }

        /** A second answer without a person's decision: nobody answered in time. */
        Approval answered(String as, String why) {
            return new Approval(known, as, deadlineNs, "", why, 0, "", "", List.of(), 0, peopleNeeded, 0);
        }

        /** A decision counts when it was taken before the deadline, and as the watcher says once it has said something. */
        private Approval resolved() {
            String resolved;
            if (!settled.isEmpty()) {
                resolved = settled.equals(NEEDS_SECOND) ? "pending" : settled;
            } else if (decision.isEmpty()) {
                resolved = state;
            } else if (deadlineNs > 0 && decidedNs > deadlineNs) {
                resolved = "timed_out";
            } else {
                // Where two have to approve, one approval settles nothing.
                resolved = decision.equals("approved") && peopleNeeded > 1 ? "pending" : decision;
            }
            return new Approval(
                    known,
                    resolved,
                    deadlineNs,
                    decidedBy,
                    reason,
                    decidedNs,
                    decision,
                    settled,
                    people,
                    wantedSeconds,
                    peopleNeeded,
                    sessionUntilNs);
        }
    }

    record PlanStep(String text, String status, String item) {}
}
