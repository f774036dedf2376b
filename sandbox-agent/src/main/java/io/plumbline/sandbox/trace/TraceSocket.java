package io.plumbline.sandbox.trace;

import io.plumbline.sandbox.posix.SeqpacketConnection;
import io.plumbline.sandbox.posix.SeqpacketServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Where the kernel of one sandbox sends its trace. Bound before the sandbox is made, which does not come up when nobody shakes
 * hands; what it says before a {@link TraceListener} reads waits in the socket, and the sandbox with it when that is full.
 */
public final class TraceSocket implements AutoCloseable {
    private static final byte[] HANDSHAKE = {0x08, 0x01};
    private static final Duration HELLO_LIMIT = Duration.ofSeconds(5);
    private static final Duration TURN = Duration.ofMillis(100);

    private final SeqpacketServer server;
    private final CompletableFuture<Optional<SeqpacketConnection>> peer = new CompletableFuture<>();
    private final Thread greeter;
    private volatile boolean closing;

    private TraceSocket(SeqpacketServer server, Path path) {
        this.server = server;
        this.greeter = Thread.ofPlatform()
                .daemon()
                .name("trace-greet-" + path.getParent())
                .unstarted(this::greet);
    }

    /** @param path at most 107 bytes; must not exist */
    public static TraceSocket bind(Path path) throws IOException {
        TraceSocket socket = new TraceSocket(SeqpacketServer.bind(path), path);
        socket.greeter.start();
        return socket;
    }

    /** Whether the sentry has connected and shaken hands within {@code limit}. */
    public boolean awaitHandshake(Duration limit) throws InterruptedException {
        try {
            return peer.get(limit.toNanos(), TimeUnit.NANOSECONDS).isPresent();
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    /**
     * Waits for the sentry.
     *
     * @return empty when this socket was closed before it came
     * @throws IOException when what came does not speak the protocol
     */
    Optional<SeqpacketConnection> connection() throws IOException {
        try {
            return peer.get();
        } catch (ExecutionException e) {
            throw new IOException(
                    String.valueOf(
                            Objects.requireNonNull(e.getCause(), "always there").getMessage()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The sentry's end, once it has shaken hands; never waits. */
    Optional<SeqpacketConnection> arrived() {
        return peer.isDone() && !peer.isCompletedExceptionally() ? peer.join() : Optional.empty();
    }

    private void greet() {
        try {
            Optional<SeqpacketConnection> accepted = Optional.empty();
            while (accepted.isEmpty() && !closing) {
                accepted = server.accept(TURN);
            }
            if (accepted.isPresent()) {
                byte[] hello = accepted.get().receive(HELLO_LIMIT).orElse(new byte[0]);
                if (hello.length < 2 || hello[0] != 0x08 || hello[1] < 1) {
                    accepted.get().close();
                    throw new IOException("no handshake of the trace protocol, version 1 or later");
                }
                accepted.get().send(HANDSHAKE);
            }
            peer.complete(accepted);
        } catch (IOException | RuntimeException e) {
            peer.completeExceptionally(e);
        }
    }

    /** Ends what waits on it or reads from it; {@link #close} has still to come. */
    void shutdown() {
        closing = true;
        peer.thenAccept(found -> found.ifPresent(SeqpacketConnection::shutdown));
    }

    /** Only after whoever reads has left. */
    @Override
    public void close() {
        shutdown();
        try {
            greeter.join(HELLO_LIMIT.multipliedBy(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.close();
        peer.thenAccept(found -> found.ifPresent(SeqpacketConnection::close));
    }
}
