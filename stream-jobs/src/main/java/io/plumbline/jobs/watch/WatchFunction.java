package io.plumbline.jobs.watch;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.state.SessionState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * The watcher as a Flink operator: telemetry and orders keyed by session, what holds for every session (rule sets, models)
 * broadcast.
 */
final class WatchFunction extends KeyedBroadcastProcessFunction<String, LogRecord, LogRecord, LogRecord> {
    private static final long serialVersionUID = 1L;

    /** What is active everywhere, by kind of payload: serialised control events. */
    static final MapStateDescriptor<String, byte[]> ACTIVE =
            new MapStateDescriptor<>("active", Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    /** A session that was silent for so long is over; its state is dropped. */
    private static final Duration FORGOTTEN_AFTER = Duration.ofDays(2);

    private final JudgeFactory judgeFactory;
    private transient @Nullable ValueState<SessionState> sessions;
    private transient @Nullable Watcher watcher;
    private transient @Nullable Counter unreadable;

    WatchFunction(JudgeFactory judgeFactory) {
        this.judgeFactory = judgeFactory;
    }

    @Override
    public void open(OpenContext context) {
        ValueStateDescriptor<SessionState> descriptor =
                new ValueStateDescriptor<>("session", new SessionStateSerializer());
        descriptor.enableTimeToLive(StateTtlConfig.newBuilder(FORGOTTEN_AFTER).build());
        sessions = getRuntimeContext().getState(descriptor);
        unreadable = getRuntimeContext().getMetricGroup().counter("records_unreadable");
    }

    @Override
    public void processElement(LogRecord record, ReadOnlyContext context, Collector<LogRecord> out) throws Exception {
        Optional<Event> event = record.parsed();
        if (event.isEmpty()) {
            Objects.requireNonNull(unreadable).inc();
            return;
        }
        ValueState<SessionState> store = Objects.requireNonNull(sessions);
        SessionState state = store.value();
        if (state == null) {
            state = SessionState.empty();
        }
        Watcher brain = watcher;
        if (brain == null) {
            brain = new Watcher(
                    judgeFactory.judges(active(context.getBroadcastState(ACTIVE).immutableEntries())));
            watcher = brain;
        }
        List<Event> verdicts = brain.onEvent(state, event.get());
        store.update(state);
        if (verdicts.isEmpty()) {
            return;
        }
        StageTimes stages =
                record.stageTimes().toBuilder().setJobDecidedNs(Clock.nanos()).build();
        for (Event verdict : verdicts) {
            out.collect(LogRecord.of(verdict, stages));
        }
    }

    @Override
    public void processBroadcastElement(LogRecord record, Context context, Collector<LogRecord> out) throws Exception {
        Optional<Event> event = record.parsed();
        if (event.isEmpty()) {
            Objects.requireNonNull(unreadable).inc();
            return;
        }
        context.getBroadcastState(ACTIVE).put(event.get().getPayloadCase().name(), record.event());
        watcher = null;
    }

    private static List<Event> active(Iterable<Map.Entry<String, byte[]>> entries) throws Exception {
        List<Event> active = new ArrayList<>();
        for (Map.Entry<String, byte[]> entry : entries) {
            active.add(Event.parseFrom(entry.getValue()));
        }
        return active;
    }
}
