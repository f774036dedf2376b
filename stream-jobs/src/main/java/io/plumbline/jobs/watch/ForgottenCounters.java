package io.plumbline.jobs.watch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * What a bounded state had to forget, as metrics: one counter for each cause, over all keys of the operator.
 *
 * @param <T> totals since the key began
 */
final class ForgottenCounters<T> {
    private record Cause<T>(Counter counter, ToLongFunction<T> total) {}

    private final MetricGroup metrics;
    private final String prefix;
    private final List<Cause<T>> causes = new ArrayList<>();

    ForgottenCounters(MetricGroup metrics, String prefix) {
        this.metrics = metrics;
        this.prefix = prefix;
    }

    ForgottenCounters<T> of(String cause, ToLongFunction<T> total) {
        causes.add(new Cause<>(metrics.counter(prefix + cause), total));
        return this;
    }

    /** Adds what one event has made a key forget. */
    void count(T before, T after) {
        if (before != after) {
            causes.forEach(cause -> cause.counter()
                    .inc(cause.total().applyAsLong(after) - cause.total().applyAsLong(before)));
        }
    }
}
