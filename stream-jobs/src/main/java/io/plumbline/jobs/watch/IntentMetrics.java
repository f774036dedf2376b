package io.plumbline.jobs.watch;

import io.plumbline.watcher.judge.IntentJudge;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** How the intent models of one task score, over all of its tenants, as metrics. */
final class IntentMetrics {
    private final Supplier<Stream<IntentJudge>> models;

    /** @param models in force when a metric is read */
    IntentMetrics(Supplier<Stream<IntentJudge>> models) {
        this.models = models;
    }

    void register(MetricGroup metrics) {
        metrics.gauge("intent_scored", (Gauge<Long>) () -> sum(IntentJudge::scored));
        metrics.gauge("intent_not_scored", (Gauge<Long>) () -> sum(IntentJudge::notScored));
        metrics.gauge("intent_drift", (Gauge<Double>) this::drift);
    }

    private long sum(ToLongFunction<IntentJudge> count) {
        return models.get().mapToLong(count).sum();
    }

    /** Of the tenant whose scores are farthest from those at training; not a number before any tenant has enough. */
    private double drift() {
        return models.get()
                .map(IntentJudge::drift)
                .flatMapToDouble(OptionalDouble::stream)
                .max()
                .orElse(Double.NaN);
    }
}
