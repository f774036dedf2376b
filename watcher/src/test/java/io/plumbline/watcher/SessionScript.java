package io.plumbline.watcher;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Connected;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Endpoint;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.Message;
import io.plumbline.events.v1.ProcessExited;
import io.plumbline.events.v1.ProcessForked;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.watcher.state.SessionState;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Plays events to a watcher one after another, numbered as a host numbers them, and keeps the verdicts. */
final class SessionScript {
    private static final ProcessRef AGENT = process(1, 0);

    private Watcher watcher = new Watcher(List.of());
    private final SessionState state = SessionState.empty();
    private final Map<Channel, Long> seqs = new EnumMap<>(Channel.class);
    private final List<Event> all = new ArrayList<>();
    private final List<Event> taken = new ArrayList<>();
    private long time = 1_000_000_000L;
    private long connections;
    private String tenant = "default";
    private String session = "00112233445566778899aabbccddeeff";

    /** A session whose agent, Claude Code, runs under the policy. */
    static SessionScript of(String policy) {
        return of(policy, "claude-code");
    }

    /** A session of a named agent. */
    static SessionScript of(String policy, String agent) {
        return new SessionScript().begin(policy, agent);
    }

    /** Another session than that of the others. */
    static SessionScript of(String policy, String tenant, String session) {
        SessionScript script = new SessionScript();
        script.tenant = tenant;
        script.session = session;
        return script.begin(policy, "claude-code");
    }

    private SessionScript begin(String policy, String agent) {
        try {
            send(
                    Channel.CONTROL,
                    Event.newBuilder()
                            .setTaskAssigned(TaskAssigned.newBuilder()
                                    .setTask("Tidy up")
                                    .setAgent(agent)
                                    .setHome("/home/agent")
                                    .setWorkspace("/workspace")
                                    .setPolicy(PolicyParser.parse(policy))));
        } catch (PolicyException e) {
            throw new IllegalArgumentException(e);
        }
        evidence(Event.newBuilder()
                .setProcessStarted(ProcessStarted.newBuilder()
                        .setActor(actor(AGENT))
                        .setBinary("/opt/plumbline/plumbline-guest")
                        .setFirst(true)));
        exec(AGENT, "claude", "-p", "Tidy up");
        return this;
    }

    /** Another watcher from the next event on. */
    SessionScript judgedBy(Watcher other) {
        watcher = other;
        return this;
    }

    static ProcessRef process(int threadGroup, long start) {
        return ProcessRef.newBuilder()
                .setThreadGroup(threadGroup)
                .setStartTimeNs(start)
                .build();
    }

    static ProcessRef agent() {
        return AGENT;
    }

    static Actor actor(ProcessRef process) {
        return Actor.newBuilder()
                .setProcess(process)
                .setThread(process.getThreadGroup())
                .setName("x")
                .build();
    }

