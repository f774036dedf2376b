package io.plumbline.jobs;

import io.plumbline.jobs.index.IndexJob;
import io.plumbline.jobs.index.IndexSettings;
import io.plumbline.jobs.watch.WatchJob;
import io.plumbline.jobs.watch.WatchSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Both jobs on an embedded cluster, as the standalone process tree runs them. */
public final class StreamJobs {
    private static final Duration START_LIMIT = Duration.ofSeconds(120);

    /** In place of a URL. */
    private static final String NONE = "none";

    private StreamJobs() {}

    /**
     * Usage: {@code StreamJobs KAFKA_BOOTSTRAP ELASTICSEARCH_URL CHECKPOINT_DIRECTORY [ACTIVATION_KEYS]}; prints {@code READY} and runs
     * until SIGTERM. With a file of public keys, only activations that one of them signed are taken. With {@code none} in place of the URL
     * there is no index job.
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3 && arguments.length != 4) {
            System.err.println(
                    "stream-jobs: " + arguments.length
                            + " arguments (expected: KAFKA_BOOTSTRAP ELASTICSEARCH_URL CHECKPOINT_DIRECTORY [ACTIVATION_KEYS])");
            System.exit(2);
        }
        String bootstrap = arguments[0];
        WatchSettings settings = WatchSettings.fromEnvironment(
                arguments.length == 4 ? Optional.of(Path.of(arguments[3])) : Optional.empty());
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
        cluster.submit("watch", env -> WatchJob.define(env, bootstrap, settings), START_LIMIT);
        if (!arguments[1].equals(NONE)) {
            IndexSettings index = IndexSettings.local(bootstrap, URI.create(arguments[1]));
            cluster.submit("index", env -> IndexJob.define(env, index), START_LIMIT);
        }
        System.out.println("READY");
        stop.await();
    }
}
