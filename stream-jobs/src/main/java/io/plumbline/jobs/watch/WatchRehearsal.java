package io.plumbline.jobs.watch;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.crosssession.SessionFacts;
import io.plumbline.watcher.state.SessionState;
import java.util.List;

/**
 * A session that nobody runs, in memory: its decoy is read and it must be frozen. It shows that this watcher freezes, and the
 * first real freeze finds the code of the watcher and of its judges loaded and compiled.
 */
final class WatchRehearsal {
    /** Methods are compiled once they were called some 200 times. */
    private static final int SESSIONS = 250;

    private static final String HOME = "/home/agent";
    private static final String DECOY = HOME + "/.ssh/id_rsa";

    private WatchRehearsal() {}

    /** @throws IllegalStateException when the watcher does not freeze; the jobs must then not pretend to watch */
    static void run(Watcher watcher) {
        for (int i = 0; i < SESSIONS; i++) {
            if (!freezes(watcher)) {
                throw new IllegalStateException("the watcher did not freeze a session that read its decoy");
            }
        }
    }

    private static boolean freezes(Watcher watcher) {
        SessionState session = SessionState.empty();
        watcher.onEvent(
                session,
                event(Channel.CONTROL, 1)
                        .setTaskAssigned(TaskAssigned.newBuilder()
                                .setTask("rehearsal")
                                .setAgent("none")
                                .setHome(HOME)
                                .setWorkspace("/workspace")
                                .setPolicy(TaskPolicy.newBuilder()
                                        .setName("rehearsal")
                                        .addDecoys(DECOY)))
                        .build());
        Actor actor = Actor.newBuilder()
                .setProcess(ProcessRef.newBuilder().setThreadGroup(2).setStartTimeNs(1))
                .build();
        watcher.onEvent(
                session,
                event(Channel.EVIDENCE, 1)
                        .setProcessStarted(
                                ProcessStarted.newBuilder().setActor(actor).setFirst(true))
                        .build());
        watcher.onEvent(
                session,
                event(Channel.EVIDENCE, 2)
                        .setProcessStarted(ProcessStarted.newBuilder()
                                .setActor(actor)
                                .setBinary("/usr/bin/cat")
                                .addArgv("cat")
                                .addArgv(DECOY))
                        .build());
        Event read = event(Channel.EVIDENCE, 3)
                .setFileOpened(FileOpened.newBuilder().setActor(actor).setPath(DECOY))
                .build();
        List<Event> verdicts = watcher.onEvent(session, read);
        return verdicts.stream().anyMatch(Event::hasFreezeOrdered)
                && !SessionFacts.of(session, read, verdicts).isEmpty();
    }

    private static Event.Builder event(Channel channel, long seq) {
        Event.Builder event = Event.newBuilder()
                .setTenant("rehearsal")
                .setHost("rehearsal")
                .setSession("00000000000000000000000000000000")
                .setChannel(channel)
                .setSeq(seq)
                .setEventTimeNs(seq)
                .setObservedTimeNs(seq);
        return event.setId(EventIds.derived("rehearsal", channel.name(), Long.toString(seq)));
    }
}
