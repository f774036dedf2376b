package io.plumbline.events.gate;

import io.plumbline.events.claims.AgentDialect;
import io.plumbline.events.claims.HookAnswers;
import io.plumbline.events.claims.HookClaims;
import io.plumbline.events.claims.HookRecord;
import io.plumbline.events.claims.MalformedRecordException;
import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

/** Answers hooks: publishes what they say, holds what asks, and answers in the agent's shape. Every failure is a denial. */
public final class HookGate {
    /** When the policy gives no deadline. */
    public static final Duration GATE_DEADLINE = Duration.ofSeconds(2);

    /** When the policy gives no deadline for people. */
    public static final Duration APPROVAL_DEADLINE = Duration.ofMinutes(5);

    private final HeldCalls held;
    private volatile Duration gateDeadline = GATE_DEADLINE;
    private volatile Duration approvalDeadline = APPROVAL_DEADLINE;

    private final LongAdder hooks = new LongAdder();
    private final LongAdder malformed = new LongAdder();
    private final LongAdder unpublished = new LongAdder();
    private final LongAdder allowed = new LongAdder();
    private final LongAdder denied = new LongAdder();
    private final LongAdder unanswered = new LongAdder();
    private final LongAdder approvalsTimedOut = new LongAdder();

    /**
     * What has passed the gate.
     *
     * @param hooks calls of hooks
     * @param malformed of these, bodies that were no hook; denied
     * @param unpublished calls whose claim could not be published; denied
     * @param allowed tool calls allowed
     * @param denied tool calls denied, for any reason
     * @param unanswered of these, for want of an answer
     * @param approvalsTimedOut of these, because nobody decided in time
     */
    public record Counts(
            long hooks,
            long malformed,
            long unpublished,
            long allowed,
            long denied,
            long unanswered,
            long approvalsTimedOut) {}

    /**
     * @param gateDeadline zero: {@link #GATE_DEADLINE}
     * @param approvalDeadline zero: {@link #APPROVAL_DEADLINE}
     */
    public HookGate(HeldCalls held, Duration gateDeadline, Duration approvalDeadline) {
        this.held = held;
        deadlines(gateDeadline, approvalDeadline);
    }

    /** For the calls from now on; zero as in the constructor. */
    public void deadlines(Duration gateDeadline, Duration approvalDeadline) {
        this.gateDeadline = gateDeadline.isZero() ? GATE_DEADLINE : gateDeadline;
        this.approvalDeadline = approvalDeadline.isZero() ? APPROVAL_DEADLINE : approvalDeadline;
    }

    /**
     * Publishes before it returns; the answer may come later.
     *
     * @param body the hook's input as it came
     * @param receivedNanos nanoseconds since the epoch
     * @return never completes exceptionally
     */
    public CompletableFuture<HookAnswer> answer(AgentDialect dialect, byte[] body, long receivedNanos, ClaimSink sink) {
        hooks.increment();
        HookRecord hook;
        try {
            hook = HookClaims.read(dialect, body, receivedNanos);
        } catch (MalformedRecordException e) {
            return CompletableFuture.completedFuture(malformed(dialect, body, receivedNanos, sink, e));
        }
        Event first;
        try {
            first = sink.publish(hook.agentSession(), hook.claims().getFirst());
            for (Event.Builder claim : hook.claims().subList(1, hook.claims().size())) {
                sink.publish(hook.agentSession(), claim);
            }
        } catch (RuntimeException e) {
            unpublished.increment();
            return CompletableFuture.completedFuture(HookAnswer.of(unpublished(dialect, hook)));
        }
        if (!hook.gated()) {
            return CompletableFuture.completedFuture(HookAnswer.of(HookAnswers.none()));
        }
        return held.hold(first.getId(), gateDeadline, approvalDeadline).thenApply(outcome -> {
            switch (outcome.kind()) {
                case NO_ANSWER -> unanswered.increment();
                case APPROVAL_TIMED_OUT -> approvalsTimedOut.increment();
                case ANSWERED, OVERLOADED, CLOSED -> {}
            }
            if (outcome.allowed()) {
                allowed.increment();
                return HookAnswer.of(HookAnswers.allow(dialect, hook.event()));
            }
            return HookAnswer.of(deny(dialect, hook.event(), outcome.reason()));
        });
    }

    public Counts counts() {
        return new Counts(
                hooks.sum(),
                malformed.sum(),
                unpublished.sum(),
                allowed.sum(),
                denied.sum(),
                unanswered.sum(),
                approvalsTimedOut.sum());
    }

    private HookAnswer malformed(
            AgentDialect dialect, byte[] body, long receivedNanos, ClaimSink sink, MalformedRecordException why) {
        malformed.increment();
        try {
            sink.publish("", HookClaims.malformed(dialect, body, receivedNanos));
        } catch (RuntimeException e) {
            unpublished.increment();
        }
        // Nobody knows what was asked: it may have been a tool call.
        denied.increment();
        return HookAnswer.unreadable(dialect, "hook input refused: " + why.getMessage());
    }

    private String unpublished(AgentDialect dialect, HookRecord hook) {
        if (hook.gated()) {
            return deny(dialect, hook.event(), "the call could not be recorded");
        }
        return hook.event().equals("UserPromptSubmit")
                ? HookAnswers.block("the prompt could not be recorded")
                : HookAnswers.none();
    }

    private String deny(AgentDialect dialect, String event, String reason) {
        denied.increment();
        return HookAnswers.deny(dialect, event, reason);
    }
}
