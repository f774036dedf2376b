package io.plumbline.jobs.watch;

import io.plumbline.events.EventIds;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.ActivationAnswered;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.watcher.activation.ActivationLedger;
import io.plumbline.watcher.state.v1.Activations;
import java.util.Objects;
import java.util.Optional;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The activation ledger as a Flink operator, keyed by tenant: each order is answered, and what is in force after one that was taken goes on
 * to the watchers. Loading a set takes its time here, beside the way of events and orders.
 */
final class ActivationFunction extends KeyedProcessFunction<String, LogRecord, LogRecord> {
    private static final long serialVersionUID = 1L;

    /** Answers, for the verdicts topic. */
    static final OutputTag<LogRecord> ANSWERS = new OutputTag<>("answers", TypeInformation.of(LogRecord.class));

    private final WatchSettings settings;
    private transient @Nullable ValueState<byte[]> activations;
    private transient @Nullable ActivationLedger ledger;
    private transient @Nullable Counter accepted;
    private transient @Nullable Counter refused;

    ActivationFunction(WatchSettings settings) {
        this.settings = settings;
    }

    @Override
    public void open(OpenContext context) {
        activations = getRuntimeContext()
                .getState(new ValueStateDescriptor<>(
                        "activations", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        ledger = new ActivationLedger(settings.trustedKeys());
        accepted = getRuntimeContext().getMetricGroup().counter("activations_accepted");
        refused = getRuntimeContext().getMetricGroup().counter("activations_refused");
    }

    @Override
    public void processElement(LogRecord record, Context context, Collector<LogRecord> out) throws Exception {
        Optional<Event> event = record.parsed();
        if (event.isEmpty()) {
            return;
        }
        // What is in force is kept by the record's key: an order of one tenant under the key of another is nobody's.
        if (!Topics.key(event.get()).equals(record.key())) {
            Objects.requireNonNull(refused).inc();
            return;
        }
        ValueState<byte[]> store = Objects.requireNonNull(activations);
        byte[] stored = store.value();
        Activations before =
                stored == null ? ActivationLedger.initial(settings.initial()) : ActivationLedger.parse(stored);
        Optional<ActivationLedger.Outcome> outcome =
                Objects.requireNonNull(ledger).order(before, event.get());
        if (outcome.isEmpty()) {
            return;
        }
        if (outcome.get().answer().getAccepted()) {
            Objects.requireNonNull(accepted).inc();
            byte[] after = outcome.get().activations().toByteArray();
            store.update(after);
            out.collect(new LogRecord(record.key(), after, record.stages()));
        } else {
            Objects.requireNonNull(refused).inc();
        }
        context.output(ANSWERS, LogRecord.of(answer(event.get(), outcome.get().answer()), record.stageTimes()));
    }

    private static Event answer(Event order, ActivationAnswered answer) {
        return Event.newBuilder()
                .setId(EventIds.derived(order.getId(), "activation"))
                .setTenant(order.getTenant())
                .setChannel(Channel.VERDICTS)
                .setEventTimeNs(order.getEventTimeNs())
                .setObservedTimeNs(order.getObservedTimeNs())
                .setActivationAnswered(answer)
                .build();
    }
}
