package io.plumbline.watcher.learning;

import io.plumbline.events.agents.ConfigurationPaths;
import io.plumbline.events.policy.FileRules;
import io.plumbline.events.policy.FileRules.Access;
import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.attribution.Attribution;
import io.plumbline.watcher.deviation.MetadataService;
import io.plumbline.watcher.deviation.PolicyCheck;
import io.plumbline.watcher.deviation.ScopedPaths;
import io.plumbline.watcher.footprint.Footprint;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.learning.Act.Kind;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.Role;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** One recorded session, judged again under its own policy: what it did, what of it raised an alert, and why something is not learned. */
final class ObservedSession {
    /** Different acts kept of one session; what is more is left out and said. */
    static final int MAX_ACTS = 20_000;

    /** Where agents keep their own state; its names are new in each session. */
    private static final List<String> AGENT_STATE = PolicyDefaults.WRITABLE.stream()
            .filter(glob -> ConfigurationPaths.FOLDERS.stream().anyMatch(folder -> glob.startsWith("~/" + folder)))
            .toList();

    private final String session;
    private final SessionState state = SessionState.empty();
    private final Map<Act, Tally> acts = new LinkedHashMap<>();
    private final Map<LeftOut.Key, Tally> leftOut = new TreeMap<>();
    private final Set<String> suspectCalls = new HashSet<>();
    private final Set<Act> suspectActs = new HashSet<>();
    private final Set<String> suspectValues = new TreeSet<>();
    private final Map<String, Destination> destinations = new TreeMap<>();
    private final Map<String, Long> bytesOut = new TreeMap<>();
    private final Set<TaskPolicy> policies = new HashSet<>();
    private final Set<String> live = new HashSet<>();
    private final Set<String> included;
    private int mostProcesses;
    private long totalOut;
    private long totalIn;
    private long firstNs;
    private long lastNs;
    private boolean uninspectable;

    /**
     * How a destination was used.
     *
     * @param rule of the session's policy that allowed it, if one did
     * @param methods of the requests that the proxy could read
     * @param opaque whether there were others
     */
    record Destination(Optional<EgressRule> rule, Set<String> methods, boolean opaque) {
        Destination and(Destination other) {
            Set<String> all = new TreeSet<>(methods);
            all.addAll(other.methods);
            return new Destination(rule.or(other::rule), all, opaque || other.opaque);
        }
    }

    private ObservedSession(String session, Set<String> included) {
        this.session = session;
        this.included = included;
    }

    /**
     * @param telemetry of one session, in its order
     * @param judges asked about every event
     * @param included ids of deviations that a person named
     */
    static ObservedSession of(String session, List<Event> telemetry, List<Judge> judges, Set<String> included) {
        ObservedSession observed = new ObservedSession(session, included);
        observed.watch(telemetry, judges);
        return observed;
    }

    private void watch(List<Event> telemetry, List<Judge> judges) {
        Watcher watcher = new Watcher(judges, (event, context, findings) -> act(event, context.attribution()));
        for (Event event : telemetry) {
            firstNs = firstNs == 0 ? event.getEventTimeNs() : Math.min(firstNs, event.getEventTimeNs());
            lastNs = Math.max(lastNs, event.getEventTimeNs());
            List<Event> verdicts = watcher.onEvent(state, event);
            policies.add(policy());
            processes(event);
            for (Event verdict : verdicts) {
                if (verdict.hasAlertRaised()) {
                    alerted(event, verdict.getAlertRaised());
                } else if (verdict.hasGateAnswered()
                        && verdict.getGateAnswered().getDecision() != GateDecision.ALLOW) {
                    // What a person decided is an order, and no telemetry.
                    suspectCalls.add(verdict.getGateAnswered().getCall());
                }
            }
        }
    }

    private void processes(Event event) {
        switch (event.getPayloadCase()) {
            case PROCESS_FORKED -> live.add(event.getProcessForked().getChild().toString());
            case PROCESS_EXITED ->
                live.remove(event.getProcessExited().getActor().getProcess().toString());
            default -> {}
        }
        mostProcesses = Math.max(mostProcesses, live.size() + 2);
    }

