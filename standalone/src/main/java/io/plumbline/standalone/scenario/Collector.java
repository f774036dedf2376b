package io.plumbline.standalone.scenario;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server on loopback that takes whatever is sent to it, and says nothing. Where a scenario's stolen goods go, if anything lets them. */
final class Collector implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads;

    private Collector(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    static Collector start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 16);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
                exchange.sendResponseHeaders(204, -1);
            }
        });
        server.setExecutor(threads);
        server.start();
        return new Collector(server, threads);
    }

    /** The text with this server's port where its place is. */
    String addressed(String text) {
        return text.replace(ScenarioPolicy.COLLECTOR, String.valueOf(port()));
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
