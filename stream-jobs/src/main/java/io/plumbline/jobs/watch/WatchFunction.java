package io.plumbline.jobs.watch;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.activation.ActivationLedger;
import io.plumbline.watcher.activation.Judging;
import io.plumbline.watcher.crosssession.Relation.Group;
import io.plumbline.watcher.crosssession.SessionFacts;
import io.plumbline.watcher.deviation.Completeness;
import io.plumbline.watcher.judge.IntentJudge;
import io.plumbline.watcher.judge.Shadow;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.Activations;
import io.plumbline.watcher.state.v1.Evicted;
import io.plumbline.watcher.state.v1.SessionFact;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReadOnlyBroadcastState;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watcher as a Flink operator: telemetry and orders keyed by session; what judges a tenant's sessions is broadcast. A set that was
 * activated is compiled aside; the task takes it over between two events.
 */
final class WatchFunction extends KeyedBroadcastProcessFunction<String, LogRecord, LogRecord, LogRecord> {
    private static final long serialVersionUID = 1L;

    /** What is in force, by tenant: serialised {@link Activations}. */
    static final MapStateDescriptor<String, byte[]> ACTIVE = new MapStateDescriptor<>(
            "activations", Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    /** What sessions are compared by: serialised {@link SessionFact}s under the key of a group of sessions. */
    static final OutputTag<LogRecord> FACTS = new OutputTag<>("facts", TypeInformation.of(LogRecord.class));

    private static final Logger LOG = LoggerFactory.getLogger(WatchFunction.class);

    /** A session that was silent for so long is over; its state is dropped. */
    static final Duration FORGOTTEN_AFTER = Duration.ofDays(2);

    private final WatchSettings settings;
    private final JudgeLoader loader;
    private final Duration forgottenAfter;
    private transient @Nullable ValueState<SessionState> sessions;
    private transient @Nullable ExecutorService aside;
    private transient @Nullable Map<String, InForce> inForce;
    private transient @Nullable Map<String, Future<Judging>> loading;
    private transient @Nullable ShadowReports shadows;
    private transient @Nullable Counter unreadable;
    private transient @Nullable Counter memoryUnreadable;
    private transient @Nullable Counter notLoaded;
    private transient @Nullable ForgottenCounters<Evicted> forgotten;

    /** The judges of a tenant and the watcher that asks them. */
    private record InForce(Judging judging, Watcher watcher) {
        static InForce of(Judging judging) {
            return new InForce(judging, judging.watcher());
        }
    }

    WatchFunction(WatchSettings settings, JudgeLoader loader) {
        this(settings, loader, FORGOTTEN_AFTER);
    }

    WatchFunction(WatchSettings settings, JudgeLoader loader, Duration forgottenAfter) {
        this.settings = settings;
        this.loader = loader;
        this.forgottenAfter = forgottenAfter;
    }

    @Override
    public void open(OpenContext context) {
        ValueStateDescriptor<SessionState> descriptor =
                new ValueStateDescriptor<>("session", new SessionStateSerializer());
        descriptor.enableTimeToLive(StateTtlConfig.newBuilder(forgottenAfter).build());
        sessions = getRuntimeContext().getState(descriptor);
        var metrics = getRuntimeContext().getMetricGroup();
        unreadable = metrics.counter("records_unreadable");
        memoryUnreadable = metrics.counter("judge_memory_unreadable");
        notLoaded = metrics.counter("judges_not_loaded");
        forgotten = new ForgottenCounters<Evicted>(metrics, "session_forgotten_")
                .of("calls", Evicted::getCalls)
                .of("processes", Evicted::getProcesses)
                .of("approvals", Evicted::getApprovals)
                .of("proxy_connections", Evicted::getProxyConnections)
                .of("egress_owners", Evicted::getEgressOwners)
                .of("tainted_files", Evicted::getTaintedFiles)
                .of("pending", Evicted::getPending)
                .of("soft_findings", Evicted::getSoftFindings)
                .of("grants", Evicted::getGrants)
                .of("accepted", Evicted::getAccepted)
                .of("plan_items", Evicted::getPlanItems)
                .of("suspects", Evicted::getSuspects)
                .of("written", Evicted::getWritten)
                .of("orders", Evicted::getOrders)
                .of("revisions", Evicted::getRevisions)
                .of("taints", Evicted::getTaints);
        new IntentMetrics(this::models).register(metrics);
        shadows = new ShadowReports(getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(), metrics);
        inForce = new ConcurrentHashMap<>();
        loading = new HashMap<>();
        aside = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("plumbline-judges").factory());
        // What everybody begins with, before the first event.
        try (Judging first = loader.load(ActivationLedger.initial(settings.initial()))) {
            WatchRehearsal.run(first.watcher());
        }
    }

