package io.plumbline.jobs;

import io.plumbline.jobs.index.IndexJob;
import io.plumbline.jobs.index.IndexSettings;
import io.plumbline.jobs.watch.WatchJob;
import io.plumbline.jobs.watch.WatchSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * One job on a Flink cluster: the entry class for {@code flink run} or an application cluster, from the same jar. Parallelism,
 * checkpoints, state backend and restarts are the cluster's configuration; what the jobs cannot do without is set here.
 */
public final class ClusterJob {
    private ClusterJob() {}

    /**
     * Usage: {@code ClusterJob watch KAFKA_BOOTSTRAP [ACTIVATION_KEYS]} or {@code ClusterJob index KAFKA_BOOTSTRAP ELASTICSEARCH_URL};
     * with a file of public keys, only activations that one of them signed are taken.
     */
    public static void main(String[] arguments) throws Exception {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(required());
        String job = arguments.length == 0 ? "" : arguments[0];
        if (job.equals("watch") && (arguments.length == 2 || arguments.length == 3)) {
            Optional<Path> keys = arguments.length == 3 ? Optional.of(Path.of(arguments[2])) : Optional.empty();
            WatchJob.define(environment, arguments[1], WatchSettings.fromEnvironment(keys));
        } else if (job.equals("index") && arguments.length == 3) {
            IndexJob.define(environment, IndexSettings.local(arguments[1], URI.create(arguments[2])));
        } else {
            throw new IllegalArgumentException(
                    "arguments: " + List.of(arguments)
                            + " (expected: watch KAFKA_BOOTSTRAP [ACTIVATION_KEYS], or index KAFKA_BOOTSTRAP ELASTICSEARCH_URL)");
        }
        environment.execute("plumbline-" + job);
    }

    /** A freeze must not wait for a buffer to fill, and no state may go through a serializer that cannot evolve. */
    static Configuration required() {
        Configuration configuration = new Configuration();
        configuration.set(ExecutionOptions.BUFFER_TIMEOUT, Duration.ZERO);
        configuration.set(PipelineOptions.OBJECT_REUSE, true);
        configuration.set(PipelineOptions.GENERIC_TYPES, false);
        configuration.set(PipelineOptions.MAX_PARALLELISM, 128);
        return configuration;
    }
}
