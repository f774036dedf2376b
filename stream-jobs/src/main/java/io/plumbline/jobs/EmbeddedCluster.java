package io.plumbline.jobs;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * A Flink cluster inside this process. Each job keeps its checkpoints under a folder of its own name and continues from the
 * newest one, also after a kill.
 */
public final class EmbeddedCluster implements AutoCloseable {
    private static final int SLOTS = 4;
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(10);

    private final Path checkpoints;
    private final MiniCluster cluster;

    private EmbeddedCluster(Path checkpoints, MiniCluster cluster) {
        this.checkpoints = checkpoints;
        this.cluster = cluster;
    }

    /**
     * Starts the cluster.
     *
     * @param checkpoints where the jobs keep their checkpoints; made when missing
     */
    public static EmbeddedCluster start(Path checkpoints) throws Exception {
        Files.createDirectories(checkpoints);
        Configuration configuration = new Configuration();
        configuration.set(RestOptions.BIND_PORT, "0");
        configuration.set(RestOptions.PORT, 0);
        configuration.set(RestOptions.ADDRESS, "127.0.0.1");
        configuration.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(8));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(32));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(32));
        MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(SLOTS)
                .build());
        cluster.start();
        return new EmbeddedCluster(checkpoints, cluster);
    }

    /**
     * Submits a job and waits until it runs.
     *
     * @param name the folder of its checkpoints and its name in the cluster
     * @param definition adds sources, operators and sinks to the environment
     * @throws TimeoutException when it does not run within {@code limit}
     */
    public JobID submit(String name, Consumer<StreamExecutionEnvironment> definition, Duration limit)
            throws IOException, ExecutionException, InterruptedException, TimeoutException {
        Path folder = checkpoints.resolve(name);
        Files.createDirectories(folder);
        Configuration configuration = jobConfiguration(folder);
        newestCheckpoint(folder).ifPresent(checkpoint -> {
            configuration.set(
                    StateRecoveryOptions.SAVEPOINT_PATH, checkpoint.toUri().toString());
            configuration.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.CLAIM);
        });
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        environment.setParallelism(1);
        definition.accept(environment);
        StreamGraph stream = environment.getStreamGraph();
        stream.setJobName(name);
        JobGraph graph = stream.getJobGraph();
        JobID job = cluster.submitJob(graph).get().getJobID();
        awaitRunning(job, name, limit);
        return job;
    }

    /** Cancels a job; its last checkpoint stays, so that submitting it again continues. */
    public void cancel(JobID job) throws ExecutionException, InterruptedException, TimeoutException {
        cluster.cancelJob(job).get();
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!cluster.getJobStatus(job).get().isGloballyTerminalState()) {
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("job " + job + " is still not cancelled after 30 s");
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /**
     * Writes all of a job's state to a folder of its own below {@code folder}; the job goes on. Unlike a checkpoint it may be moved, and is read by
     * later releases.
     *
     * @return the folder that was made; {@code _metadata} is in it
     */
    public Path savepoint(JobID job, Path folder) throws ExecutionException, InterruptedException {
        String made = cluster.triggerSavepoint(job, folder.toUri().toString(), false, SavepointFormatType.CANONICAL)
                .get();
        return Path.of(URI.create(made));
    }

    public JobStatus status(JobID job) throws ExecutionException, InterruptedException {
        return cluster.getJobStatus(job).get();
    }

    @Override
    public void close() throws Exception {
        cluster.close();
    }

    private static Configuration jobConfiguration(Path folder) {
        Configuration configuration = ClusterJob.required();
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINT_INTERVAL);
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.toUri().toString());
        configuration.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, 2);
        configuration.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF, Duration.ofMillis(200));
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF, Duration.ofSeconds(5));
        return configuration;
    }

    private void awaitRunning(JobID job, String name, Duration limit)
            throws ExecutionException, InterruptedException, TimeoutException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!allTasksRun(job)) {
            JobStatus status = status(job);
            if (status.isTerminalState()) {
                throw new IllegalStateException("job " + name + " is " + status + " (expected: RUNNING)");
            }
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("job " + name + " is " + status + " after " + limit.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /** A job counts as running before its tasks do; only then does it read. */
    private boolean allTasksRun(JobID job) throws ExecutionException, InterruptedException {
        return status(job) == JobStatus.RUNNING
                && Stream.of(cluster.getExecutionGraph(job).get().getAllExecutionVertices())
                        .flatMap(vertices -> java.util.stream.StreamSupport.stream(vertices.spliterator(), false))
                        .allMatch(vertex -> vertex.getExecutionState()
                                == org.apache.flink.runtime.execution.ExecutionState.RUNNING);
    }

    /** The newest complete checkpoint of a job: its metadata is written last, by rename. */
    public static Optional<Path> newestCheckpoint(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder, 3)) {
            return files.filter(file -> file.getFileName().toString().equals("_metadata"))
                    .max(Comparator.comparing(EmbeddedCluster::modified))
                    .map(metadata -> metadata.toAbsolutePath().getParent());
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }
}
