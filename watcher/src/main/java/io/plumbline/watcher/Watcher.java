package io.plumbline.watcher;

import io.plumbline.events.EventLimits;
import io.plumbline.events.policy.Scope.Answer;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.Judged;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.ProbeAnswered;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.rules.agent.ActContext;
import io.plumbline.watcher.attribution.AgentProfiles;
import io.plumbline.watcher.attribution.Attribution;
import io.plumbline.watcher.attribution.EgressOwners;
import io.plumbline.watcher.attribution.EgressOwners.Owners;
import io.plumbline.watcher.attribution.ProcessTable;
import io.plumbline.watcher.deviation.BindingCheck;
import io.plumbline.watcher.deviation.Completeness;
import io.plumbline.watcher.deviation.ConfigurationCheck;
import io.plumbline.watcher.deviation.Deviation;
import io.plumbline.watcher.deviation.FootprintCheck;
import io.plumbline.watcher.deviation.PlanReview;
import io.plumbline.watcher.deviation.PlanReview.Reviewed;
import io.plumbline.watcher.deviation.PolicyCheck;
import io.plumbline.watcher.deviation.ReportCheck;
import io.plumbline.watcher.deviation.ResultCheck;
import io.plumbline.watcher.deviation.TaintCheck;
import io.plumbline.watcher.gate.Gate;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.judge.EventContext;
import io.plumbline.watcher.judge.EventContext.Announced;
import io.plumbline.watcher.judge.Finding;
import io.plumbline.watcher.judge.IntentJudge;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.judge.JudgeObserver;
import io.plumbline.watcher.judge.Stakes;
import io.plumbline.watcher.risk.Ladder;
import io.plumbline.watcher.risk.Ladder.Step;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.Pending;
import io.plumbline.watcher.state.v1.Phase;
import io.plumbline.watcher.state.v1.ProxyConnection;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Takes every decision about a session: one event in, verdicts out. A pure function of (state, event, judges): no clock, no
 * random ids; the same events in the same order give the same verdicts, byte for byte. An event that was seen before
 * changes nothing.
 */
public final class Watcher {
    /** Who orders what no person has ordered. */
    private static final String PLUMBLINE = "plumbline";

    private final List<Judge> judges;
    private final JudgeObserver observer;
    private final Optional<Deviation> missing;
    private final String judgedBy;

    /** @param judges asked in this order about every event */
    public Watcher(List<Judge> judges) {
        this(judges, JudgeObserver.NONE);
    }

    /**
     * A watcher beside which a candidate is counted.
     *
     * @param observer sees what the judges found; changes nothing
     */
    public Watcher(List<Judge> judges, JudgeObserver observer) {
        this(judges, observer, List.of());
    }

    /**
     * A watcher whose judges are not those that were asked for.
     *
     * @param observer sees what the judges found; changes nothing
     * @param missing what should judge and could not be loaded, one line each; each session is told once
     */
    public Watcher(List<Judge> judges, JudgeObserver observer, List<String> missing) {
        this.judges = List.copyOf(judges);
        this.observer = observer;
        this.missing = Completeness.notLoaded(missing);
        this.judgedBy = judges.stream().map(Judge::version).collect(Collectors.joining(" + "))
                + this.missing
                        .map(deviation -> " instead of " + deviation.seen())
                        .orElse("");
    }

    /** Judges one event; {@code session} is changed in place. The verdicts are in the order in which they must be carried out. */
    public List<Event> onEvent(SessionState session, Event event) {
        return new Pass(session, event).run();
    }

    /** One event's way through the watcher. */
    private final class Pass {
        private final SessionState session;
        private final WatchState.Builder state;
        private final Event event;
        private final IntentLedger ledger;
        private final ProcessTable processes;
        private final PolicyCheck policyCheck;
        private final ConfigurationCheck configurationCheck;
        private final BindingCheck bindingCheck;
        private final FootprintCheck footprintCheck;
        private final TaintCheck taintCheck;
        private final ReportCheck reportCheck;
        private final ResultCheck resultCheck;
        private final PlanReview planReview;
        private final EgressOwners egressOwners;
        private final Completeness completeness;
        private final Gate gate;
        private final Revisions revisions;
        private final KillSwitch killSwitch;
        private final Verdicts verdicts;
        private final Findings findings;
        private final Scores scores;
        private boolean againstPolicy;

