package io.plumbline.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * One combined Kafka node (KRaft controller and broker) on loopback. Keeps its log over restarts, also after a kill: the
 * short session and election times let the next start take over in seconds instead of the default nine.
 */
public final class Broker implements AutoCloseable {
    private static final int PARTITIONS = 4;
    private static final List<String> TOPICS = List.of("telemetry", "control", "verdicts");

    private final KafkaRaftServer server;
    private final int port;

    private Broker(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /** Usage: {@code Broker DATA_DIRECTORY PORT}; prints {@code READY PORT} and runs until SIGTERM. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("broker: " + arguments.length + " arguments (expected: DATA_DIRECTORY PORT)");
            System.exit(2);
        }
        int port = Integer.parseInt(arguments[1]);
        Broker broker;
        try {
            broker = start(Path.of(arguments[0]), port);
        } catch (IOException e) {
            System.err.println("broker: " + e.getMessage());
            System.exit(1);
            return;
        }
        CountDownLatch stop = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            broker.close();
            stop.countDown();
        }));
        System.out.println("READY " + broker.port());
        stop.await();
    }

    /**
     * Formats the directory if it is new, starts the node and creates Plumbline's topics.
     *
     * @param port client port; 0 takes a free one
     * @throws IOException when the port is taken, the directory cannot be written, or the node is not ready in a minute
     */
    public static Broker start(Path directory, int port) throws IOException {
        Files.createDirectories(directory);
        int client = free(port);
        int controller = free(0);
        Properties properties = properties(directory, client, controller);
        format(directory);
        KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(properties, false), Time.SYSTEM);
        server.startup();
        Broker broker = new Broker(server, client);
        broker.createTopics();
        return broker;
    }

    public int port() {
        return port;
    }

    public String bootstrap() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    private static int free(int port) throws IOException {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new IOException("port " + port + " is taken on 127.0.0.1 (expected: a free port, or 0)", e);
        }
    }

    private static void format(Path directory) throws IOException {
        Path clusterFile = directory.resolve("cluster.id");
        String cluster = Files.exists(clusterFile)
                ? Files.readString(clusterFile).strip()
                : Uuid.randomUuid().toString();
        try (PrintStream quiet = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setPrintStream(quiet)
                    .setClusterId(cluster)
                    .setNodeId(1)
                    .addDirectory(directory.resolve("log").toString())
                    .setMetadataLogDirectory(directory.resolve("log").toString())
                    .setControllerListenerName("CONTROLLER")
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setIgnoreFormatted(true)
                    .run();
        } catch (Exception e) {
            throw new IOException("data directory " + directory + " cannot be formatted: " + e.getMessage(), e);
        }
        Files.writeString(clusterFile, cluster);
    }

    private static Properties properties(Path directory, int client, int controller) {
        Properties properties = new Properties();
        properties.putAll(Map.ofEntries(
                Map.entry("node.id", "1"),
                Map.entry("process.roles", "broker,controller"),
                Map.entry("listeners", "PLAINTEXT://127.0.0.1:" + client + ",CONTROLLER://127.0.0.1:" + controller),
                Map.entry("advertised.listeners", "PLAINTEXT://127.0.0.1:" + client),
                Map.entry("controller.listener.names", "CONTROLLER"),
                Map.entry("controller.quorum.voters", "1@127.0.0.1:" + controller),
                Map.entry("log.dirs", directory.resolve("log").toString()),
                Map.entry("offsets.topic.replication.factor", "1"),
                Map.entry("offsets.topic.num.partitions", "4"),
                Map.entry("transaction.state.log.replication.factor", "1"),
                Map.entry("transaction.state.log.min.isr", "1"),
                Map.entry("transaction.state.log.num.partitions", "4"),
                Map.entry("share.coordinator.state.topic.replication.factor", "1"),
                Map.entry("share.coordinator.state.topic.min.isr", "1"),
                Map.entry("group.initial.rebalance.delay.ms", "0"),
                Map.entry("auto.create.topics.enable", "false"),
                Map.entry("log.cleaner.dedupe.buffer.size", "4194304"),
                // A whole rule set is one record of the control topic.
                Map.entry("message.max.bytes", "4325376"),
                Map.entry("num.network.threads", "2"),
                Map.entry("num.io.threads", "2"),
                Map.entry("broker.session.timeout.ms", "1500"),
                Map.entry("broker.heartbeat.interval.ms", "300"),
                Map.entry("controller.quorum.election.timeout.ms", "1000"),
                Map.entry("controller.quorum.fetch.timeout.ms", "2000"),
                Map.entry("log.retention.hours", "168")));
        return properties;
    }

    private void createTopics() throws IOException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap()))) {
            for (String topic : TOPICS) {
                try {
                    admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1)))
                            .all()
                            .get(60, TimeUnit.SECONDS);
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw e;
                    }
                }
            }
        } catch (ExecutionException | TimeoutException e) {
            close();
            throw new IOException("topics could not be created: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new IOException("interrupted while creating topics", e);
        }
    }
}
