package io.plumbline.bench;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.PathProbed;
import io.plumbline.events.v1.ProcessExited;
import io.plumbline.events.v1.ProcessForked;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Telemetry of an honest session that never ends: a call is announced, a shell executes it, forks a program, opens files of the system and
 * of the workspace, writes one, ends. {@value #EVENTS_PER_CALL} events a call, as a host would number them.
 */
final class WatchedSession {
    static final int EVENTS_PER_CALL = 20;

    private static final ProcessRef AGENT =
            ProcessRef.newBuilder().setThreadGroup(2).setStartTimeNs(1).build();
    private static final List<String> LIBRARIES =
            List.of("/etc/ld.so.cache", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/locale/C.utf8/LC_CTYPE");

    private final String session;
    private final String host;
    private final Map<Channel, Long> seqs = new EnumMap<>(Channel.class);
    private long time;
    private long number = -4;

    /** @param number another session for another number */
    WatchedSession(int number) {
        this.session = EventIds.derived("bench-watch", Integer.toString(number));
        this.host = "host-1";
        this.time = 1_700_000_000_000_000_000L + number;
    }

    /**
     * One that goes on now.
     *
     * @param name of the session; another session for another name
     */
    WatchedSession(String name, String host) {
        this.session = EventIds.derived("bench-watch", name);
        this.host = host;
        this.time = System.currentTimeMillis() * 1_000_000;
    }

    /** The next event. */
    Event next() {
        long at = number++;
        if (at < 0) {
            return begin((int) at + 4);
        }
        int call = (int) (at / EVENTS_PER_CALL);
        String id = "toolu_" + call;
        String source = "/workspace/src/module" + call % 40 + "/File" + call % 400 + ".java";
        String command = "grep -n TODO " + source.substring("/workspace/".length());
        ProcessRef shell = process(10 + 2 * call);
        ProcessRef child = process(11 + 2 * call);
        int step = (int) (at % EVENTS_PER_CALL);
        return switch (step) {
            case 0 ->
                event(
                        Channel.CLAIMS,
                        Event.newBuilder()
                                .setToolCall(ToolCall.newBuilder()
                                        .setCall(id)
                                        .setTool("Bash")
                                        .setCommand(command)
                                        .setArgumentsJson("{\"command\":\"" + command + "\"}")
                                        .setStatedReason("Look for what is left to do")
                                        .setCwd("/workspace")
                                        .setSource("hook")
                                        .setGated(true)));
            case 1 -> evidence(Event.newBuilder().setProcessForked(fork(AGENT, shell)));
            case 2 -> started(shell, "/usr/bin/bash", "bash", "-c", command);
            case 3, 4, 5 -> opened(shell, LIBRARIES.get(step - 3), 0);
            case 6 -> evidence(Event.newBuilder().setProcessForked(fork(shell, child)));
            case 7 -> started(child, "/usr/bin/grep", command.split(" "));
            case 8, 9, 10 -> opened(child, LIBRARIES.get(step - 8), 0);
            case 11, 12, 13, 14 -> opened(child, source + (step == 11 ? "" : "." + step), 0);
            case 15 -> opened(shell, "/tmp/out-" + call % 100, 0x241);
            case 16 ->
                evidence(Event.newBuilder()
                        .setFileChanged(FileChanged.newBuilder()
                                .setActor(actor(shell))
                                .setOperation("unlink")
                                .setPath("/tmp/out-" + call % 100)));
            case 17 -> exited(child);
            case 18 -> exited(shell);
            default ->
                event(
                        Channel.CLAIMS,
                        Event.newBuilder()
                                .setToolResult(ToolResult.newBuilder()
                                        .setCall(id)
                                        .setTool("Bash")
                                        .setOutcome("success")
                                        .setOutput("src/File.java:12: TODO")));
        };
    }

    private Event begin(int step) {
        return switch (step) {
            case 0 ->
                event(
                        Channel.CONTROL,
                        Event.newBuilder()
                                .setTaskAssigned(TaskAssigned.newBuilder()
                                        .setTask("List what is left to do")
                                        .setAgent("claude-code")
                                        .setHome("/home/agent")
                                        .setWorkspace("/workspace")
                                        .setPolicy(PolicyDefaults.policy())));
            case 1 ->
                evidence(Event.newBuilder()
                        .setProcessStarted(ProcessStarted.newBuilder()
                                .setActor(actor(AGENT))
                                .setBinary("/opt/plumbline/plumbline-guest")
                                .setFirst(true)));
            case 2 -> started(AGENT, "/usr/bin/claude", "claude", "-p", "List what is left to do");
            default -> probe();
        };
    }

    /** A question that is answered when everything before it was judged. */
    Event probe() {
        return evidence(Event.newBuilder().setPathProbed(PathProbed.getDefaultInstance()));
    }

    /** The sandbox has ended. */
    Event exited() {
        return evidence(
                Event.newBuilder().setRuntimeState(RuntimeState.newBuilder().setState(RuntimeState.State.EXITED)));
    }

    private Event opened(ProcessRef process, String path, int flags) {
        return evidence(Event.newBuilder()
                .setFileOpened(FileOpened.newBuilder()
                        .setActor(actor(process))
                        .setPath(path)
                        .setFlags(flags)));
    }

    private Event started(ProcessRef process, String binary, String... argv) {
        return evidence(Event.newBuilder()
                .setProcessStarted(ProcessStarted.newBuilder()
                        .setActor(actor(process))
                        .setBinary(binary)
                        .addAllArgv(List.of(argv))));
    }

    private Event exited(ProcessRef process) {
        return evidence(
                Event.newBuilder().setProcessExited(ProcessExited.newBuilder().setActor(actor(process))));
    }

    private static ProcessForked.Builder fork(ProcessRef parent, ProcessRef child) {
        return ProcessForked.newBuilder().setActor(actor(parent)).setChild(child);
    }

    private static ProcessRef process(int number) {
        return ProcessRef.newBuilder()
                .setThreadGroup(number)
                .setStartTimeNs(number)
                .build();
    }

    private static Actor actor(ProcessRef process) {
        return Actor.newBuilder()
                .setProcess(process)
                .setThread(process.getThreadGroup())
                .setName("bash")
                .setCwd("/workspace")
                .setUid(1000)
                .build();
    }

    private Event evidence(Event.Builder payload) {
        return event(Channel.EVIDENCE, payload);
    }

    private Event event(Channel channel, Event.Builder payload) {
        time += 50_000;
        return EventIds.withId(payload.setTenant("default")
                .setHost(host)
                .setSession(session)
                .setChannel(channel)
                .setSeq(seqs.merge(channel, 1L, Long::sum))
                .setEventTimeNs(time)
                .setObservedTimeNs(time + 100_000));
    }
}
