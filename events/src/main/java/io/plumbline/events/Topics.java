package io.plumbline.events;

import io.plumbline.events.v1.Event;

/** The three durable topics of the log, keyed by {@code tenant/session}, and what travels beside a record in its headers. */
public final class Topics {
    /** Claims and evidence. */
    public static final String TELEMETRY = "telemetry";

    /** Orders of people and policy. */
    public static final String CONTROL = "control";

    /** What the watcher decided. */
    public static final String VERDICTS = "verdicts";

    /**
     * Record header: a serialised {@link io.plumbline.events.v1.StageTimes}. Measurement only; it is not part of the
     * event, so that a replay writes byte-identical values.
     */
    public static final String STAGES_HEADER = "plumbline-stages";

    private Topics() {}

    /** The record key of an event: {@code tenant/session}. Control events for every session have an empty session. */
    public static String key(Event event) {
        return event.getTenant() + "/" + event.getSession();
    }
}