        Pass(SessionState session, Event event) {
            this.session = session;
            this.state = session.values();
            this.event = event;
            this.ledger = new IntentLedger(session);
            this.processes = new ProcessTable(session, ledger, event.getEventTimeNs());
            this.policyCheck = new PolicyCheck(session, ledger);
            this.configurationCheck = new ConfigurationCheck(session);
            this.bindingCheck = new BindingCheck(session, ledger);
            this.footprintCheck = new FootprintCheck(session, ledger);
            this.taintCheck = new TaintCheck(session, processes, ledger);
            this.reportCheck = new ReportCheck(session, ledger);
            this.resultCheck = new ResultCheck(session, ledger);
            this.planReview = new PlanReview(session);
            this.egressOwners = new EgressOwners(session);
            this.completeness = new Completeness(session);
            this.gate = new Gate(session, ledger, policyCheck);
            this.revisions = new Revisions(state);
            this.killSwitch = new KillSwitch(state);
            this.verdicts = new Verdicts(state, event);
            this.findings = new Findings(state, event, ledger, verdicts, this::respond);
            this.scores = new Scores(state);
        }

        List<Event> run() {
            if (event.getChannel() == Channel.VERDICTS) {
                return List.of();
            }
            session.belongsTo(event);
            switch (completeness.place(event)) {
                case REPEATED -> {
                    return List.of();
                }
                case AFTER_A_GAP -> deviate(Completeness.gap(event));
                case NEXT -> {}
            }
            boolean begins = !state.getJudgedBy().equals(judgedBy);
            if (begins) {
                begin();
            }
            if (event.getChannel() == Channel.EVIDENCE) {
                processes.overdue(event.getEventTimeNs()).forEach(this::neverAnnounced);
            }
            // Nothing but claims comes of an agent without a host; ingest gives them its own time.
            boolean direct = state.getHost().equals(EventLimits.DIRECT_HOST);
            if (direct || event.getChannel() == Channel.EVIDENCE) {
                gate.overdue(direct ? event.getObservedTimeNs() : event.getEventTimeNs())
                        .forEach(this::settled);
            }
            take();
            if (begins) {
                missing.ifPresent(this::deviate);
            }
            judgeVerdicts();
            scores.due(event).ifPresent(verdicts::add);
            return verdicts.all();
        }

        /**
         * Each deviation that was told and each question to a person is an event of its own for the judges. What they find about it is
         * not, and what a person has accepted counts nothing.
         */
        private void judgeVerdicts() {
            for (Event verdict : verdicts.all()) {
                AlertRaised alert = verdict.getAlertRaised();
                boolean found = alert.getKind() == DeviationKind.RULE || alert.getKind() == DeviationKind.OFF_PLAN;
                boolean deviation = verdict.hasAlertRaised()
                        && !found
                        && alert.getAcceptedBy().isEmpty();
                if (deviation || verdict.hasApprovalRequested()) {
                    judge(atOwnTime(verdict), Attribution.none(), "", Optional.empty());
                }
            }
        }

