package io.plumbline.jobs;

import io.plumbline.jobs.index.IndexJob;
import io.plumbline.jobs.index.IndexSettings;
import io.plumbline.jobs.watch.JudgeFactory;
import io.plumbline.jobs.watch.WatchJob;
import java.net.URI;
import java.time.Duration;
import java.util.List;
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

    /** Usage: {@code ClusterJob watch KAFKA_BOOTSTRAP} or {@code ClusterJob index KAFKA_BOOTSTRAP ELASTICSEARCH_URL}. */
    public static void main(String[] arguments) throws Exception {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(required());
        String job = arguments.length == 0 ? "" : arguments[0];
        if (job.equals("watch") && arguments.length == 2) {
            WatchJob.define(environment, arguments[1], JudgeFactory.fromEnvironment());
        } else if (job.equals("index") && arguments.length == 3) {
            IndexJob.define(environment, IndexSettings.local(arguments[1], URI.create(arguments[2])));
        } else {
            throw new IllegalArgumentException("arguments: " + List.of(arguments)
                    + " (expected: watch KAFKA_BOOTSTRAP, or index KAFKA_BOOTSTRAP ELASTICSEARCH_URL)");
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