    List<Event> call(String call, String tool, String command) {
        return send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool(tool)
                                .setCommand(command)
                                .setArgumentsJson("{\"command\":\"" + command + "\"}")
                                .setGated(true)));
    }

    /** The result of a call, as the agent tells it. */
    List<Event> result(ToolResult.Builder result) {
        return send(Channel.CLAIMS, Event.newBuilder().setToolResult(result));
    }

    List<Event> say(String text) {
        return send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setMessage(Message.newBuilder().setRole("assistant").setText(text)));
    }

    List<Event> prompt(String text) {
        return send(
                Channel.CLAIMS, Event.newBuilder().setPrompt(Prompt.newBuilder().setText(text)));
    }

    /** A call announced and executed by a shell of its own. */
    List<Event> run(String call, String command, ProcessRef shell) {
        List<Event> verdicts = new ArrayList<>(call(call, "Bash", command));
        verdicts.addAll(fork(agent(), shell));
        verdicts.addAll(exec(shell, "bash", "-c", command));
        return verdicts;
    }

    List<Event> exit(ProcessRef process, int waitStatus) {
        return evidence(Event.newBuilder()
                .setProcessExited(
                        ProcessExited.newBuilder().setActor(actor(process)).setWaitStatus(waitStatus)));
    }

    /** A process connects to the proxy's door. */
    List<Event> proxy(ProcessRef process) {
        return evidence(Event.newBuilder()
                .setConnected(Connected.newBuilder()
                        .setActor(actor(process))
                        .setPeer(Endpoint.newBuilder()
                                .setFamily("inet")
                                .setAddress("127.0.0.1")
                                .setPort(3128))));
    }

    /** Nothing is reported for so long. */
    void pass(long nanos) {
        time += nanos;
    }

    SessionState state() {
        return state;
    }

    List<Event> fork(ProcessRef parent, ProcessRef child) {
        return evidence(Event.newBuilder()
                .setProcessForked(
                        ProcessForked.newBuilder().setActor(actor(parent)).setChild(child)));
    }

    List<Event> exec(ProcessRef process, String... argv) {
        return execFile(process, "/usr/bin/" + argv[0], argv);
    }

    List<Event> execFile(ProcessRef process, String binary, String... argv) {
        return evidence(Event.newBuilder()
                .setProcessStarted(ProcessStarted.newBuilder()
                        .setActor(actor(process))
                        .setBinary(binary)
                        .addAllArgv(List.of(argv))));
    }

    List<Event> open(ProcessRef process, String path, int flags) {
        return evidence(Event.newBuilder()
                .setFileOpened(FileOpened.newBuilder()
                        .setActor(actor(process))
                        .setPath(path)
                        .setFlags(flags)));
    }

    List<Event> connect(String host, int port) {
        return evidence(Event.newBuilder()
                .setEgressRequested(EgressRequested.newBuilder()
                        .setConnection(++connections)
                        .setHost(host)
                        .setPort(port)
                        .setMethod("CONNECT")
                        .setHeld(true)));
    }

    List<Event> runtime(RuntimeState.State runtime) {
        return evidence(
                Event.newBuilder().setRuntimeState(RuntimeState.newBuilder().setState(runtime)));
    }

    List<Event> decide(String approval, boolean approved, String sha256, long afterNanos) {
        time += afterNanos;
        return order(Event.newBuilder()
                .setApprovalDecided(ApprovalDecided.newBuilder()
                        .setApproval(approval)
                        .setApproved(approved)
                        .setDecidedBy("ada")
                        .setReason("because")
                        .setSubjectSha256(sha256)));
    }

    /** An order of a person: on control, without a sequence number. */
    List<Event> order(Event.Builder payload) {
        return take(EventIds.withId(stamped(Channel.CONTROL, payload)));
    }

    List<Event> evidence(Event.Builder payload) {
        return send(Channel.EVIDENCE, payload);
    }

    /** Loses the next {@code count} events of a channel on their way. */
    void lose(Channel channel, long count) {
        seqs.merge(channel, count, Long::sum);
    }

    List<Event> send(Channel channel, Event.Builder payload) {
        return take(next(channel, payload));
    }

    /** The next event of a channel, for another watcher. */
    Event next(Channel channel, Event.Builder payload) {
        long seq = seqs.merge(channel, 1L, Long::sum);
        return EventIds.withId(stamped(channel, payload).setSeq(seq));
    }

    List<Event> take(Event event) {
        taken.add(event);
        List<Event> verdicts = watcher.onEvent(state, event);
        all.addAll(verdicts);
        return verdicts;
    }

    List<Event> verdicts() {
        return List.copyOf(all);
    }

    /** What the watcher was given, in its order. */
    List<Event> events() {
        return List.copyOf(taken);
    }

    private Event.Builder stamped(Channel channel, Event.Builder payload) {
        time += 1_000_000;
        return payload.setTenant(tenant)
                .setHost("host-1")
                .setSession(session)
                .setChannel(channel)
                .setEventTimeNs(time)
                .setObservedTimeNs(time);
    }
}
