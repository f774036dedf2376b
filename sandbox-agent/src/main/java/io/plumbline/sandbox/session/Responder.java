package io.plumbline.sandbox.session;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.runtime.Brake;
import io.plumbline.sandbox.runtime.Freezer;
import io.plumbline.sandbox.trace.Tripwire;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out the orders for one session: freeze, thaw, kill; each verdict once, by its id. An order ends with a
 * {@link RuntimeState} that names it, whatever became of it. Evidence is collected while frozen, before any kill.
 *
 * <p>Orders are taken on any thread and carried out one after the other on a thread of their own, which is started and warm
 * before the workload is.
 */
final class Responder implements VerdictListener, AutoCloseable {
    /** Verdict ids remembered; a delivery is repeated within minutes, not after this many others. */
    private static final int REMEMBERED = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(Responder.class);

    private final String session;
    private final Freezer freezer;
    private final EvidenceCollection evidence;
    private final SessionJournal journal;
    private final RuntimeState runtime;
    private final StateObserver observer;
    private final Obeyed obeyed;
    private final LinkedBlockingQueue<Runnable> orders = new LinkedBlockingQueue<>();
    private final Map<String, Boolean> seen = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };
    private final Thread worker;
    private volatile boolean closed;

    /** Why the session must stay frozen whoever orders a thaw; empty while it can be seen. */
    private volatile String blindness = "";

    /** How often the host froze it on its own account: a thaw that was ordered before the last time says nothing of it. */
    private final AtomicLong ownFreezes = new AtomicLong();

    private volatile String lastOwnFreeze = "";

    /** Why it ended, once somebody ended it; else empty. */
    private volatile String killReason = "";

    /** Is told of each freeze and thaw that was carried out, in their order, for what has to follow the sandbox. */
    @FunctionalInterface
    interface Obeyed {
        void obeyed(Event order, StageTimes stages);
    }

    /** Is told of every state that was reached, with the reason. */
    @FunctionalInterface
    interface StateObserver {
        void reached(RuntimeState.State state, String reason);
    }

    /**
     * @param evidence what is kept of a frozen session
     * @param obeyed told of each freeze and thaw that was carried out; freezes are told of at once elsewhere as well
     */
    Responder(
            String session,
            Brake brake,
            EvidenceCollection evidence,
            SessionJournal journal,
            String runtime,
            StateObserver observer,
            Obeyed obeyed) {
        this(
                session,
                brake,
                evidence,
                journal,
                RuntimeState.newBuilder().setRuntime(runtime).build(),
                observer,
                obeyed);
    }

    /** @param runtime what every state that is reported says of the runtime */
    Responder(
            String session,
            Brake brake,
            EvidenceCollection evidence,
            SessionJournal journal,
            RuntimeState runtime,
            StateObserver observer,
            Obeyed obeyed) {
        this.session = session;
        this.freezer = new Freezer(brake);
        this.evidence = evidence;
        this.journal = journal;
        this.runtime = runtime;
        this.observer = observer;
        this.obeyed = obeyed;
        this.worker = Thread.ofPlatform().daemon().name("respond-" + session).start(this::work);
    }

    @Override
    public void onVerdict(Event verdict, StageTimes stages) {
        long received = Clock.nowNanos();
        switch (verdict.getPayloadCase()) {
            case FREEZE_ORDERED -> {
                if (firstSeen(verdict.getId())) {
                    Order order = new Order(
                            verdict.getId(),
                            verdict.getFreezeOrdered().getReason(),
                            verdict.getFreezeOrdered().getCause(),
                            stages.toBuilder().setHostReceivedNs(received));
                    orders.add(() -> freeze(order));
                }
            }
            case THAW_ORDERED -> {
                if (firstSeen(verdict.getId())) {
                    Order order = new Order(
                            verdict.getId(),
                            verdict.getThawOrdered().getReason(),
                            verdict.getThawOrdered().getCause(),
                            stages.toBuilder().setHostReceivedNs(received));
                    long freezesBefore = ownFreezes.get();
                    orders.add(() -> thaw(order, freezesBefore, verdict, stages));
                }
            }
            case KILL_ORDERED -> {
                if (firstSeen(verdict.getId())) {
                    Order order = new Order(
                            verdict.getId(),
                            verdict.getKillOrdered().getReason(),
                            verdict.getKillOrdered().getCause(),
                            stages.toBuilder().setHostReceivedNs(received));
                    orders.add(() -> kill(order));
                }
            }
            default -> {}
        }
    }

    /**
     * The session can no longer be watched: freezes it at once, on the caller's thread, and refuses to thaw it from now on.
     *
     * @param reason one sentence
     * @return whether this was the first reason
     */
    boolean blind(String reason) {
        boolean first;
        synchronized (seen) {
            first = blindness.isEmpty();
            if (first) {
                blindness = reason;
            }
        }
        if (first) {
            freezeHere(reason);
        } else {
            // Already told: a report that cannot be kept must not be the cause of the next report.
            freezer.freeze();
        }
        return first;
    }

    /** Whether the session must stay frozen whoever orders a thaw. */
    boolean isBlind() {
        return !blindness.isEmpty();
    }

    /** Freezes on the host's own account, for a reason that may pass: a thaw is possible. */
    void freezeHere(String reason) {
        Order order = Order.own(reason);
        lastOwnFreeze = reason;
        ownFreezes.incrementAndGet();
        Freezer.Outcome outcome = freezer.freeze();
        order.times.setDoneNs(Clock.nowNanos());
        orders.add(() -> reportFreeze(order, outcome));
    }

    /** Freezes at once, on the caller's thread; what is returned reports it with the event that was the cause. */
    Tripwire.Hit tripped(String reason) {
        StageTimes.Builder times = StageTimes.newBuilder().setHostReceivedNs(Clock.nowNanos());
        lastOwnFreeze = reason;
        ownFreezes.incrementAndGet();
        Freezer.Outcome outcome = freezer.freeze();
        times.setDoneNs(Clock.nowNanos());
        if (outcome instanceof Freezer.Outcome.Failed) {
            // The report waits for the event that was the cause; what cannot be frozen must not go on until then.
            killHere(reason);
        }
        return cause -> orders.add(() -> reportFreeze(new Order("", reason, cause.getId(), times), outcome));
    }

    /**
     * Stops again what somebody else let go while it was to stand still; see {@link Freezer#hold}.
     *
     * @return whether it was to stand still
     */
    boolean holdHere(String reason) {
        Order order = Order.own(reason);
        Freezer.Outcome outcome = freezer.hold();
        order.times.setDoneNs(Clock.nowNanos());
        if (outcome instanceof Freezer.Outcome.Running) {
            return false;
        }
        orders.add(() -> reportFreeze(order, outcome));
        return true;
    }

    /** Ends the session on the host's own account; evidence first. */
    void killHere(String reason) {
        Order order = Order.own(reason);
        orders.add(() -> kill(order));
    }

    /** Has {@code report} run in the order of the reports of states, unless the session stands still by then. */
    void whileRunning(Runnable report) {
        orders.add(() -> {
            if (freezer.state() == Freezer.State.RUNNING) {
                report.run();
            }
        });
    }

    /** Why somebody ended the session; empty when nobody did. */
    String killReason() {
        return killReason;
    }

    Freezer.State state() {
        return freezer.state();
    }

    /** Takes no further order; waits for the one that is being carried out. */
    @Override
    public void close() {
        closed = true;
        orders.add(() -> {});
        try {
            worker.join(Duration.ofSeconds(15));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean firstSeen(String verdict) {
        synchronized (seen) {
            return seen.put(verdict, Boolean.TRUE) == null;
        }
    }

    private void work() {
        while (!closed || !orders.isEmpty()) {
            try {
                orders.take().run();
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                // The act itself is done before anything here can fail: what fails is the report, and the journal has
                // said so.
                LOG.error("an order could not be reported", e);
            } catch (Error e) {
                // Out of memory, most likely: nobody knows what was done, and the next order must still find a worker.
                freezer.freeze();
                LOG.error("an order could not be carried out; the session was stopped", e);
            }
        }
    }

    private void freeze(Order order) {
        Freezer.Outcome outcome = freezer.freeze();
        order.times.setDoneNs(Clock.nowNanos());
        reportFreeze(order, outcome);
    }

    private void reportFreeze(Order order, Freezer.Outcome outcome) {
        switch (outcome) {
            case Freezer.Outcome.Frozen frozen -> {
                // Again, from the thread that tells of thaws too: the last word is the sandbox's own state.
                obeyed.obeyed(
                        Event.newBuilder()
                                .setSession(session)
                                .setFreezeOrdered(FreezeOrdered.newBuilder().setReason(order.reason))
                                .build(),
                        StageTimes.getDefaultInstance());
                state(RuntimeState.State.FROZEN, order, order.reason, frozen.mechanism());
                if (!frozen.already()) {
                    evidence.collect(order.verdict);
                }
            }
            case Freezer.Outcome.Dead dead -> ended(order);
            // Neither asking nor forcing stopped it: what cannot be frozen must not go on.
            case Freezer.Outcome.Failed failed -> kill(order);
            case Freezer.Outcome.Running running -> throw new IllegalStateException("a freeze does not thaw");
        }
    }

    /** @param freezesBefore how often the host had frozen the session on its own account when the order came */
    private void thaw(Order order, long freezesBefore, Event verdict, StageTimes stages) {
        Freezer.Outcome outcome = freezer.thawUnless(() -> !blindness.isEmpty() || ownFreezes.get() != freezesBefore);
        order.times.setDoneNs(Clock.nowNanos());
        switch (outcome) {
            case Freezer.Outcome.Running running -> {
                obeyed.obeyed(verdict, stages);
                state(RuntimeState.State.RUNNING, order, order.reason, freezer.mechanism());
            }
            case Freezer.Outcome.Dead dead -> ended(order);
            case Freezer.Outcome.Failed failed ->
                state(RuntimeState.State.FROZEN, order, "not thawed: " + failed.reason(), "sigstop");
            case Freezer.Outcome.Frozen frozen ->
                state(
                        RuntimeState.State.FROZEN,
                        order,
                        blindness.isEmpty()
                                ? "not thawed, the host has frozen it since the order: " + lastOwnFreeze
                                : "not thawed, the session cannot be watched: " + blindness,
                        frozen.mechanism());
        }
    }

    private void kill(Order order) {
        killReason = order.reason.isEmpty() ? "killed by order" : order.reason;
        boolean killed = false;
        try {
            if (freezer.freeze() instanceof Freezer.Outcome.Frozen frozen && !frozen.already()) {
                evidence.collect(order.verdict);
            }
        } finally {
            killed = freezer.kill();
        }
        order.times.setDoneNs(Clock.nowNanos());
        if (killed) {
            state(RuntimeState.State.KILLED, order, order.reason, "sigkill");
        } else {
            killReason = "";
            RuntimeState.State now =
                    freezer.state() == Freezer.State.RUNNING ? RuntimeState.State.RUNNING : RuntimeState.State.FROZEN;
            state(now, order, "not killed, the runtime does not answer: " + order.reason, "");
        }
    }

    private void ended(Order order) {
        state(RuntimeState.State.EXITED, order, "the session had ended: " + order.reason, "");
    }

    private void state(RuntimeState.State state, Order order, String reason, String mechanism) {
        // Looked up here: an answer may come before the event that caused it is noted.
        journal.timesOf(order.cause)
                .ifPresent(
                        known -> order.times.setKernelNs(known.eventNanos()).setHostObservedNs(known.observedNanos()));
        try {
            journal.publish(
                    Channel.EVIDENCE,
                    order.times.getDoneNs(),
                    Event.newBuilder()
                            .setRuntimeState(runtime.toBuilder()
                                    .setState(state)
                                    .setOrder(order.verdict)
                                    .setReason(reason)
                                    .setMechanism(mechanism)
                                    .setStages(order.times)));
        } finally {
            // Also when the spool is full. On a thread of its own: whoever follows the session may have stopped
            // reading, and the next order must not wait.
            Thread.ofPlatform().daemon().name("reached").start(() -> observer.reached(state, reason));
        }
    }

    /**
     * What is to be done.
     *
     * @param verdict id of the verdict; empty: the host's own decision
     * @param cause id of the event that led to it; may be empty
     */
    private record Order(String verdict, String reason, String cause, StageTimes.Builder times) {
        static Order own(String reason) {
            return new Order("", reason, "", StageTimes.newBuilder().setHostReceivedNs(Clock.nowNanos()));
        }
    }
}
