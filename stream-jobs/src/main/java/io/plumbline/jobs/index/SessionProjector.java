package io.plumbline.jobs.index;

import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReadOnlyBroadcastState;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one {@link SessionState} per {@code tenant/session} and writes the documents that follow from it. What a person waits for
 * is written at once; counts of kernel events are written once per {@link #BEAT}.
 */
final class SessionProjector extends KeyedBroadcastProcessFunction<String, Event, Event, IndexOperation> {
    private static final long serialVersionUID = 1;

    /** Longest time that a session's counts lag behind. */
    static final Duration BEAT = Duration.ofSeconds(1);

    /** Orders by {@code tenant/id} and the end of each by {@code tenant/id/end}; every subtask has them all. */
    static final MapStateDescriptor<String, Event> SUPPRESSIONS = new MapStateDescriptor<>(
            "suppressions", Types.STRING, new ImmutableTypeInformation<>(Event.class, EventSerializer.INSTANCE));

    private static final ValueStateDescriptor<SessionState> SESSIONS = new ValueStateDescriptor<>(
            "session", new ImmutableTypeInformation<>(SessionState.class, SessionStateSerializer.INSTANCE));

    /** What {@link #SUPPRESSIONS} says, by tenant; read again after each change. */
    private transient Map<String, Suppressions> known = Map.of();

    private final Duration retention;
    private transient @Nullable ValueState<SessionState> sessions;
    private transient @Nullable ValueState<Long> beats;
    private transient @Nullable ValueState<Long> lastSeen;

    SessionProjector() {
        this(SessionState.RETENTION);
    }

    /** @param retention of a silent session, by the clock of the machine */
    SessionProjector(Duration retention) {
        this.retention = retention;
    }

    @Override
    public void open(OpenContext context) {
        sessions = getRuntimeContext().getState(SESSIONS);
        known = new HashMap<>();
        beats = getRuntimeContext().getState(new ValueStateDescriptor<>("beat", Types.LONG));
        lastSeen = getRuntimeContext().getState(new ValueStateDescriptor<>("last-seen", Types.LONG));
    }

    @Override
    public void processElement(Event event, ReadOnlyContext context, Collector<IndexOperation> out) throws Exception {
        ValueState<SessionState> session = state(sessions);
        SessionState before = Objects.requireNonNullElse(session.value(), SessionState.EMPTY);
        SessionState after = SessionProjection.apply(before, event);
        session.update(after);
        long now = context.timerService().currentProcessingTime();
        remember(context, now);
        Suppressions suppressions = suppressions(event.getTenant(), context.getBroadcastState(SUPPRESSIONS));
        Documents.consequences(after, event, suppressions).forEach(out::collect);
        suppressions.consequences(before, after).forEach(out::collect);
        if (SessionProjection.isUrgent(event)) {
            out.collect(Documents.session(after, suppressions));
        } else if (state(beats).value() == null) {
            long beat = now + BEAT.toMillis();
            state(beats).update(beat);
            context.timerService().registerProcessingTimeTimer(beat);
        }
    }

    @Override
    public void processBroadcastElement(Event event, Context context, Collector<IndexOperation> out) throws Exception {
        String tenant = event.getTenant();
        BroadcastState<String, Event> state = context.getBroadcastState(SUPPRESSIONS);
        Suppressions before = suppressions(tenant, state);
        Suppressions.Change change = before.after(event);
        // Every subtask comes to the same; one of them tells it.
        if (getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0) {
            change.document().ifPresent(out::collect);
        }
        if (change.changed().isEmpty()) {
            return;
        }
        Suppressions after = change.after();
        for (String id : before.byId().keySet()) {
            if (!after.byId().containsKey(id)) {
                state.remove(tenant + "/" + id);
                state.remove(tenant + "/" + id + "/end");
            }
        }
        Suppressions.Suppression changed = change.changed().get();
        String key = tenant + "/" + changed.ordered().getId();
        state.put(key, changed.ordered());
        if (changed.end().isPresent()) {
            state.put(key + "/end", changed.end().get());
        }
        known.put(tenant, after);
        context.applyToKeyedState(SESSIONS, (session, kept) -> {
            SessionState one = kept.value();
            if (one != null && one.identity().tenant().equals(tenant)) {
                after.consequences(changed, one).forEach(out::collect);
            }
        });
    }

    private Suppressions suppressions(String tenant, ReadOnlyBroadcastState<String, Event> state) throws Exception {
        Suppressions read = known.get(tenant);
        if (read == null) {
            Map<String, Suppressions.Suppression> byId = new HashMap<>();
            for (Map.Entry<String, Event> entry : state.immutableEntries()) {
                Event ordered = entry.getValue();
                if (ordered.getTenant().equals(tenant) && ordered.hasSuppressionOrdered()) {
                    byId.put(
                            ordered.getId(),
                            new Suppressions.Suppression(
                                    ordered, Optional.ofNullable(state.get(entry.getKey() + "/end"))));
                }
            }
            read = new Suppressions(byId);
            known.put(tenant, read);
        }
        return read;
    }

    private void remember(ReadOnlyContext context, long now) throws Exception {
        ValueState<Long> seen = state(lastSeen);
        if (seen.value() == null) {
            context.timerService().registerProcessingTimeTimer(now + retention.toMillis());
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
                out.collect(Documents.session(
                        session, suppressions(session.identity().tenant(), context.getBroadcastState(SUPPRESSIONS))));
            }
            return;
        }
        long forgetAt = Objects.requireNonNullElse(state(lastSeen).value(), 0L) + retention.toMillis();
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
