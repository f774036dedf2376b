package io.plumbline.e2e;

import io.plumbline.events.EventIds;
import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.HostDaemon;
import io.plumbline.sandbox.egress.EgressSettings;
import io.plumbline.sandbox.link.HostLink;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.session.HostSettings;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.sandbox.session.SandboxHost;
import io.plumbline.standalone.Layout;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.state.SessionState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A sandbox host with the watcher at the other end of its link, in this process: real sandboxes without the platform. */
final class WatchedHost implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Path base;
    private final SandboxHost.Running running;
    private final Link link;

    private WatchedHost(Path base, SandboxHost.Running running, Link link) {
        this.base = base;
        this.running = running;
        this.link = link;
    }

    /** How a session ended, what it printed, and its events and verdicts in the order of the log. */
    record Lived(int code, String reason, String output, List<Event> events) {}

    /** With a watcher without judges: nothing but its own checks. */
    static WatchedHost open(Layout layout) throws Exception {
        return open(layout, List.of());
    }

    /** @param judges asked about every event */
    static WatchedHost open(Layout layout, List<Judge> judges) throws Exception {
        // Short: the sockets of sessions lie below it.
        Path base = Files.createTempDirectory(Path.of("/var/tmp"), "plw");
        Link link = new Link(new Watcher(judges));
        Path key = Files.writeString(base.resolve("key"), "0".repeat(64));
        HostSettings settings = HostSettings.of(Map.of(
                "host.redaction-key-file", key.toString(),
                "host.data", base.resolve("d").toString(),
                "host.name", "test",
                "ingest.address", "unused",
                "ingest.token", "unused",
                "runsc.path", layout.tools().resolve("runsc/runsc").toString(),
                "agents.path", layout.agents().toString(),
                "guest.path", layout.tools().resolve("plumbline-guest").toString()));
        try {
            SandboxHost.Running running = SandboxHost.open(
                    settings,
                    new SandboxHost.Wiring(
                            link, parts -> HostDaemon.parts(parts, EgressSettings.none()), HostDaemon::policy));
            return new WatchedHost(base, running, link);
        } catch (Exception e) {
            delete(base);
            throw e;
        }
    }

    Path folder(String name) throws IOException {
        return Files.createDirectories(base.resolve(name));
    }

    /** Who follows a session while it runs. */
    interface Onlooker {
        /** Told of its id before anything else of it. */
        default void begun(String session) {}

        /** Told on the thread that reads what the host says. */
        void frozen(String session, String reason);
    }

    /** Runs a session to its end; one that is frozen is killed, since nobody is there to thaw it. */
    Lived run(RunClient.Request request) throws Exception {
        return run(request, this::kill);
    }

    /** Runs a session to its end. */
    Lived run(RunClient.Request request, Onlooker onlooker) throws Exception {
        StringBuffer output = new StringBuffer();
        String[] id = {""};
        RunClient client = new RunClient(base.resolve("d/run.sock"));
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            RunClient.Exit exit = thread.submit(() -> client.run(request, new RunClient.Follower() {
                        @Override
                        public void session(String session) {
                            id[0] = session;
                            onlooker.begun(session);
                        }

                        @Override
                        public void stdout(byte[] bytes) {
                            keep(bytes);
                        }

                        @Override
                        public void stderr(byte[] bytes) {
                            keep(bytes);
                        }

                        @Override
                        public void state(String state, String reason) {
                            if (state.equals("FROZEN")) {
                                onlooker.frozen(id[0], reason);
                            }
                        }

                        private void keep(byte[] bytes) {
                            if (output.length() < 1 << 20) {
                                output.append(new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
                            }
                        }
                    }))
                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            return new Lived(exit.code(), exit.reason(), output.toString(), link.events(id[0]));
        }
    }

    /** Past the watcher, as what follows. */
    void kill(String session, String reason) {
        link.order(
                session,
                Event.newBuilder()
                        .setKillOrdered(
                                KillOrdered.newBuilder().setOrderedBy("test").setReason("frozen: " + reason)));
    }

    void freeze(String session) {
        link.order(
                session,
                Event.newBuilder()
                        .setFreezeOrdered(
                                FreezeOrdered.newBuilder().setOrderedBy("test").setReason("to look at it")));
    }

    void thaw(String session) {
        link.order(
                session,
                Event.newBuilder()
                        .setThawOrdered(
                                ThawOrdered.newBuilder().setOrderedBy("test").setReason("looked at")));
    }

    @Override
    public void close() throws Exception {
        running.close();
        delete(base);
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Numbers and bounds events as the real link does, and hands them to the watcher one by one. */
    private static final class Link implements HostLink {
        private final Watcher watcher;
        private final Map<String, List<Event>> logs = new ConcurrentHashMap<>();
        private final Map<String, VerdictListener> listeners = new ConcurrentHashMap<>();

        Link(Watcher watcher) {
            this.watcher = watcher;
        }

        void order(String session, Event.Builder order) {
            VerdictListener listener = listeners.get(session);
            if (listener != null) {
                listener.onVerdict(
                        EventIds.withId(order.setSession(session).setChannel(Channel.VERDICTS)),
                        StageTimes.getDefaultInstance());
            }
        }

        List<Event> events(String session) {
            return List.copyOf(logs.getOrDefault(session, List.of()));
        }

        @Override
        public SessionOutbox open(String tenant, String session, VerdictListener listener, Predicate<Event> routine) {
            Map<Channel, Long> numbers = new EnumMap<>(Channel.class);
            SessionState state = SessionState.empty();
            List<Event> log = new CopyOnWriteArrayList<>();
            logs.put(session, log);
            listeners.put(session, listener);
            return (channel, time, payload) -> {
                Event event;
                List<Event> verdicts;
                synchronized (numbers) {
                    event = EventIds.withId(EventLimits.bounded(payload).toBuilder()
                            .setTenant(tenant)
                            .setHost("test")
                            .setSession(session)
                            .setChannel(channel)
                            .setSeq(numbers.merge(channel, 1L, Long::sum))
                            .setEventTimeNs(time)
                            .setObservedTimeNs(time));
                    log.add(event);
                    verdicts = new ArrayList<>(watcher.onEvent(state, event));
                    log.addAll(verdicts);
                    for (Event question : List.copyOf(verdicts)) {
                        if (question.hasApprovalRequested()) {
                            Event refusal = refusal(question, time);
                            log.add(refusal);
                            List<Event> settled = watcher.onEvent(state, refusal);
                            log.addAll(settled);
                            verdicts.addAll(settled);
                        }
                    }
                }
                verdicts.forEach(verdict -> listener.onVerdict(verdict, StageTimes.getDefaultInstance()));
                return event;
            };
        }

        /** There is nobody to say yes. */
        private static Event refusal(Event question, long time) {
            return EventIds.withId(Event.newBuilder()
                    .setTenant(question.getTenant())
                    .setSession(question.getSession())
                    .setChannel(Channel.CONTROL)
                    .setEventTimeNs(time)
                    .setObservedTimeNs(time)
                    .setApprovalDecided(ApprovalDecided.newBuilder()
                            .setApproval(question.getApprovalRequested().getApproval())
                            .setDecidedBy("test")
                            .setReason("nobody says yes here")
                            .setSubjectSha256(question.getApprovalRequested().getSubjectSha256())));
        }

        @Override
        public void end(String session) {}

        @Override
        public Duration disconnectedFor() {
            return Duration.ZERO;
        }

        @Override
        public void close() {}
    }
}
