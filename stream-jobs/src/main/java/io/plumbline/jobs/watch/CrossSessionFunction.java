package io.plumbline.jobs.watch;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.watcher.crosssession.CrossSessionLimits;
import io.plumbline.watcher.crosssession.CrossSessionMemory;
import io.plumbline.watcher.crosssession.CrossSessionWatcher;
import io.plumbline.watcher.crosssession.Relation.Group;
import io.plumbline.watcher.state.v1.CrossEvicted;
import io.plumbline.watcher.state.v1.SessionFact;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Compares sessions of one task, workspace or principal: facts of the watch operator in, verdicts about their sessions out. */
final class CrossSessionFunction extends KeyedProcessFunction<String, LogRecord, LogRecord> {
    private static final long serialVersionUID = 1L;

    /** As long as may count. */
    static final Duration FORGOTTEN_AFTER = CrossSessionLimits.WINDOW.plusDays(1);

    private final Duration forgottenAfter;
    private transient @Nullable ValueState<CrossSessionMemory> groups;

    /** As builds before 0.1 kept them: bytes, read and written with each fact. */
    private transient @Nullable ValueState<byte[]> stored;

    private transient @Nullable Counter unreadable;
    private transient @Nullable ForgottenCounters<CrossEvicted> forgotten;

    CrossSessionFunction(Duration forgottenAfter) {
        this.forgottenAfter = forgottenAfter;
    }

    @Override
    public void open(OpenContext context) {
        groups = kept(new ValueStateDescriptor<>("memory", new CrossSessionSerializer()));
        stored = kept(new ValueStateDescriptor<>("group", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        MetricGroup metrics = getRuntimeContext().getMetricGroup();
        unreadable = metrics.counter("facts_unreadable");
        forgotten = new ForgottenCounters<CrossEvicted>(metrics, "cross_session_forgotten_")
                .of("hosts", CrossEvicted::getHosts)
                .of("secrets", CrossEvicted::getSecrets)
                .of("refused", CrossEvicted::getRefused)
                .of("parts", CrossEvicted::getParts)
                .of("stopped", CrossEvicted::getStopped)
                .of("told", CrossEvicted::getTold)
                .of("expired", CrossEvicted::getExpired);
    }

    /** Only frees what nobody asks for any more; what counts is decided by the time of events. */
    private <T> ValueState<T> kept(ValueStateDescriptor<T> descriptor) {
        descriptor.enableTimeToLive(StateTtlConfig.newBuilder(forgottenAfter).build());
        return getRuntimeContext().getState(descriptor);
    }

    @Override
    public void processElement(LogRecord record, Context context, Collector<LogRecord> out) throws Exception {
        SessionFact fact;
        try {
            fact = SessionFact.parseFrom(record.event());
        } catch (InvalidProtocolBufferException e) {
            Objects.requireNonNull(unreadable).inc();
            return;
        }
        CrossSessionMemory memory = memory();
        CrossEvicted before = memory.evicted();
        List<Event> verdicts = CrossSessionWatcher.onFact(Group.relationOf(record.key()), memory, fact);
        Objects.requireNonNull(groups).update(memory);
        Objects.requireNonNull(forgotten).count(before, memory.evicted());
        if (verdicts.isEmpty()) {
            return;
        }
        StageTimes stages =
                record.stageTimes().toBuilder().setJobDecidedNs(Clock.nanos()).build();
        verdicts.forEach(verdict -> out.collect(LogRecord.of(verdict, stages)));
    }

    private CrossSessionMemory memory() throws IOException {
        CrossSessionMemory memory = Objects.requireNonNull(groups).value();
        if (memory != null) {
            return memory;
        }
        byte[] bytes = Objects.requireNonNull(stored).value();
        if (bytes == null) {
            return CrossSessionMemory.empty();
        }
        stored.clear();
        return CrossSessionMemory.parse(bytes);
    }
}
