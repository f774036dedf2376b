package io.plumbline.jobs.index;

import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one {@link SessionState} per {@code tenant/session} and writes the documents that follow from it. What a person waits for
 * is written at once; counts of kernel events are written once per {@link #BEAT}.
 */
final class SessionProjector extends KeyedProcessFunction<String, Event, IndexOperation> {
    private static final long serialVersionUID = 1;

    /** Longest time that a session's counts lag behind. */
    static final Duration BEAT = Duration.ofSeconds(1);

    /**
     * How long a silent session is remembered. An event after that finds no state, so the document would be overwritten with less:
     * long enough for late triage.
     */
    static final Duration RETENTION = Duration.ofDays(30);

    private transient @Nullable ValueState<SessionState> sessions;
    private transient @Nullable ValueState<Long> beats;
    private transient @Nullable ValueState<Long> lastSeen;

    @Override
    public void open(OpenContext context) {
        sessions = getRuntimeContext()
                .getState(new ValueStateDescriptor<>(
                        "session",
                        new ImmutableTypeInformation<>(SessionState.class, SessionStateSerializer.INSTANCE)));
        beats = getRuntimeContext().getState(new ValueStateDescriptor<>("beat", Types.LONG));
        lastSeen = getRuntimeContext().getState(new ValueStateDescriptor<>("last-seen", Types.LONG));
    }

    @Override
    public void processElement(Event event, Context context, Collector<IndexOperation> out) throws Exception {
        ValueState<SessionState> session = state(sessions);
        SessionState before = Objects.requireNonNullElse(session.value(), SessionState.EMPTY);
        SessionState after = SessionProjection.apply(before, event);
        session.update(after);
        long now = context.timerService().currentProcessingTime();
        remember(context, now);
        for (IndexOperation operation : Documents.consequences(after, event)) {
            out.collect(operation);
        }
        if (SessionProjection.isUrgent(event)) {
            out.collect(Documents.session(after));
        } else if (state(beats).value() == null) {
            long beat = now + BEAT.toMillis();
            state(beats).update(beat);
            context.timerService().registerProcessingTimeTimer(beat);
        }
    }

    private void remember(Context context, long now) throws Exception {
        ValueState<Long> seen = state(lastSeen);
        if (seen.value() == null) {
            context.timerService().registerProcessingTimeTimer(now + RETENTION.toMillis());
        }
        seen.update(now);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<IndexOperation> out) throws Exception {
        Long beat = state(beats).value();
        SessionState session = state(sessions).value();
        if (beat != null && beat == timestamp) {
            state(beats).clear();
            if (session != null) {
                out.collect(Documents.session(session));
            }
            return;
        }
        long forgetAt = Objects.requireNonNullElse(state(lastSeen).value(), 0L) + RETENTION.toMillis();
        if (timestamp >= forgetAt) {
            state(sessions).clear();
            state(lastSeen).clear();
        } else {
            context.timerService().registerProcessingTimeTimer(forgetAt);
        }
    }

    private static <T> ValueState<T> state(@Nullable ValueState<T> state) {
        return Objects.requireNonNull(state, "open() comes first");
    }
}
