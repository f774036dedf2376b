package io.plumbline.search;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * Starts the node inside the server's class loader. Public, and with types of the platform only in its signature, because
 * {@link SearchNode} calls it from another class loader.
 */
public final class NodeRunner {
    private NodeRunner() {}

    /** Prints {@code READY PORT} once the node answers on its HTTP port and returns when it was stopped. */
    public static void run(Path home, Path data, int port, Optional<Path> portFile) throws Exception {
        Environment environment = new Environment(settings(home, data, port), home.resolve("config"));
        LogConfigurator.configureESLogging();
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
                PluginsLoader.loadModulesBundles(environment.modulesDir(), false), Set.of(), Map.of(), false);
        @SuppressWarnings("resource") // closed by the shutdown hook
        Node node = new Node(environment, plugins);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            stop(node);
                            stopped.countDown();
                        },
                        "search-node-stop"));
        node.start();
        int bound = node.injector()
                .getInstance(HttpServerTransport.class)
                .boundAddress()
                .publishAddress()
                .getPort();
        if (portFile.isPresent()) {
            announce(portFile.get().toAbsolutePath(), bound);
        }
        System.out.println("READY " + bound);
        System.out.flush();
        // The node's own threads are daemons.
        stopped.await();
    }

    private static Settings settings(Path home, Path data, int port) {
        return Settings.builder()
                .put("path.home", home.toString())
                .put("path.data", data.resolve("data").toString())
                .put("path.logs", data.resolve("logs").toString())
                .put("cluster.name", "plumbline-standalone")
                .put("node.name", "search")
                .put("discovery.type", "single-node")
                .put("http.host", "127.0.0.1")
                .put("http.port", port)
                .put("transport.host", "127.0.0.1")
                .put("transport.port", "0")
                .put("action.auto_create_index", "plumbline-*")
                // A laptop's disk is rarely emptier than the default marks (85, 90, 95 %), which make every index
                // read-only.
                .put("cluster.routing.allocation.disk.watermark.low", "2gb")
                .put("cluster.routing.allocation.disk.watermark.high", "1gb")
                .put("cluster.routing.allocation.disk.watermark.flood_stage", "500mb")
                .build();
    }

    /** Readers never see half a port: the file appears by rename. */
    private static void announce(Path file, int port) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".tmp");
        Files.writeString(draft, Integer.toString(port));
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void stop(Node node) {
        try {
            node.close();
            if (!node.awaitClose(10, TimeUnit.SECONDS)) {
                System.err.println("the node did not close within 10 s");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
