package io.plumbline.jobs;

import io.plumbline.jobs.index.IndexJob;
import io.plumbline.jobs.index.IndexSettings;
import io.plumbline.jobs.watch.JudgeFactory;
import io.plumbline.jobs.watch.WatchJob;
import io.plumbline.jobs.watch.WatchRehearsal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Both jobs on an embedded cluster, as the standalone process tree runs them. */
public final class StreamJobs {
    private static final Duration START_LIMIT = Duration.ofSeconds(120);

    private StreamJobs() {}

    /** Usage: {@code StreamJobs KAFKA_BOOTSTRAP ELASTICSEARCH_URL CHECKPOINT_DIRECTORY}; prints {@code READY} and runs until SIGTERM. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3) {
            System.err.println("stream-jobs: " + arguments.length
                    + " arguments (expected: KAFKA_BOOTSTRAP ELASTICSEARCH_URL CHECKPOINT_DIRECTORY)");
            System.exit(2);
        }
        String bootstrap = arguments[0];
        URI elasticsearch = URI.create(arguments[1]);
        EmbeddedCluster cluster = EmbeddedCluster.start(Path.of(arguments[2]));
        CountDownLatch stop = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                cluster.close();
            } catch (Exception e) {
                System.err.println("stream-jobs: not stopped cleanly: " + e);
            }
            stop.countDown();
        }));
        cluster.submit("watch", env -> WatchJob.define(env, bootstrap, JudgeFactory.fromEnvironment()), START_LIMIT);
        WatchRehearsal.run();
        IndexSettings index = IndexSettings.local(bootstrap, elasticsearch);
        cluster.submit("index", env -> IndexJob.define(env, index), START_LIMIT);
        System.out.println("READY");
        stop.await();
    }
}
