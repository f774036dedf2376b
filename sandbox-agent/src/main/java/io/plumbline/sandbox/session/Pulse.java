package io.plumbline.sandbox.session;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.runtime.Warden;
import io.plumbline.sandbox.trace.TraceListener;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every second of a session: says that the host still watches, and looks at what the policy limits. A thread of the platform,
 * since virtual ones share their carriers with whatever else the daemon does; nothing on it waits for what a workload decides
 * the length of.
 */
final class Pulse implements AutoCloseable {
    /** How long the sandbox's kernel may take to say something of itself. */
    static final Duration INSPECTION_LIMIT = Duration.ofMillis(200);

    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    /** Without a figure in the policy, the session may run this long without the platform. */
    private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(30);

    /** Beats for which the trace may have something to do and not get on. */
    private static final int STALL_BEATS = 10;

    /** After as many without a message the sandbox's kernel is asked all the same. */
    private static final int MAX_QUIET_BEATS = 9;

    private static final Logger LOG = LoggerFactory.getLogger(Pulse.class);

    /**
     * Of whom it is the pulse.
     *
     * @param dropped trace messages that the sandbox's kernel has dropped so far, which is told how long the answer may take
     * @param usage of the sandbox
     */
    record Watched(
            String session,
            Instant started,
            SessionJournal journal,
            TraceListener trace,
            Function<Duration, OptionalLong> dropped,
            SessionLimits.Usage usage,
            Responder orders,
            Warden warden,
            SessionLimits limits,
            PolicyInForce policy) {}

    private final Watched watched;
    private final Supplier<Duration> disconnected;
    private final Runnable keepWeight;
    private final Consumer<String> freezeParts;
    private final Consumer<String> blind;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Limit alone = new Limit();
    private final Limit wallClock = new Limit();
    private final Thread thread;

    // Of the thread alone.
    private long messagesBefore = -1;
    private int quietBeats;
    private final Stall reader = new Stall(STALL_BEATS);
    private final Stall publisher = new Stall(STALL_BEATS);

    /**
     * @param disconnected for how long the platform has been out of reach
     * @param keepWeight sees to it that the sandboxes of the host have the weight that they should have
     * @param freezeParts tells the session's parts of a freeze, with its reason
     * @param blind the session cannot be watched any more, with the reason
     */
    Pulse(
            Watched watched,
            Supplier<Duration> disconnected,
            Runnable keepWeight,
            Consumer<String> freezeParts,
            Consumer<String> blind) {
        this.watched = watched;
        this.disconnected = disconnected;
        this.keepWeight = keepWeight;
        this.freezeParts = freezeParts;
        this.blind = blind;
        this.thread =
                Thread.ofPlatform().daemon().name("pulse-" + watched.session()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!ended.await(HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS)) {
                beat();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("the pulse of session {} has failed", watched.session(), e);
            blind.accept("the host's own look at the session has failed: " + e.getMessage());
        }
    }

    /** Of its thread, and of a test's in its place. */
    void beat() {
        // First: what follows may wait for the one that hangs, and then the warden stops the session.
        listening(watched.trace().work());
        boolean told = told();
        try {
            if (told) {
                watched.dropped().apply(INSPECTION_LIMIT).ifPresent(watched.trace()::runtimeDropped);
            }
            watched.journal().heartbeat(watched.trace().lostTotal());
        } catch (SpoolException e) {
            // The journal has frozen the session.
        }
        TaskPolicy policy = watched.policy().policy();
        alone(policy);
        guard();
        keepWeight.run();
        Responder orders = watched.orders();
        for (SessionLimits.Reached reached :
                watched.limits().look(policy, watched.usage(), orders.state(), INSPECTION_LIMIT, told)) {
            if (reached.freezes()) {
                freeze(reached.reason());
            }
            publish(watched.journal(), reached);
        }
        long seconds = Duration.between(watched.started(), Instant.now()).toSeconds();
        if (wallClock.crossed(policy.getWallClockSeconds() != 0 && seconds > policy.getWallClockSeconds())) {
            orders.killHere("wall clock: " + seconds + " s (expected: <= " + policy.getWallClockSeconds() + ")");
        }
    }

    /**
     * Whether there is something to ask the sandbox's kernel about: each question wakes it, and a host has many sessions that do
     * nothing for a while. Where no message came, none was lost either: a full socket has messages in it.
     */
    private boolean told() {
        long messages = watched.trace().counts().messages();
        boolean told = messages != messagesBefore || quietBeats == MAX_QUIET_BEATS;
        quietBeats = told ? 0 : quietBeats + 1;
        messagesBefore = messages;
        return told;
    }

    private void listening(TraceListener.Work work) {
        if (reader.hangs(work.read(), work.reading())) {
            freeze("the trace has not been read for " + STALL_BEATS + " s");
        }
        if (publisher.hangs(work.published(), work.publishing())) {
            freeze("the trace has not been published for " + STALL_BEATS + " s");
        }
    }

    private void alone(TaskPolicy policy) {
        Duration patience =
                policy.getPatienceSeconds() == 0 ? DEFAULT_PATIENCE : Duration.ofSeconds(policy.getPatienceSeconds());
        Duration since = disconnected.get();
        if (alone.crossed(since.compareTo(patience) > 0)) {
            freeze("the platform has been out of reach for " + since.toSeconds() + " s");
        }
    }

    /** The warden stops a session whose daemon is silent, and this daemon never lets it run without one. */
    private void guard() {
        switch (watched.warden().pulse()) {
            case GUARDING -> {}
            case STOPPED_IT ->
                freeze("the sandbox host was silent for longer than " + Warden.SILENCE.toSeconds()
                        + " s; its warden stopped the session");
            case GONE -> {
                try {
                    watched.warden().restart();
                    LOG.warn("session {}: its warden had gone and was replaced", watched.session());
                } catch (SandboxException e) {
                    blind.accept("the session's warden has gone and cannot be replaced: " + e.getMessage());
                }
            }
        }
    }

    private void freeze(String reason) {
        watched.orders().freezeHere(reason);
        freezeParts.accept(reason);
    }

    /** Puts a limit that was reached into the session's log. */
    static void publish(SessionJournal journal, SessionLimits.Reached reached) {
        try {
            journal.publish(
                    Channel.EVIDENCE, Clock.nowNanos(), Event.newBuilder().setLimitReached(reached.payload()));
        } catch (SpoolException e) {
            // The journal has frozen the session.
        }
    }

    /** Returns when it beats no more. */
    @Override
    public void close() throws InterruptedException {
        ended.countDown();
        thread.join();
    }

    /** Says once that a limit was crossed, and again only after it was kept in between. */
    private static final class Limit {
        private boolean over;

        boolean crossed(boolean now) {
            boolean first = now && !over;
            over = now;
            return first;
        }
    }
}
