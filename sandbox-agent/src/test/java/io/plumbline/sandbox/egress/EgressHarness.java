package io.plumbline.sandbox.egress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.testing.RecordingOutbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A proxy with a platform that allows everything, raw destinations, and clients that say exactly what a test says. */
final class EgressHarness implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(30);

    final RecordingOutbox outbox = new RecordingOutbox();
    final AtomicInteger drains = new AtomicInteger();
    final List<AutoCloseable> open = new ArrayList<>();
    volatile List<InetAddress> addresses = List.of(InetAddress.getLoopbackAddress());
    Duration headLimit = Duration.ofSeconds(20);
    EgressSettings settings = EgressSettings.none();
    private final Path directory;

    EgressHarness(Path directory) {
        this.directory = directory;
    }

    EgressProxy start(TaskPolicy policy) throws EgressException {
        EgressProxy opened = EgressProxy.open(
                directory,
                policy,
                outbox,
                limit -> {
                    drains.incrementAndGet();
                    return true;
                },
                settings,
                new EgressSession.Environment(host -> addresses, Duration.ofSeconds(20), headLimit, 64));
        open.add(opened);
        outbox.onPublish(event -> {
            if (event.hasEgressRequested() && event.getEgressRequested().getHeld()) {
                opened.onVerdict(RecordingOutbox.egressAnswer(event.getId(), true), StageTimes.getDefaultInstance());
            }
        });
        return opened;
    }

    /** What a destination does with a connection. */
    interface Handler {
        void handle(Socket socket) throws IOException;
    }

    /** A raw destination; returns its port. */
    int serve(Handler handler) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        open.add(server);
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    Thread.ofVirtual().start(() -> {
                        try (socket) {
                            socket.setSoTimeout((int) LIMIT.toMillis());
                            handler.handle(socket);
                        } catch (IOException e) {
                            // The proxy has cut it.
                        }
                    });
                } catch (IOException e) {
                    return;
                }
            }
        });
        return server.getLocalPort();
    }

    /** Reads one head; empty when the connection ended before. */
    static String readHead(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = socket.getInputStream().read();
            if (c < 0) {
                return head.toString();
            }
            head.append((char) c);
        }
        return head.toString();
    }

    Duplex connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(directory.resolve("egress.sock")));
        open.add(channel);
        return Duplex.of(channel);
    }

    /** A client's TLS through a tunnel of the proxy, trusting what the sandbox trusts. */
    Duplex connectTls(String host, int port) throws Exception {
        Duplex raw = connect();
        send(raw, "CONNECT " + host + ":" + port + " HTTP/1.1\r\n\r\n");
        String answer = receive(raw, "\r\n\r\n");
        if (!answer.startsWith("HTTP/1.1 200")) {
            throw new IOException(answer);
        }
        TlsDuplex tls = new TlsDuplex(
                raw,
                UpstreamTrust.load(Optional.of(directory.resolve("ca.pem"))).clientEngine(new Destination(host, port)),
                new byte[0]);
        tls.handshake();
        return tls;
    }

    /** Sends and reads to the end. */
    String exchange(String request) throws IOException {
        Duplex client = connect();
        send(client, request);
        return rest(client);
    }

    static void send(Duplex client, String text) throws IOException {
        send(client, text.getBytes(ISO_8859_1));
    }

    static void send(Duplex client, byte[] text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text);
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    static String receive(Duplex client, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (!text.toString().endsWith(end) && client.read(one.clear()) > 0) {
            text.append((char) (one.get(0) & 0xff));
        }
        return text.toString();
    }

    static String rest(Duplex client) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        try {
            while (client.read(buffer) >= 0) {
                all.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
        } catch (IOException e) {
            // Cut: what came until then is what there is.
        }
        return all.toString(ISO_8859_1);
    }

    /** Reasons of all decisions but the ends, in order. */
    List<String> reasons() {
        return outbox.decisions().stream()
                .filter(decision -> !decision.getClosed())
                .map(EgressDecided::getReason)
                .toList();
    }

    String evidence() {
        StringBuilder all = new StringBuilder();
        for (Event event : outbox.events()) {
            all.append(event);
        }
        return all.toString();
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable closeable : open.reversed()) {
            closeable.close();
        }
    }
}
