package io.plumbline.console.log;

import io.plumbline.events.evidence.BundleWriter;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Events of this console's tenant as they stand in the log. */
public interface EventLog {
    /** Events of one session that are read; the rest of a longer one is not. */
    int MAX_EVENTS = 200_000;

    /** Bytes of one session that are read, likewise: in memory events take several times as much, and sessions are attackers'. */
    int MAX_BYTES = 16 << 20;

    /**
     * Its telemetry in order, from the first that the log still has; at most {@link #MAX_EVENTS} and {@link #MAX_BYTES}.
     *
     * @throws EventLogException when the log cannot be read
     */
    List<Event> telemetry(String session) throws EventLogException;

    /** Whether a session has, or may have, more than what was read of it. */
    static boolean isCut(List<Event> telemetry) {
        return telemetry.size() >= MAX_EVENTS
                || telemetry.stream().mapToLong(Event::getSerializedSize).sum() >= MAX_BYTES;
    }

    /**
     * An order by its id, as far as the log still has it.
     *
     * @throws EventLogException when the log cannot be read
     */
    Optional<Event> order(String id) throws EventLogException;

    /**
     * Hands over the records of one session in the order of the log, byte by byte as they are stored, until the sink takes no more.
     *
     * @param topic telemetry, control or verdicts
     * @throws EventLogException when the log cannot be read
     * @throws IOException of the sink
     */
    void stored(String topic, String session, BundleWriter.Sink sink) throws EventLogException, IOException;

    /** The log does not answer. */
    final class EventLogException extends Exception {
        private static final long serialVersionUID = 1;

        public EventLogException(String message) {
            super(message);
        }

        public EventLogException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
