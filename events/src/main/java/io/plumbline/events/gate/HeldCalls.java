package io.plumbline.events.gate;

import io.plumbline.events.gate.GateOutcome.Kind;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tool calls that wait for the platform's answer. The first answer ends the wait unless it is ASK; then the second one does.
 * Whatever else happens (no answer, overload, the end) denies.
 *
 * <p>An answer may overtake the call's registration: answers that nobody waits for are remembered for a while.
 */
public final class HeldCalls implements AutoCloseable {
    /** Answers remembered for calls that are not registered yet. */
    private static final int MAX_EARLY = 1024;

    private final ScheduledExecutorService timer;
    private final int maxHeld;
    private final Map<String, Held> held = new HashMap<>();
    private final LinkedHashMap<String, List<GateAnswered>> early = new LinkedHashMap<>();
    private @Nullable String closed;

    private static final class Held {
        final CompletableFuture<GateOutcome> outcome = new CompletableFuture<>();
        final Duration approvalDeadline;
        boolean asked;

        @Nullable
        Future<?> deadline;

        Held(Duration approvalDeadline) {
            this.approvalDeadline = approvalDeadline;
        }
    }

    /**
     * @param timer runs deadlines; its tasks are short
     * @param maxHeld calls held at once; further ones are denied
     */
    public HeldCalls(ScheduledExecutorService timer, int maxHeld) {
        this.timer = timer;
        this.maxHeld = maxHeld;
    }

    /**
     * Waits for the answers with this cause. The future always completes normally.
     *
     * @param cause id of the ToolCall event
     * @param gateDeadline for the first answer
     * @param approvalDeadline for the second answer, counted from an ASK
     */
    public CompletableFuture<GateOutcome> hold(String cause, Duration gateDeadline, Duration approvalDeadline) {
        Held call = new Held(approvalDeadline);
        List<GateAnswered> answers;
        synchronized (this) {
            if (closed != null) {
                call.outcome.complete(GateOutcome.denied(Kind.CLOSED, closed));
                return call.outcome;
            }
            if (held.size() >= maxHeld) {
                call.outcome.complete(GateOutcome.denied(Kind.OVERLOADED, "too many calls wait for an answer"));
                return call.outcome;
            }
            held.put(cause, call);
            call.deadline = timer.schedule(
                    () -> expire(cause, Kind.NO_ANSWER, "no answer from the platform in time"),
                    gateDeadline.toNanos(),
                    TimeUnit.NANOSECONDS);
            answers = early.remove(cause);
        }
        if (answers != null) {
            answers.forEach(this::answered);
        }
        return call.outcome;
    }

    /** Takes an answer of the platform. Never blocks; answers of other sessions and repeated ones do no harm. */
    public void answered(GateAnswered answer) {
        Held call;
        GateOutcome outcome;
        synchronized (this) {
            call = held.get(answer.getCause());
            if (call == null) {
                early.computeIfAbsent(answer.getCause(), cause -> new ArrayList<>(2))
                        .add(answer);
                if (early.size() > MAX_EARLY) {
                    early.pollFirstEntry();
                }
                return;
            }
            if (answer.getDecision() == GateDecision.ASK) {
                ask(answer.getCause(), call);
                return;
            }
            outcome = answer.getDecision() == GateDecision.ALLOW
                    ? new GateOutcome(Kind.ANSWERED, true, answer.getReason())
                    : GateOutcome.denied(Kind.ANSWERED, answer.getReason());
            remove(answer.getCause(), call);
        }
        call.outcome.complete(outcome);
    }

    public synchronized int size() {
        return held.size();
    }

    /** Denies every call that is held and every one to come. */
    public void denyAll(String reason) {
        List<Held> ended;
        synchronized (this) {
            closed = reason;
            ended = List.copyOf(held.values());
            held.forEach((cause, call) -> cancel(call));
            held.clear();
            early.clear();
        }
        ended.forEach(call -> call.outcome.complete(GateOutcome.denied(Kind.CLOSED, reason)));
    }

    @Override
    public void close() {
        denyAll("the session is over");
    }

    private void ask(String cause, Held call) {
        if (call.asked) {
            return;
        }
        call.asked = true;
        cancel(call);
        call.deadline = timer.schedule(
                () -> expire(cause, Kind.APPROVAL_TIMED_OUT, "timed out waiting for approval"),
                call.approvalDeadline.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    private void expire(String cause, Kind kind, String reason) {
        Held call;
        synchronized (this) {
            call = held.get(cause);
            // An ASK may have come between the deadline's start and here.
            if (call == null || call.asked != (kind == Kind.APPROVAL_TIMED_OUT)) {
                return;
            }
            held.remove(cause);
        }
        call.outcome.complete(GateOutcome.denied(kind, reason));
    }

    private void remove(String cause, Held call) {
        held.remove(cause);
        cancel(call);
    }

    private static void cancel(Held call) {
        if (call.deadline != null) {
            call.deadline.cancel(false);
        }
    }
}