    private void alerted(Event event, AlertRaised alert) {
        if (alert.getKind() == DeviationKind.TELEMETRY_GAP || included.contains(alert.getDeviation())) {
            return;
        }
        boolean grave = alert.getSeverity().getNumber() >= Severity.HIGH.getNumber();
        if (!alert.getCall().isEmpty() && (grave || event.hasToolCall())) {
            suspectCalls.add(alert.getCall());
        }
        for (Act act : of(event)) {
            suspectActs.add(act);
            if (alert.getSeverity().getNumber() >= Severity.MEDIUM.getNumber()) {
                suspectValues.add(act.value());
            }
        }
    }

    /** What an event does, whoever did it. */
    private List<Act> of(Event event) {
        return switch (event.getPayloadCase()) {
            case FILE_OPENED ->
                List.of(
                        path(Kind.READ, event.getFileOpened().getPath()),
                        path(Kind.WRITE, event.getFileOpened().getPath()));
            case FILE_CHANGED ->
                List.of(
                        path(Kind.WRITE, event.getFileChanged().getPath()),
                        path(Kind.WRITE, event.getFileChanged().getNewPath()));
            case EGRESS_REQUESTED ->
                List.of(host(
                        event.getEgressRequested().getHost(),
                        event.getEgressRequested().getPort()));
            case EGRESS_DECIDED ->
                List.of(host(
                        event.getEgressDecided().getHost(),
                        event.getEgressDecided().getPort()));
            default -> List.of();
        };
    }

    private Act path(Kind kind, String path) {
        return new Act(kind, notation(path), "");
    }

    private static Act host(String host, int port) {
        return new Act(Kind.HOST, host.toLowerCase(Locale.ROOT) + ":" + port, "");
    }

    private void act(Event event, Attribution by) {
        switch (event.getPayloadCase()) {
            case TOOL_CALL -> called(event);
            case FILE_OPENED -> {
                if (PolicyCheck.givesAccess(event.getFileOpened())) {
                    boolean writes = PolicyCheck.writes(event.getFileOpened());
                    file(event, by, event.getFileOpened().getPath(), writes ? Kind.WRITE : Kind.READ);
                }
            }
            case FILE_CHANGED -> {
                if (event.getFileChanged().getError() == 0) {
                    file(event, by, event.getFileChanged().getPath(), Kind.WRITE);
                    if (!event.getFileChanged().getNewPath().isEmpty()) {
                        file(event, by, event.getFileChanged().getNewPath(), Kind.WRITE);
                    }
                }
            }
            case EGRESS_DECIDED -> sent(event);
            default -> {}
        }
    }

    private void called(Event event) {
        ToolCall call = event.getToolCall();
        Footprint footprint = new IntentLedger(state).footprint(call);
        String id = call.getCall();
        add(event, new Act(Kind.TOOL, call.getTool(), id));
        footprint.programs().stream().sorted().forEach(program -> add(event, new Act(Kind.PROGRAM, program, id)));
        uninspectable |= !footprint.uninspectable().isEmpty();
    }

    private void file(Event event, Attribution by, String path, Kind kind) {
        if (by.role() == Role.HOST_RELAY) {
            return;
        }
        String written = notation(path);
        Optional<String> own = by.role() == Role.AGENT || by.role() == Role.HOUSEKEEPING
                ? AGENT_STATE.stream()
                        .filter(glob -> FileRules.matches(glob, written))
                        .findFirst()
                : Optional.empty();
        if (own.isPresent()) {
            add(event, new Act(Kind.STATE, own.get(), ""));
        } else if (!by.explained()) {
            leaveOut(written, "nothing explains the process", event);
        } else if (scope(path, kind)) {
            leaveOut(written, "a named scope or a project's secret is never learned", event);
        } else if (state.fileRules()
                .refusal(path, kind == Kind.WRITE ? Access.WRITE : Access.READ)
                .isPresent()) {
            leaveOut(written, "the session's own policy refuses it", event);
        } else {
            add(event, new Act(kind, written, by.call()));
        }
    }

    private boolean scope(String path, Kind kind) {
        TaskAssigned task = state.values().getTask();
        ScopedPaths scopes = new ScopedPaths(task.getHome(), task.getWorkspace());
        return kind == Kind.WRITE
                ? scopes.written(path).isPresent()
                : scopes.read(path).isPresent()
                        // Certificates of the system have names like keys.
                        || !notation(path).equals(path) && ScopedPaths.isProjectSecret(path);
    }