        private void take() {
            switch (event.getPayloadCase()) {
                case TASK_ASSIGNED -> {
                    assigned(event.getTaskAssigned());
                    judge(Attribution.none());
                }
                case SESSION_DECLARED -> {
                    state.setAgentSession(event.getSessionDeclared().getAgentSession());
                    if (state.getAgent().isEmpty()) {
                        state.setAgent(event.getSessionDeclared().getAgent());
                    }
                    judge(Attribution.none());
                }
                case PROMPT -> {
                    state.setTurn(state.getTurn() + 1).clearTurnWrites().clearTurnBytesOut();
                    state.setLastPrompt(event.getPrompt().getText());
                    judge(Attribution.none());
                }
                case PLAN -> planned(event.getPlan());
                case MESSAGE -> {
                    state.setLastMessage(event.getMessage().getText());
                    reportCheck.said(event.getMessage()).forEach(this::deviate);
                    judge(Attribution.none());
                }
                case TOOL_CALL -> called(event.getToolCall());
                case TOOL_RESULT -> {
                    if (!ledger.finish(event.getToolResult(), event.getObservedTimeNs())) {
                        deviate(Completeness.hookMissing(
                                event.getToolResult().getCall(),
                                event.getToolResult().getTool()));
                    }
                    reportCheck.refused(event.getToolResult()).ifPresent(this::deviate);
                    reportCheck.finished(event.getToolResult().getCall()).forEach(this::deviate);
                    resultCheck.told(event.getToolResult()).forEach(this::deviate);
                    judge(Attribution.none());
                }
                case REASONING, APPROVAL_BY_AGENT, RAW_CLAIM, SESSION_ENDED -> judge(Attribution.none());

                case PROCESS_FORKED -> {
                    processes.forked(event.getProcessForked());
                    Attribution by =
                            processes.attribute(event.getProcessForked().getActor());
                    policyCheck.forked(state.getLiveProcesses(), by).ifPresent(this::deviate);
                    policyCheck.separated(event.getProcessForked(), by).ifPresent(this::deviate);
                }
                case PROCESS_STARTED -> started(event.getProcessStarted());
                case PROCESS_EXITED -> {
                    Attribution by =
                            processes.attribute(event.getProcessExited().getActor());
                    processes.exited(event.getProcessExited());
                    reportCheck.finished(by.call()).forEach(this::deviate);
                }
                case FILE_OPENED -> {
                    Attribution by = processes.attribute(event.getFileOpened().getActor());
                    opened(event.getFileOpened(), by);
                    judge(by);
                }
                case FILE_CHANGED -> {
                    Attribution by = processes.attribute(event.getFileChanged().getActor());
                    policyCheck.changed(event.getFileChanged(), by).forEach(this::deviate);
                    configurationCheck.changed(event.getFileChanged(), by).ifPresent(this::deviate);
                    taintCheck.changed(event.getFileChanged());
                    if (taintCheck.isFull()) {
                        deviate(Completeness.tableFull("files with copies of a secret"));
                    }
                    judge(by);
                }
                case NAMED_SYSCALL -> {
                    Attribution by = processes.attribute(event.getNamedSyscall().getActor());
                    policyCheck.sent(event.getNamedSyscall(), by).ifPresent(this::deviate);
                    judge(by);
                }
                case SESSION_RECONCILED -> {
                    boolean killed = state.getPhase() == Phase.KILL_ORDERED;
                    processes.overdue(Long.MAX_VALUE).forEach(this::neverAnnounced);
                    if (!killed) {
                        if (event.getSessionReconciled().getComplete()) {
                            reportCheck.neverRun(Long.MAX_VALUE).forEach(this::deviate);
                        }
                        Completeness.unaccounted(event.getSessionReconciled()).ifPresent(this::deviate);
                        judge(Attribution.none());
                    }
                }
                case CONNECTED -> {
                    Attribution by = processes.attribute(event.getConnected().getActor());
                    if (!egressOwners.connected(event.getConnected(), by, event.getId())) {
                        deviate(Completeness.tableFull("connections that wait at the proxy's door"));
                    }
                    policyCheck.connected(event.getConnected(), by).ifPresent(this::deviate);
                    judge(by);
                }
                case BOUND -> judge(processes.attribute(event.getBound().getActor()));
                case ACCEPTED -> judge(processes.attribute(event.getAccepted().getActor()));
                case RAW_SYSCALL -> {
                    Attribution by = processes.attribute(event.getRawSyscall().getActor());
                    policyCheck
                            .hid(event.getRawSyscall(), processes.image(by), by)
                            .ifPresent(this::deviate);
                    judge(by);
                }
                case EGRESS_REQUESTED -> {
                    Attribution by = requested(event.getEgressRequested());
                    boolean service = policyCheck.isService(event.getEgressRequested());
                    judge(by, service ? ActContext.SERVICE : policyVerdict(by), unheld(by));
                    if (event.getEgressRequested().getHeld()) {
                        switch (gate.answerEgress(event)) {
                            case Gate.EgressAnswer.Answered answered -> verdicts.add(answered.answer());
                            case Gate.EgressAnswer.Asked asked -> verdicts.add(asked.question());
                        }
                    }
                }
                case EGRESS_DECIDED -> {
                    decided(event.getEgressDecided());
                    Owners owners = egressOwners.of(event.getEgressDecided());
                    judge(processes.attribute(owners), "", Optional.empty());
                    egressOwners.closed(event.getEgressDecided());
                }
                case FILE_EDITED -> {
                    bindingCheck.edited(event.getFileEdited()).ifPresent(this::deviate);
                    judge(Attribution.none());
                }
                case EVIDENCE_COLLECTED, CHANGES_FOUND, LIMIT_REACHED -> judge(Attribution.none());
                case TRACE_LOSS -> {
                    // A sandbox that was killed by order takes its trace with it.
                    boolean killed = state.getPhase() == Phase.KILL_ORDERED || state.getPhase() == Phase.ENDED;
                    if (!killed || event.getTraceLoss().getDropped() > 0) {
                        deviate(completeness.lost(event.getTraceLoss()));
                        judge(Attribution.none());
                    }
                }
                case HEARTBEAT -> {
                    completeness.missingBefore(event.getHeartbeat()).ifPresent(this::deviate);
                    killSwitch.overdue(event).ifPresent(this::deviate);
                    reportCheck.neverRun(event.getEventTimeNs()).forEach(this::deviate);
                }
                case AGENT_CONFIGURATION -> {
                    configurationCheck.reported(event.getAgentConfiguration()).forEach(this::deviate);
                    AgentProfiles.of(state.getAgent(), state.getAgentVersion())
                            .note()
                            .map(Completeness::otherProfile)
                            .ifPresent(this::deviate);
                    judge(Attribution.none());
                }
                case WORKSPACE_IDENTIFIED ->
                    state.setWorkspaceSha256(event.getWorkspaceIdentified().getWorkspaceSha256());
                case CANARY_REPORTED -> killSwitch.reported(event).ifPresent(this::deviate);
                case RUNTIME_STATE -> {
                    confirmed(event.getRuntimeState());
                    KillSwitch.byForce(event).ifPresent(this::deviate);
                    judge(Attribution.none());
                }
                case TICK -> {
                    // Of the questions alone: what else waits goes by the clock of the session's host. One that another
                    // ingest hears has its own.
                    if (!Completeness.isHeardElsewhere(event, state)) {
                        gate.overdue(event.getEventTimeNs()).forEach(this::settled);
                    }
                    if (state.hasTask() && state.getPhase() != Phase.ENDED) {
                        completeness.silent(event).ifPresent(this::deviate);
                    }
                }
                case PATH_PROBED ->
                    verdicts.add(
                            ProbeAnswered.newBuilder().setCause(event.getId()).build());

                case FREEZE_ORDERED ->
                    ordered(() -> freeze(
                            event.getFreezeOrdered().getReason(),
                            event.getFreezeOrdered().getOrderedBy()));
                case THAW_ORDERED -> ordered(() -> thaw(event.getThawOrdered()));
                case KILL_ORDERED ->
                    ordered(() -> kill(
                            event.getKillOrdered().getReason(),
                            event.getKillOrdered().getOrderedBy()));
                case APPROVAL_DECIDED ->
                    ordered(() -> {
                        gate.decided(event).ifPresent(this::settled);
                        judge(Attribution.none());
                    });

                case POLICY_REVISED -> ordered(() -> revise(event.getPolicyRevised()));
                case POLICY_CONFIRMED -> revised(event.getPolicyConfirmed());
                case POLICY_REFUSED ->
                    revisions.answered(event.getPolicyRefused().getStatementSha256());

                case RULE_SET_ACTIVATED,
                        MODEL_ACTIVATED,
                        TRIAGE_NOTED,
                        REVIEW_DECIDED,
                        SIGN_IN_RECORDED,
                        UNMASKING_RECORDED,
                        EXPORT_RECORDED,
                        ACCESS_CHANGED,
                        SUPPRESSION_ORDERED,
                        SUPPRESSION_ENDED -> {}
                case GATE_ANSWERED,
                        EGRESS_ANSWERED,
                        APPROVAL_REQUESTED,
                        APPROVAL_SETTLED,
                        ALERT_RAISED,
                        SESSION_RISK,
                        JUDGED,
                        SCORES_COUNTED,
                        PROBE_ANSWERED -> {}
                case PAYLOAD_NOT_SET ->
                    deviate(new Deviation(
                            DeviationKind.TELEMETRY_GAP,
                            Severity.MEDIUM,
                            "unknown-payload",
                            "An event could not be understood",
                            "event " + event.getId() + " carries no payload that this watcher knows",
                            "It may come from a newer host.",
                            "completeness",
                            "",
                            10,
                            false));
            }
        }

