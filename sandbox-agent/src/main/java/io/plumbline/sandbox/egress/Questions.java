package io.plumbline.sandbox.egress;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The causal barrier: first everything that the session did before is brought to the log, then the question, then the
 * platform's answer is awaited. No answer is a denial.
 */
final class Questions {
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(2);

    private final EgressSession session;

    Questions(EgressSession session) {
        this.session = session;
    }

    /** Asks about a new connection; returns the verdict that allowed it. */
    String ask(Attempt attempt) throws Denial, InterruptedException {
        return ask(attempt, -1);
    }

    /** Asks whether an open connection may send more. */
    void askAgain(Attempt attempt, long bytesSoFar) throws Denial, InterruptedException {
        ask(attempt, bytesSoFar);
    }

    private String ask(Attempt attempt, long bytesSoFar) throws Denial, InterruptedException {
        if (!session.barrier().awaitDrained(DRAIN_LIMIT)) {
            throw new Denial(EgressReason.TRACE_NOT_DRAINED);
        }
        String question = session.journal().requested(attempt, bytesSoFar);
        try {
            HeldConnections.Answer answer = session.held()
                    .hold(question)
                    .get(session.answerLimit(attempt).toNanos(), TimeUnit.NANOSECONDS);
            if (!answer.answer().getAllowed()) {
                throw new Denial(EgressReason.DENIED_BY_PLATFORM, answer.verdict());
            }
            return answer.verdict();
        } catch (TimeoutException e) {
            throw new Denial(EgressReason.NO_ANSWER);
        } catch (ExecutionException e) {
            throw new IllegalStateException("an answer never fails", e);
        } finally {
            session.held().release(question);
        }
    }
}