    private void sent(Event event) {
        EgressDecided decided = event.getEgressDecided();
        totalOut += decided.getClosed() ? decided.getBytesOut() : 0;
        totalIn += decided.getClosed() ? decided.getBytesIn() : 0;
        String name = host(decided.getHost(), decided.getPort()).value();
        if (!decided.getAllowed()) {
            leaveOut(name, "it was refused", event);
            return;
        }
        if (MetadataService.is(decided.getHost()) || MetadataService.is(decided.getResolvedAddress())) {
            leaveOut(name, "the metadata service is never learned", event);
            return;
        }
        add(event, new Act(Kind.HOST, name, ""));
        bytesOut.merge(name, decided.getClosed() ? decided.getBytesOut() : 0, Long::sum);
        boolean readable = !decided.getUrl().isEmpty() && !decided.getMethod().equals("CONNECT");
        Destination used = new Destination(
                policy().getEgressList().stream()
                        .filter(rule -> PolicyCheck.names(rule, decided.getHost(), decided.getPort()))
                        .findFirst(),
                readable ? Set.of(decided.getMethod()) : Set.of(),
                !readable && decided.getClosed());
        destinations.merge(name, used, Destination::and);
    }

    private void add(Event event, Act act) {
        Tally tally = acts.get(act);
        if (tally == null && acts.size() >= MAX_ACTS) {
            leaveOut("", "more than " + MAX_ACTS + " different acts in one session", event);
            return;
        }
        acts.computeIfAbsent(act, any -> new Tally()).add(session, event.getId());
    }

    private void leaveOut(String what, String why, Event event) {
        LeftOut.Key key = new LeftOut.Key(leftOut.size() < LeftOut.MAX ? what : "", why);
        leftOut.computeIfAbsent(key, any -> new Tally()).add(session, event.getId());
    }

    /** A path as policies write it. */
    private String notation(String path) {
        TaskAssigned task = state.values().getTask();
        return below(path, task.getWorkspace(), "${workspace}")
                .or(() -> below(path, task.getHome(), "~"))
                .orElse(path);
    }

    private static Optional<String> below(String path, String folder, String name) {
        boolean within = !folder.isEmpty() && (path.equals(folder) || path.startsWith(folder + "/"));
        return within ? Optional.of(name + path.substring(folder.length())) : Optional.empty();
    }

    // ---------------------------------------------------------------------------------------- what was seen

    /** Why nothing of it is learned; empty when something may be. */
    Optional<String> unfit() {
        if (!state.values().hasTask()) {
            return Optional.of("it has no task");
        }
        if (state.values().containsDeviations("flood")
                || state.values().getEvicted().getSoftFindings() > 0) {
            return Optional.of("it has more deviations than are told one by one");
        }
        return Optional.empty();
    }

    private TaskPolicy policy() {
        return state.values().getTask().getPolicy();
    }

    Set<TaskPolicy> policies() {
        return policies;
    }

    /** What may be learned: acts that raised no alert, of calls that raised none and were neither refused nor asked about. */
    Map<Act, Tally> acts() {
        Map<Act, Tally> clean = new LinkedHashMap<>();
        acts.forEach((act, tally) -> {
            if (suspectCalls.contains(act.call()) || suspectActs.contains(new Act(act.kind(), act.value(), ""))) {
                leftOut.computeIfAbsent(
                                new LeftOut.Key(
                                        act.value(), "it raised an alert, or its call did, was refused or asked about"),
                                any -> new Tally())
                        .add(tally);
            } else {
                clean.merge(new Act(act.kind(), act.value(), ""), new Tally().add(tally), Tally::add);
            }
        });
        return clean;
    }

    Map<LeftOut.Key, Tally> leftOut() {
        return leftOut;
    }

    /** Paths and destinations of alerts that are more than low: no pattern may take them in, whoever used them. */
    Set<String> suspectValues() {
        return suspectValues;
    }

    Map<String, Destination> destinations() {
        return destinations;
    }

    Map<String, Long> bytesOut() {
        return bytesOut;
    }

    int mostProcesses() {
        return mostProcesses;
    }

    long totalOut() {
        return totalOut;
    }

    long totalIn() {
        return totalIn;
    }

    long seconds() {
        return (lastNs - firstNs) / 1_000_000_000L + 1;
    }

    boolean uninspectable() {
        return uninspectable;
    }

    static String absolute(String notation) {
        return FileRules.absolute(notation, "/home/agent", "/workspace");
    }
}