        /** A claim says itself when it was made; windows of rules are not moved by that. */
        private Event atOwnTime(Event verdict) {
            return event.getChannel() == Channel.CLAIMS
                    ? verdict.toBuilder()
                            .setEventTimeNs(event.getObservedTimeNs())
                            .build()
                    : verdict;
        }

        private void assigned(TaskAssigned task) {
            session.assign(task);
            state.setAgent(task.getAgent());
            state.setJudged(true);
            judged(0);
        }

        /** Other judges than before, from this event on. */
        private void begin() {
            scores.taken().ifPresent(verdicts::add);
            long dropped =
                    judges.stream().mapToLong(judge -> judge.begin(session)).sum();
            state.setJudgedBy(judgedBy);
            if (state.getJudged() && !event.hasTaskAssigned()) {
                judged(dropped);
            }
        }

        private void judged(long windowsDropped) {
            TaskPolicy policy = state.getTask().getPolicy();
            verdicts.add(Judged.newBuilder()
                    .setRuleSet(versions(false))
                    .setModel(versions(true))
                    .setPolicy(policy.getName())
                    .setPolicyRevision(policy.getRevision())
                    .setTelemetrySeq(event.getSeq())
                    .setFromEvent(event.getId())
                    .setFromChannel(event.getChannel())
                    .setRuleSetSha256(judges.stream().map(Judge::contentSha256).collect(Collectors.joining()))
                    .setWindowsDropped(windowsDropped)
                    .build());
        }

