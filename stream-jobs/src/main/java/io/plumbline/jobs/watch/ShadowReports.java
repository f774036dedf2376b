package io.plumbline.jobs.watch;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ShadowCounted;
import io.plumbline.events.v1.ShadowHits;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.watcher.judge.IntentJudge;
import io.plumbline.watcher.judge.Shadow;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.util.Collector;

/**
 * What the shadows of one task have counted, as metrics and as verdicts of the tenant. The newest report of a task stands for all before
 * it: they have one id.
 */
final class ShadowReports {
    private static final long EVERY_EVENTS = 200;
    private static final long EVERY_NANOS = 5_000_000_000L;

    /** Rules with a metric of their own. */
    private static final int MAX_RULES = 500;

    private final int task;
    private final MetricGroup metrics;
    private final Map<Shadow, Told> told = new HashMap<>();
    private final Map<String, ShadowHits> byRule = new HashMap<>();

    /** When a shadow began and when it was told of last. */
    private static final class Told {
        private final long sinceNs = Clock.nanos();
        private long lastNs;
        private long events;
    }

    ShadowReports(int task, MetricGroup metrics) {
        this.task = task;
        this.metrics = metrics.addGroup("shadow");
    }

    /** Tells of a shadow when there is enough new, or the last report is old. */
    void report(String tenant, Shadow shadow, Collector<LogRecord> out) {
        Told last = told.computeIfAbsent(shadow, this::begin);
        long now = Clock.nanos();
        if (shadow.events() == last.events
                || (shadow.events() - last.events < EVERY_EVENTS && now - last.lastNs < EVERY_NANOS)) {
            return;
        }
        last.events = shadow.events();
        last.lastNs = now;
        ShadowCounted counted =
                shadow.counted().setTask(task).setSinceNs(last.sinceNs).build();
        counted.getHitsList().forEach(this::measure);
        out.collect(LogRecord.of(
                Event.newBuilder()
                        .setId(EventIds.derived(
                                shadow.order(), "shadow", Integer.toString(task), Long.toString(last.sinceNs)))
                        .setTenant(tenant)
                        .setChannel(Channel.VERDICTS)
                        .setEventTimeNs(now)
                        .setObservedTimeNs(now)
                        .setShadowCounted(counted)
                        .build(),
                StageTimes.getDefaultInstance()));
    }

    /** Forgets shadows that have ended. */
    void forget(Iterable<Shadow> ended) {
        ended.forEach(told::remove);
    }

    private Told begin(Shadow shadow) {
        MetricGroup group = metrics.addGroup("order", shadow.order());
        group.gauge("events", (Gauge<Long>) shadow::events);
        group.gauge("agreed", (Gauge<Long>) shadow::agreed);
        group.gauge("gained", (Gauge<Long>) shadow::gained);
        group.gauge("lost", (Gauge<Long>) shadow::lost);
        group.gauge("agreement", (Gauge<Double>)
                () -> shadow.events() == 0 ? 1.0 : (double) shadow.agreed() / shadow.events());
        if (shadow.candidate() instanceof IntentJudge) {
            group.gauge("scored", (Gauge<Long>) shadow::scored);
            group.gauge("risk_difference", (Gauge<Double>) shadow::meanRiskDifference);
            group.gauge("drift", (Gauge<Double>) () -> shadow.drift().orElse(Double.NaN));
        }
        return new Told();
    }

    private void measure(ShadowHits hits) {
        String rule = hits.getRule();
        if (!byRule.containsKey(rule)) {
            if (byRule.size() == MAX_RULES) {
                return;
            }
            MetricGroup group = metrics.addGroup("rule", rule);
            group.gauge("gained", (Gauge<Long>) () -> hits(rule).getGained());
            group.gauge("lost", (Gauge<Long>) () -> hits(rule).getLost());
        }
        byRule.put(rule, hits);
    }

    private ShadowHits hits(String rule) {
        return byRule.getOrDefault(rule, ShadowHits.getDefaultInstance());
    }
}
