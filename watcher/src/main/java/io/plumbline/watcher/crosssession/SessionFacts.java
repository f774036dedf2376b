package io.plumbline.watcher.crosssession;

import io.plumbline.events.policy.Scope;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.deviation.PolicyCheck;
import io.plumbline.watcher.risk.Ladder;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.FactKind;
import io.plumbline.watcher.state.v1.Phase;
import io.plumbline.watcher.state.v1.SessionFact;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What of a session's way through the watcher other sessions are compared with. Nothing of it is what the agent says. */
public final class SessionFacts {
    /** Layout version of {@link SessionFact}. */
    public static final int VERSION = 1;

    /** Clause of decoys. */
    private static final String HONEYTOKEN = "honeytoken";

    /** Begins the host of a rule for all names below it. */
    static final String PATTERN = "*.";

    private SessionFacts() {}

    /**
     * The facts of one event.
     *
     * @param session as it is after the event
     * @param verdicts that the watcher gave on it
     */
    public static List<SessionFact> of(SessionState session, Event event, List<Event> verdicts) {
        WatchState.Builder state = session.values();
        List<SessionFact> facts = new ArrayList<>();
        switch (event.getPayloadCase()) {
            // When it is known to which workspace it belongs.
            case WORKSPACE_IDENTIFIED, TASK_ASSIGNED ->
                facts.add(fact(state, event, FactKind.STARTED, "").build());
            case EGRESS_REQUESTED -> {
                EgressRequested request = event.getEgressRequested();
                if (rule(state, request.getHost(), request.getPort())
                        .filter(rule -> !rule.getService().isEmpty())
                        .isEmpty()) {
                    facts.add(fact(state, event, FactKind.ASKED_FOR, target(request.getHost(), request.getPort()))
                            .build());
                }
            }
            case EGRESS_DECIDED -> facts.addAll(sent(state, event));
            default -> {}
        }
        for (Event verdict : verdicts) {
            switch (verdict.getPayloadCase()) {
                case ALERT_RAISED ->
                    secret(state, event, verdict.getAlertRaised()).ifPresent(facts::add);
                case GATE_ANSWERED -> {
                    if (event.hasToolCall() && verdict.getGateAnswered().getDecision() == GateDecision.DENY) {
                        facts.add(fact(
                                        state,
                                        event,
                                        FactKind.REFUSED,
                                        event.getToolCall().getTool() + " "
                                                + (event.getToolCall()
                                                                .getCommand()
                                                                .isEmpty()
                                                        ? String.join(
                                                                " ",
                                                                event.getToolCall()
                                                                        .getPathsList())
                                                        : event.getToolCall().getCommand()))
                                .build());
                    }
                }
                case EGRESS_ANSWERED -> {
                    if (event.hasEgressRequested()
                            && !verdict.getEgressAnswered().getAllowed()) {
                        EgressRequested request = event.getEgressRequested();
                        facts.add(fact(
                                        state,
                                        event,
                                        FactKind.REFUSED,
                                        "connection to " + target(request.getHost(), request.getPort()))
                                .build());
                    }
                }
                case FREEZE_ORDERED ->
                    facts.add(fact(state, event, FactKind.STOPPED, "").build());
                default -> {}
            }
        }
        return facts;
    }

    /** To the host; and, where a pattern let it go, to all of the pattern's hosts, which share what it lets out. */
    private static List<SessionFact> sent(WatchState.Builder state, Event event) {
        EgressDecided decided = event.getEgressDecided();
        Optional<EgressRule> rule = rule(state, decided.getHost(), decided.getPort());
        boolean service = rule.filter(one -> !one.getService().isEmpty()).isPresent();
        if (!decided.getAllowed() || !decided.getClosed() || decided.getBytesOut() <= 0 || service) {
            return List.of();
        }
        TaskPolicy policy = state.getTask().getPolicy();
        long own = rule.map(EgressRule::getMaxOutBytes).orElse(0L);
        SessionFact toHost = fact(state, event, FactKind.SENT, target(decided.getHost(), decided.getPort()))
                .setBytes(decided.getBytesOut())
                .setBudget(own == 0 ? policy.getEgressBytes() : own)
                .build();
        List<SessionFact> facts = new ArrayList<>(List.of(toHost));
        rule.map(EgressRule::getHost)
                .filter(host -> host.startsWith(PATTERN) && own > 0)
                .map(host -> toHost.toBuilder()
                        .setWhat(cut(target(host, decided.getPort())))
                        .build())
                .ifPresent(facts::add);
        return facts;
    }

    /** Files that the policy keeps away; what a tool reads for its own sake raises no such alert that taints. */
    private static Optional<SessionFact> secret(WatchState.Builder state, Event event, AlertRaised alert) {
        boolean secret = alert.getScope().equals(Scope.CREDENTIALS.word())
                || alert.getClause().equals(HONEYTOKEN);
        return event.hasFileOpened() && secret
                ? Optional.of(fact(
                                state,
                                event,
                                FactKind.SECRET_READ,
                                event.getFileOpened().getPath())
                        .build())
                : Optional.empty();
    }

    private static SessionFact.Builder fact(WatchState.Builder state, Event event, FactKind kind, String what) {
        Ladder ladder = Ladder.of(state.getTask().getPolicy());
        return SessionFact.newBuilder()
                .setVersion(VERSION)
                .setTenant(state.getTenant())
                .setHost(state.getHost())
                .setSession(state.getSession())
                .setEvent(event.getId())
                .setEventTimeNs(timeNs(event))
                .setObservedTimeNs(event.getObservedTimeNs())
                .setKind(kind)
                .setWhat(cut(what))
                .setRisk(state.getRisk())
                .setAlertAt(ladder.alertAt())
                .setAskAt(ladder.askAt())
                .setFreezeAt(ladder.freezeAt())
                .setPolicyRevision(state.getTask().getPolicy().getRevision())
                .setRunning(state.getPhase() == Phase.WATCHING)
                .setTask(cut(state.getTask().getTask()));
    }

    /** An agent could date a claim far ahead and have all that is remembered expire; the host has seen when it said it. */
    private static long timeNs(Event event) {
        return event.getChannel() == Channel.CLAIMS && event.getObservedTimeNs() != 0
                ? event.getObservedTimeNs()
                : event.getEventTimeNs();
    }

    private static Optional<EgressRule> rule(WatchState.Builder state, String host, int port) {
        return state.getTask().getPolicy().getEgressList().stream()
                .filter(rule -> PolicyCheck.names(rule, host, port))
                .findFirst();
    }

    private static String target(String host, int port) {
        return host.toLowerCase(Locale.ROOT) + ":" + port;
    }

    private static String cut(String text) {
        return text.length() <= CrossSessionLimits.TEXT ? text : text.substring(0, CrossSessionLimits.TEXT) + "…";
    }
}