        /** The host is asked; the policy before stays in force here until the host has the new one. */
        private void revise(PolicyRevised order) {
            if (state.getPhase() == Phase.ENDED) {
                return;
            }
            revisions.ordered(order);
            verdicts.add(order.toBuilder().setCause(event.getId()).build());
        }

        private void revised(PolicyConfirmed confirmed) {
            if (!confirmed.hasInForce()) {
                return;
            }
            if (revisions.answered(confirmed.getStatementSha256())) {
                gate.superseded("the policy was revised").forEach(this::settled);
                session.revise(confirmed.getInForce());
                ledger.revised();
                judged(0);
                respond(
                        Ladder.of(confirmed.getInForce()).step(state.getRisk()),
                        "risk " + state.getRisk() + " under the revised policy");
            } else {
                deviate(Revisions.notOrdered(confirmed));
            }
        }

        private String versions(boolean model) {
            return judges.stream()
                    .map(Judge::version)
                    .filter(version -> version.startsWith(IntentJudge.KIND + " ") == model)
                    .collect(Collectors.joining(" + "));
        }

        private void called(ToolCall call) {
            if (!call.getContradicts().isEmpty()) {
                deviate(Completeness.contradicted(
                        call, ledger.call(call.getCall()).map(Findings::line).orElse("")));
            }
            if (!call.getGated()
                    && AgentProfiles.of(state.getAgent(), state.getAgentVersion())
                            .profile()
                            .announces()) {
                // A later sighting of a call that the hook has announced; without one, the hook was bypassed.
                if (ledger.call(call.getCall()).isEmpty()) {
                    deviate(Completeness.hookMissing(call.getCall(), call.getTool()));
                }
                judge(Attribution.none());
                return;
            }
            boolean announced = ledger.announce(call, event.getId(), event.getObservedTimeNs());
            if (announced) {
                processes.announced(call.getCall());
            }
            List<Reviewed> reviewed = state.hasTask() && state.getPhase() == Phase.WATCHING
                    ? planReview.call(event, ledger.footprint(call))
                    : List.of();
            Function<Reviewed, Deviation> finding = one -> PlanReview.finding(one, call);
            reviewed.forEach(one -> deviate(finding.apply(one)));
            List<Finding> found = judge(Attribution.none(), gate.verdict(call, reviewed), announced(call));
            if (call.getGated()) {
                Gate.Answer answer =
                        announced ? gate.answer(event, reviewed, strictest(found)) : gate.idUsedBefore(event);
                verdicts.add(answer.answer());
                answer.question().ifPresent(verdicts::add);
            }
            freezeWhereThePolicySays(reviewed, finding);
        }

