package io.plumbline.standalone.session;

import io.plumbline.events.v1.StageTimes;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Where the time from a kernel event to the stopped workload went.
 *
 * @param millis by stage in order: trace, ingest, kafka, flink, order (Kafka, ingest and link back to the host), runtime
 */
public record FreezeStages(Map<String, Double> millis) {
    public FreezeStages {
        millis = new LinkedHashMap<>(millis);
    }

    /** The stages of a confirmed freeze; what was not measured is left out. */
    public static FreezeStages of(StageTimes times) {
        Map<String, Double> millis = new LinkedHashMap<>();
        put(millis, "trace", times.getKernelNs(), times.getHostObservedNs());
        put(millis, "ingest", times.getHostObservedNs(), times.getIngestReceivedNs());
        put(millis, "kafka", times.getIngestReceivedNs(), times.getJobReceivedNs());
        put(millis, "flink", times.getJobReceivedNs(), times.getJobDecidedNs());
        put(millis, "order", times.getJobDecidedNs(), times.getHostReceivedNs());
        put(millis, "runtime", times.getHostReceivedNs(), times.getDoneNs());
        return new FreezeStages(millis);
    }

    private static void put(Map<String, Double> millis, String stage, long from, long to) {
        if (from != 0 && to != 0) {
            millis.put(stage, (to - from) / 1e6);
        }
    }

    /** One line, for example {@code trace 0.2, ingest 1.1, kafka 2.0, flink 0.9, order 3.1, runtime 0.6 ms}. */
    public String describe() {
        return millis.entrySet().stream()
                        .map(stage -> String.format(Locale.ROOT, "%s %.1f", stage.getKey(), stage.getValue()))
                        .collect(Collectors.joining(", "))
                + " ms";
    }
}
