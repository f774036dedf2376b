package io.plumbline.bench;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** A session without a sandbox that goes on at {@value #EVENTS_PER_SECOND} events a second by the clock. */
final class LiveSession {
    static final String ID = "bench-live";
    static final int EVENTS_PER_SECOND = 200;

    /** Uses of files before it goes on. */
    static final int FIRST_FILES = 6_000;

    private static final long FIRST_SECONDS = 60;

    private final Consumer<Event> log;
    private long evidence;

    LiveSession(Consumer<Event> log) {
        this.log = log;
    }

    /** A task, a sandbox that runs, an announced call, and {@value #FIRST_FILES} uses of files around it, in the last minute. */
    void begin() {
        long start = nanos() - TimeUnit.SECONDS.toNanos(FIRST_SECONDS);
        send(
                Channel.CONTROL,
                0,
                start,
                Event.newBuilder()
                        .setTaskAssigned(TaskAssigned.newBuilder()
                                .setTask("Run the tests")
                                .setAgent("codex")
                                .setAssignedBy("bench")
                                .setWorkspace("/work")
                                .setPolicy(TaskPolicy.newBuilder().setName("bench"))));
        send(
                Channel.EVIDENCE,
                ++evidence,
                start,
                Event.newBuilder().setRuntimeState(RuntimeState.newBuilder().setState(RuntimeState.State.RUNNING)));
        send(
                Channel.CLAIMS,
                1,
                start + TimeUnit.SECONDS.toNanos(FIRST_SECONDS / 2),
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall("c1")
                                .setTool("shell")
                                .setCommand("make test")));
        for (int i = 0; i < FIRST_FILES; i++) {
            file(start + i * TimeUnit.SECONDS.toNanos(FIRST_SECONDS) / FIRST_FILES);
        }
    }

    /** @return when each event was handed over, milliseconds since the epoch */
    List<Long> goOn(Duration length) {
        List<Long> sent = new ArrayList<>();
        long begun = System.nanoTime();
        long all = length.toMillis() * EVENTS_PER_SECOND / 1_000;
        for (int i = 0; i < all; i++) {
            long due = begun + i * TimeUnit.SECONDS.toNanos(1) / EVENTS_PER_SECOND;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            file(nanos());
            sent.add(System.currentTimeMillis());
        }
        return sent;
    }

    private void file(long at) {
        evidence++;
        send(
                Channel.EVIDENCE,
                evidence,
                at,
                Event.newBuilder().setFileOpened(FileOpened.newBuilder().setPath("/work/file-" + evidence % 40)));
    }

    private void send(Channel channel, long seq, long at, Event.Builder payload) {
        log.accept(EventIds.withId(payload.setTenant("default")
                .setSession(ID)
                .setHost("bench-host-live")
                .setChannel(channel)
                .setSeq(seq)
                .setEventTimeNs(at)
                .setObservedTimeNs(at)));
    }

    private static long nanos() {
        return System.currentTimeMillis() * 1_000_000L;
    }
}