        private void planned(Plan plan) {
            reportCheck.planned(plan).forEach(this::deviate);
            PlanReview.breadth(plan).ifPresent(this::deviate);
            List<Reviewed> reviewed = planReview.plan(plan);
            Function<Reviewed, Deviation> finding = one -> PlanReview.finding(one, plan.getCall());
            reviewed.forEach(one -> deviate(finding.apply(one)));
            ledger.plan(plan);
            judge(Attribution.none());
            freezeWhereThePolicySays(reviewed, finding);
        }

        private void freezeWhereThePolicySays(List<Reviewed> reviewed, Function<Reviewed, Deviation> finding) {
            reviewed.stream()
                    .filter(one -> one.answer() == Answer.FREEZE)
                    .filter(one -> !findings.accepted(finding.apply(one)))
                    .findFirst()
                    .ifPresent(one -> freeze(one.answered() + ": " + one.what(), PLUMBLINE));
        }

        private void opened(FileOpened open, Attribution by) {
            Optional<Deviation> refused = policyCheck.opened(open, by, event.getEventTimeNs());
            refused.ifPresent(this::deviate);
            Optional<Deviation> configured = configurationCheck.opened(open, by);
            configured.ifPresent(this::deviate);
            if (!PolicyCheck.givesAccess(open)) {
                return;
            }
            boolean writes = PolicyCheck.writes(open);
            taintCheck.opened(event, by);
            if (taintCheck.isFull()) {
                deviate(Completeness.tableFull("files with copies of a secret"));
            }
            if (refused.isEmpty() && configured.isEmpty()) {
                footprintCheck.opened(open, writes, by).ifPresent(this::deviate);
            }
            if (writes && open.getPath().startsWith(state.getTask().getWorkspace() + "/")) {
                state.setTurnWrites(state.getTurnWrites() + 1);
                ledger.wroteInWorkspace(by.call());
                resultCheck.wrote(by.call(), event.getEventTimeNs()).ifPresent(this::deviate);
            }
        }

        /** @return whose the connection is; nobody where that is not certain */
        private Attribution requested(EgressRequested request) {
            Owners owners = egressOwners.of(request);
            if (egressOwners.hasForgotten()) {
                deviate(Completeness.tableFull("open connections and whose they are"));
            }
            Optional<Deviation> refused = policyCheck.requested(request);
            boolean service = policyCheck.isService(request);
            taintCheck.requested(request, owners, service).ifPresent(this::deviate);
            List<String> connects = owners.candidates().stream()
                    .limit(8)
                    .map(ProxyConnection::getEvent)
                    .toList();
            refused.map(deviation ->
                            deviation.of(EgressOwners.call(owners).orElse("")).restingOn(connects))
                    .ifPresent(this::deviate);
            Attribution by = processes.attribute(owners);
            if (refused.isEmpty() && !service) {
                footprintCheck
                        .requested(request, owners, by, event.getEventTimeNs())
                        .ifPresent(this::deviate);
            }
            return by;
        }

        private void decided(EgressDecided decided) {
            policyCheck.decided(decided).ifPresent(this::deviate);
            boolean service = policyCheck.isService(decided.getHost(), decided.getPort());
            Owners owners = egressOwners.of(decided);
            taintCheck.sent(event, owners, service).ifPresent(this::deviate);
            if (decided.getClosed() && decided.getAllowed() && !service) {
                resultCheck
                        .sent(owners, decided.getBytesOut(), event.getEventTimeNs())
                        .ifPresent(this::deviate);
                state.setTurnBytesOut(state.getTurnBytesOut() + decided.getBytesOut());
            }
        }

        private void neverAnnounced(Pending pending) {
            deviate(policyCheck.neverAnnounced(pending));
        }

