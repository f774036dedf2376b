package io.plumbline.sandbox.session;

import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.trace.TraceBarrier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A part that serves one session on sockets of its own and takes its verdicts: the hook door, the egress proxy. */
public interface SessionPart extends VerdictListener, AutoCloseable {
    @Override
    void close();

    /** The workload has ended and its trace is in the log: what it said last is published when this returns. */
    default void finish() {}

    /** Variables that the sandbox's programs need to use the part. */
    default Map<String, String> environment() {
        return Map.of();
    }

    /**
     * Makes ready for a revised policy. Nothing changes before the returned step is run; the step does not fail.
     *
     * @throws CannotHoldException when the part cannot take it over while the session runs
     */
    Runnable prepare(TaskPolicy revised) throws CannotHoldException;

    /** A revision that cannot come into force; the message names the value and what was expected. */
    final class CannotHoldException extends Exception {
        private static final long serialVersionUID = 1;

        public CannotHoldException(String message) {
            super(message);
        }
    }

    /** Opens the parts of a session before its sandbox is made. */
    @FunctionalInterface
    interface Opener {
        /** @throws IOException when one cannot be opened; then none may stay open, and the session does not start */
        List<SessionPart> open(Surroundings surroundings) throws IOException;
    }

    /**
     * What a part may use.
     *
     * @param sockets folder on the host that the sandbox sees as {@code /run/plumbline}
     * @param home the agent's home folder on the host; made with the sandbox, and the workload writes to it
     * @param agent claude-code, codex, none
     * @param hooks whose hooks and telemetry are expected at the door: claude, codex; empty: nobody's, so no door
     */
    record Surroundings(
            String session,
            Path sockets,
            Path home,
            String agent,
            Optional<String> hooks,
            TaskPolicy policy,
            SessionOutbox outbox,
            TraceBarrier barrier) {}
}
