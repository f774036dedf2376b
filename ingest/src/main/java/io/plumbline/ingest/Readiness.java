package io.plumbline.ingest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;

/** Whether ingest can do its work now, and why not. Kafka is asked every two seconds, not by whoever asks us. */
final class Readiness implements AutoCloseable {
    private static final int ASK_MILLIS = 2000;

    private final Admin admin;
    private final String bootstrap;
    private final VerdictConsumer verdicts;
    private volatile String kafkaProblem = "kafka: not asked yet (expected: an answer)";

    Readiness(String bootstrap, VerdictConsumer verdicts, ScheduledExecutorService timer) {
        this.bootstrap = bootstrap;
        this.verdicts = verdicts;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "client.id", "plumbline-ingest-readiness"));
        timer.scheduleWithFixedDelay(() -> Thread.ofVirtual().start(this::ask), 0, ASK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Reasons why ingest is not ready; empty: it is. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (!kafkaProblem.isEmpty()) {
            problems.add(kafkaProblem);
        }
        if (!verdicts.running()) {
            problems.add("verdicts: no consumer (expected: all partitions assigned)");
        }
        return problems;
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(1));
    }

    private void ask() {
        try {
            admin.describeCluster(new DescribeClusterOptions().timeoutMs(ASK_MILLIS))
                    .nodes()
                    .get(ASK_MILLIS, TimeUnit.MILLISECONDS);
            kafkaProblem = "";
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            kafkaProblem = "kafka: " + bootstrap + " does not answer (expected: within " + ASK_MILLIS + " ms)";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