        private void started(ProcessStarted start) {
            if (start.getFailed()) {
                judge(processes.attribute(start.getActor()));
                return;
            }
            boolean unexplained = processes.started(event);
            Attribution by = processes.attribute(start.getActor());
            if (unexplained) {
                deviate(policyCheck.unannounced(event, by));
            }
            bindingCheck.started(event, by).forEach(this::deviate);
            footprintCheck.started(start, by).forEach(this::deviate);
            // A freeze does not wait for an opinion.
            boolean scored = unexplained && state.getPhase() == Phase.WATCHING;
            judge(by, policyVerdict(by), scored ? unheld(by) : Optional.empty());
        }

        private void confirmed(RuntimeState runtime) {
            switch (runtime.getState()) {
                case FROZEN -> {
                    // What is being killed, or has ended, stays so, whatever is confirmed late.
                    if (state.getPhase() != Phase.KILL_ORDERED && state.getPhase() != Phase.ENDED) {
                        state.setPhase(Phase.FROZEN);
                    }
                }
                case KILLED, EXITED, FAILED -> {
                    processes.overdue(Long.MAX_VALUE).forEach(this::neverAnnounced);
                    gate.superseded("the session has ended").forEach(this::settled);
                    state.setPhase(Phase.ENDED);
                }
                case RUNNING -> {
                    if (state.getPhase() == Phase.FROZEN) {
                        state.setPhase(Phase.WATCHING);
                        // What was found while the thaw was under way found nothing to stop.
                        respond(
                                Ladder.of(state.getTask().getPolicy()).step(state.getRisk()),
                                "risk " + state.getRisk() + " since the thaw");
                    }
                }
                case CREATED, STATE_UNSPECIFIED, UNRECOGNIZED -> {}
            }
        }

        private void judge(Attribution by) {
            judge(by, policyVerdict(by), Optional.empty());
        }

        private List<Finding> judge(Attribution by, String policyVerdict, Optional<Announced> announced) {
            return judge(event, by, policyVerdict, announced);
        }

        private List<Finding> judge(Event judged, Attribution by, String policyVerdict, Optional<Announced> announced) {
            if (judges.isEmpty() && observer == JudgeObserver.NONE) {
                return List.of();
            }
            EventContext context = new EventContext(
                    state.getTask(),
                    state.getPlanList(),
                    by,
                    processes.parents(by),
                    processes.parentImage(by),
                    processes.image(by),
                    processes.commandLine(by),
                    policyVerdict,
                    announced);
            long unreadable = state.getJudgeMemoryUnreadable();
            List<Finding> found = new ArrayList<>();
            for (Judge judge : judges) {
                found.addAll(judge.judge(judged, context, session));
                judge.lastBin().ifPresent(bin -> scores.add(bin, judge.version(), event));
                if (judge.lastNotScored()) {
                    scores.addNotScored(judge.version(), event);
                }
            }
            if (state.getJudgeMemoryUnreadable() > unreadable) {
                deviate(Completeness.memoryUnreadable(judgedBy));
            }
            found.stream().filter(finding -> finding.consequence().tells()).forEach(finding -> tell(finding, by));
            observer.judged(judged, context, found);
            return found;
        }

        private void tell(Finding finding, Attribution by) {
            boolean announcement = event.hasToolCall();
            // What is found about an announcement or a connection counts once for a rule, and once for each act for the
            // classifier.
            boolean connection = event.hasEgressRequested() || event.hasEgressDecided();
            boolean classified = finding.kind() == DeviationKind.OFF_PLAN;
            String act = announcement && classified
                    ? event.getToolCall().getCall()
                    : connection && !classified
                            ? ""
                            : event.hasProcessStarted() && classified ? by.process() : by.call();
            String call = announcement ? event.getToolCall().getCall() : by.call();
            deviate(Deviation.found(finding, act, act(by), call));
        }

        /** What was judged, one line for people. */
        private String act(Attribution by) {
            return event.hasToolCall() && by.description().isEmpty()
                    ? ledger.call(event.getToolCall().getCall())
                            .map(Findings::line)
                            .orElse("")
                    : by.description();
        }