    @Override
    public void close() {
        if (aside != null) {
            aside.shutdownNow();
        }
        if (inForce != null) {
            inForce.values().forEach(judges -> judges.judging().close());
        }
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
        String tenant = event.get().getTenant();
        InForce judges = judges(tenant, context.getBroadcastState(ACTIVE));
        long lost = state.values().getJudgeMemoryUnreadable();
        Evicted before = state.values().getEvicted();
        boolean repeated = new Completeness(state).isRepeated(event.get());
        List<Event> verdicts = judges.watcher().onEvent(state, event.get());
        if (!repeated) {
            tellFacts(state, event.get(), verdicts, record, context);
        }
        Objects.requireNonNull(memoryUnreadable).inc(state.values().getJudgeMemoryUnreadable() - lost);
        Objects.requireNonNull(forgotten).count(before, state.values().getEvicted());
        store.update(state);
        for (Shadow shadow : judges.judging().shadows()) {
            Objects.requireNonNull(shadows).report(tenant, shadow, out);
        }
        if (verdicts.isEmpty()) {
            return;
        }
        StageTimes stages =
                record.stageTimes().toBuilder().setJobDecidedNs(Clock.nanos()).build();
        for (Event verdict : verdicts) {
            out.collect(LogRecord.of(verdict, stages));
        }
    }

    private static void tellFacts(
            SessionState state, Event event, List<Event> verdicts, LogRecord record, ReadOnlyContext context) {
        List<SessionFact> facts = SessionFacts.of(state, event, verdicts);
        if (facts.isEmpty()) {
            return;
        }
        for (Group group : Group.of(state.values())) {
            facts.forEach(
                    fact -> context.output(FACTS, new LogRecord(group.key(), fact.toByteArray(), record.stages())));
        }
    }

    @Override
    public void processBroadcastElement(LogRecord record, Context context, Collector<LogRecord> out) throws Exception {
        String tenant = record.key().substring(0, record.key().length() - 1);
        Activations activations = ActivationLedger.parse(record.event());
        // What judges until the new set is compiled.
        judges(tenant, context.getBroadcastState(ACTIVE));
        context.getBroadcastState(ACTIVE).put(tenant, record.event());
        Future<Judging> superseded = Objects.requireNonNull(loading)
                .put(tenant, Objects.requireNonNull(aside).submit(() -> loader.load(activations)));
        if (superseded != null) {
            superseded.cancel(false);
        }
    }

    /** The judges of a tenant; a set that has been compiled in the meantime takes over here, between two events. */
    private InForce judges(String tenant, ReadOnlyBroadcastState<String, byte[]> active) throws Exception {
        Map<String, InForce> known = Objects.requireNonNull(inForce);
        InForce judges = known.get(tenant);
        if (judges == null) {
            // After a restart there is nothing else that could judge, so events wait.
            byte[] stored = active.get(tenant);
            judges = InForce.of(loader.load(
                    stored == null ? ActivationLedger.initial(settings.initial()) : ActivationLedger.parse(stored)));
            tell(judges.judging());
            known.put(tenant, judges);
        }
        Future<Judging> next = Objects.requireNonNull(loading).get(tenant);
        if (next == null || !next.isDone()) {
            return judges;
        }
        loading.remove(tenant);
        try {
            InForce compiled = InForce.of(next.get());
            tell(compiled.judging());
            Objects.requireNonNull(shadows).forget(judges.judging().shadows());
            known.put(tenant, compiled);
            judges.judging().close();
            return compiled;
        } catch (ExecutionException e) {
            Objects.requireNonNull(notLoaded).inc();
            LOG.error("judges of {} could not be made; those before stay in force", tenant, e.getCause());
            InForce kept = InForce.of(judges.judging().insteadOf("what was activated last: " + e.getCause()));
            known.put(tenant, kept);
            return kept;
        }
    }

    private void tell(Judging judging) {
        judging.problems().forEach(problem -> {
            Objects.requireNonNull(notLoaded).inc();
            LOG.error("not in force: {}", problem);
        });
    }

    private Stream<IntentJudge> models() {
        return Objects.requireNonNull(inForce).values().stream()
                .flatMap(judges -> judges.judging().judges().stream())
                .filter(IntentJudge.class::isInstance)
                .map(IntentJudge.class::cast);
    }
}