        private Optional<Announced> announced(ToolCall call) {
            return Optional.of(new Announced(
                    ledger.before(call.getCall(), Announced.MAX_RECENT),
                    Stakes.high(ledger.footprint(call.getCall()), state.getTask())));
        }

        /** Of a connection or an execution: the calls up to the one that explains it; where none is certain, the newest. */
        private Optional<Announced> unheld(Attribution by) {
            return Optional.of(new Announced(ledger.upTo(by.call(), Announced.MAX_RECENT), false));
        }

        private static Optional<Finding> strictest(List<Finding> found) {
            return found.stream()
                    .filter(finding -> finding.consequence() != Finding.Consequence.TELL)
                    .max(Comparator.comparing(Finding::consequence));
        }

        /** What the policy says about an act; empty for what is none. */
        private String policyVerdict(Attribution by) {
            if (!state.hasTask()) {
                return "";
            }
            if (event.hasEgressRequested()) {
                EgressRequested request = event.getEgressRequested();
                return policyCheck.allows(request)
                        ? Answer.ALLOW.word()
                        : policyCheck.asks(request) ? Answer.ASK.word() : Answer.DENY.word();
            }
            if (by.process().isEmpty()) {
                return "";
            }
            return againstPolicy ? Answer.DENY.word() : Answer.ALLOW.word();
        }

        private void deviate(Deviation deviation) {
            againstPolicy |= deviation.kind() == DeviationKind.OUT_OF_POLICY;
            findings.take(deviation);
        }

        /** Carries out a person's order once, however often it is delivered. */
        private void ordered(Runnable order) {
            if (state.getOrdersDoneList().contains(event.getId())) {
                return;
            }
            if (state.getOrdersDoneCount() >= StateLimits.ORDERS) {
                List<String> kept = List.copyOf(state.getOrdersDoneList().subList(1, state.getOrdersDoneCount()));
                state.clearOrdersDone().addAllOrdersDone(kept);
                state.getEvictedBuilder().setOrders(state.getEvicted().getOrders() + 1);
            }
            state.addOrdersDone(event.getId());
            order.run();
        }

        /** What the ladder says; a session that is ended is stopped first, so that what it did can be kept. */
        private void respond(Step step, String reason) {
            if (step.stops()) {
                freeze(reason, PLUMBLINE);
            }
            if (step == Step.KILL) {
                kill(reason, PLUMBLINE);
            }
        }

        private void freeze(String reason, String by) {
            if (state.getPhase() != Phase.WATCHING) {
                return;
            }
            state.setPhase(Phase.FREEZE_ORDERED);
            verdicts.add(FreezeOrdered.newBuilder()
                    .setReason(reason)
                    .setOrderedBy(by)
                    .setCause(event.getId())
                    .build());
        }

        private void thaw(ThawOrdered order) {
            if (state.getPhase() != Phase.FROZEN && state.getPhase() != Phase.FREEZE_ORDERED) {
                return;
            }
            // A person has looked at what was found so far. What happens from now on counts, the same deviation
            // included, unless the
            // person has accepted it by name.
            state.setPhase(Phase.WATCHING)
                    .setRisk(0)
                    .setTainted(false)
                    .clearDeviations()
                    .clearTaintedFiles()
                    .clearSoftRisk()
                    .clearSoftFindings()
                    .clearSoftClaims();
            processes.forgetTaints();
            verdicts.add(ThawOrdered.newBuilder()
                    .setReason(order.getReason())
                    .setOrderedBy(order.getOrderedBy())
                    .addAllAccepted(findings.accept(order.getAcceptedList()))
                    .setCause(event.getId())
                    .build());
        }

        private void kill(String reason, String by) {
            if (state.getPhase() == Phase.ENDED || by.equals(PLUMBLINE) && state.getPhase() == Phase.KILL_ORDERED) {
                return;
            }
            state.setPhase(Phase.KILL_ORDERED);
            verdicts.add(KillOrdered.newBuilder()
                    .setReason(reason)
                    .setOrderedBy(by)
                    .setCause(event.getId())
                    .build());
        }

        private void settled(Gate.Settled settled) {
            settled.call().ifPresent(verdicts::add);
            settled.connection().ifPresent(verdicts::add);
            verdicts.add(settled.how());
        }
    }
}
