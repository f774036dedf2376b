package io.plumbline.sandbox.egress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.testing.RecordingOutbox;
import io.plumbline.sandbox.trace.TraceBarrier;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EgressProxyTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final StageTimes NO_STAGES = StageTimes.getDefaultInstance();

    @TempDir
    Path directory;

    private final RecordingOutbox outbox = new RecordingOutbox();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<String> resolved = new CopyOnWriteArrayList<>();
    private List<InetAddress> addresses = List.of();
    private TraceBarrier barrier = limit -> true;
    private Duration answerLimit = Duration.ofSeconds(10);
    private Duration headLimit = Duration.ofSeconds(10);
    private EgressSettings settings = EgressSettings.none();
    private int maxConnections = 16;
    private Destination server = new Destination("unset.example", 1);
    private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();

    @BeforeEach
    void startServer() throws IOException {
        addresses = List.of(InetAddress.getLoopbackAddress());
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        open.add(listener);
        server = new Destination("files.example.com", listener.getLocalPort());
        serve(listener, socket -> {
            try {
                // Answers each line, so that both directions of a tunnel are seen.
                byte[] bytes = new byte[65_536];
                StringBuilder all = new StringBuilder();
                int read = socket.getInputStream().read(bytes);
                while (read > 0) {
                    received.add(java.util.Arrays.copyOf(bytes, read));
                    String text = new String(bytes, 0, read, ISO_8859_1);
                    all.append(text);
                    String asked = all.toString();
                    if (isWhole(asked)) {
                        String answer = asked.contains("HTTP/1.1")
                                ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                                : "echo " + text;
                        socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
                        if (asked.startsWith("GET ") || asked.startsWith("POST ")) {
                            return;
                        }
                    }
                    read = socket.getInputStream().read(bytes);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Whether a request has its body too, which is sent on its own; where a read ends is the kernel's choice. */
    private static boolean isWhole(String asked) {
        if (asked.startsWith("POST ")) {
            return asked.endsWith("abc");
        }
        return !asked.startsWith("PUT ") || asked.endsWith("\r\n0\r\n\r\n");
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable closeable : open.reversed()) {
            closeable.close();
        }
    }

    @Test
    void letsAnAllowedTunnelThroughAfterTheAnswer() throws Exception {
        EgressProxy proxy = proxy(true);
        platformAnswers(proxy, true);
        try (SocketChannel client = connect("egress.sock")) {
            send(client, "CONNECT Files.Example.com:" + server.port() + " HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(receive(client, "\r\n\r\n")).startsWith("HTTP/1.1 200 ");
            send(client, "hello");
            assertThat(receive(client, "hello")).isEqualTo("echo hello");
        }
        await().atMost(LIMIT).until(() -> outbox.decisions().size() == 2);

        assertThat(outbox.events())
                .extracting(event -> event.getPayloadCase().name())
                .containsExactly("EGRESS_REQUESTED", "EGRESS_DECIDED", "EGRESS_DECIDED");
        Event request = outbox.events().getFirst();
        assertThat(request.getEgressRequested().getHeld()).isTrue();
        assertThat(request.getEgressRequested().getHost()).isEqualTo("files.example.com");
        assertThat(request.getEgressRequested().getMethod()).isEqualTo("CONNECT");
        EgressDecided decision = outbox.decisions().getFirst();
        assertThat(decision.getAllowed()).isTrue();
        assertThat(decision.getReason()).isEqualTo("allowed");
        assertThat(decision.getResolvedAddress()).isEqualTo("127.0.0.1");
        assertThat(decision.getVerdict()).isNotEmpty();
        EgressDecided end = outbox.decisions().get(1);
        assertThat(end.getClosed()).isTrue();
        assertThat(end.getBytesOut()).isEqualTo(5);
        assertThat(end.getBytesIn()).isEqualTo(10);
        assertThat(end.getConnection()).isEqualTo(1);
    }

    @Test
    void forwardsAPlainRequestAndNothingBehindIt() throws Exception {
        EgressProxy proxy = proxy(true);
        platformAnswers(proxy, true);
        String url = "http://files.example.com:" + server.port() + "/a?b";
        String answer = exchange(
                "POST " + url + " HTTP/1.1\r\nHost: evil.example\r\nProxy-Authorization: x\r\n"
                        + "X-Secret-Hop: 1\r\nConnection: x-secret-hop\r\nContent-Length: 3\r\n\r\nabcGET http://evil.example/ HTTP/1.1\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 200 OK");
        StringBuilder seen = new StringBuilder();
        received.forEach(bytes -> seen.append(new String(bytes, ISO_8859_1)));
        assertThat(seen.toString())
                .isEqualTo("POST /a?b HTTP/1.1\r\nHost: files.example.com:" + server.port()
                        + "\r\ncontent-length: 3\r\nConnection: close\r\n\r\nabc");
        assertThat(outbox.events().getFirst().getEgressRequested().getUrl()).isEqualTo(url);
    }

    @Test
    void forwardsAChunkedBodyChunkByChunk() throws Exception {
        EgressProxy proxy = proxy(true);
        platformAnswers(proxy, true);
        try (SocketChannel client = connect("egress.sock")) {
            send(
                    client,
                    "PUT http://files.example.com:" + server.port()
                            + "/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /");
            StringBuilder seen = new StringBuilder();
            await().atMost(LIMIT).until(() -> {
                byte[] bytes = received.poll();
                if (bytes != null) {
                    seen.append(new String(bytes, ISO_8859_1));
                }
                return seen.toString().endsWith("0\r\n\r\n");
            });
            assertThat(seen.toString()).endsWith("\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n");
        }
    }

    @Test
    void deniesAtOnceWhatThePolicyDoesNotName() throws Exception {
        proxy(true);

        assertThat(exchange("CONNECT files.example.com:1 HTTP/1.1\r\n\r\n"))
                .startsWith("HTTP/1.1 403 Forbidden\r\nX-Plumbline-Reason: not-in-policy\r\n");
        assertThat(exchange("GET http://evil.example/ HTTP/1.1\r\n\r\n")).contains("X-Plumbline-Reason: not-in-policy");
        assertThat(resolved).isEmpty();
        assertThat(outbox.events())
                .extracting(event -> event.getPayloadCase().name())
                .containsExactly("EGRESS_REQUESTED", "EGRESS_DECIDED", "EGRESS_REQUESTED", "EGRESS_DECIDED");
        assertThat(outbox.events().getFirst().getEgressRequested().getHeld()).isFalse();
        assertThat(outbox.decisions()).noneMatch(EgressDecided::getAllowed);
    }

    @Test
    void deniesWhatThePlatformDenies() throws Exception {
        EgressProxy proxy = proxy(true);
        platformAnswers(proxy, false);

        assertThat(exchange(tunnel())).contains("403 Forbidden").contains("X-Plumbline-Reason: denied-by-platform");
        assertThat(resolved).isEmpty();
        assertThat(received).isEmpty();
        assertThat(outbox.decisions()).singleElement().satisfies(decision -> assertThat(decision.getVerdict())
                .isNotEmpty());
    }

    @Test
    void deniesWhenNobodyAnswers() throws Exception {
        answerLimit = Duration.ofMillis(50);
        proxy(true);

        assertThat(exchange(tunnel())).contains("X-Plumbline-Reason: no-answer");
        assertThat(received).isEmpty();
    }

    @Test
    void bringsWhatHappenedBeforeToTheLogFirst() throws Exception {
        List<Integer> publishedBefore = new CopyOnWriteArrayList<>();
        barrier = limit -> publishedBefore.add(outbox.events().size());
        EgressProxy proxy = proxy(true);
        platformAnswers(proxy, false);
        exchange(tunnel());

        assertThat(publishedBefore).containsExactly(0);
    }

    @Test
    void deniesWhenTheTraceDoesNotDrain() throws Exception {
        barrier = limit -> false;
        proxy(true);

        assertThat(exchange(tunnel())).contains("X-Plumbline-Reason: trace-not-drained");
        assertThat(outbox.decisions()).singleElement().satisfies(decision -> assertThat(decision.getReason())
                .isEqualTo("trace-not-drained"));
    }

    @Test
    void deniesANameThatLeadsInside() throws Exception {
        addresses = List.of(InetAddress.ofLiteral("203.0.114.1"), InetAddress.ofLiteral("169.254.169.254"));
        EgressProxy proxy = proxy(true);
        platformAnswers(proxy, true);
        assertThat(exchange(tunnel())).contains("X-Plumbline-Reason: address-not-allowed");

        addresses = List.of(InetAddress.getLoopbackAddress());
        EgressProxy strict = proxy(false);
        platformAnswers(strict, true);
        assertThat(exchange(tunnel())).contains("X-Plumbline-Reason: address-not-allowed");
        assertThat(received).isEmpty();
    }

    @Test
    void connectsToTheAddressThatWasChecked() throws Exception {
        EgressProxy proxy = proxy(true);
        platformAnswers(proxy, true);
        exchange("GET http://files.example.com:" + server.port() + "/ HTTP/1.1\r\nConnection: close\r\n\r\n");

        assertThat(resolved).containsExactly("files.example.com");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "files.example.com.",
                "user@files.example.com",
                "files.example.com\u0000.evil.example",
                "evil.example#files.example.com",
                "127.1",
                "2130706433",
                "0x7f000001",
                "0x7f.0.0.1",
                "0177.0.0.1",
                "127.0.0.01",
                "1.2.3.4.5",
                "[::ffff:127.0.0.1]",
                "[fe80::1%eth0]",
                "fi\u00e9es.example.com",
                "files..example.com",
                "-files.example.com",
                "[]",
                ""
            })
    void refusesWaysToWriteAHostThatHideIt(String host) throws Exception {
        proxy(true);
        String answer = exchange("CONNECT " + host + ":" + server.port() + " HTTP/1.1\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 400 ");
        assertThat(outbox.decisions()).hasSize(1).noneMatch(EgressDecided::getAllowed);
        assertThat(resolved).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: files.example.com\r\n\r\n",
                "GET https://files.example.com/ HTTP/1.1\r\n\r\n",
                "GET http://files.example.com/ HTTP/2.0\r\n\r\n",
                "GET  http://files.example.com/ HTTP/1.1\r\n\r\n",
                "POST http://files.example.com/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
                "POST http://files.example.com/ HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                "POST http://files.example.com/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                "POST http://files.example.com/ HTTP/1.1\r\nContent-Length : 3\r\n\r\n",
                "POST http://files.example.com/ HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
                "CONNECT files.example.com HTTP/1.1\r\n\r\n",
                "CONNECT files.example.com:0 HTTP/1.1\r\n\r\n",
                "CONNECT files.example.com:65536 HTTP/1.1\r\n\r\n",
                "CONNECT files.example.com:443x HTTP/1.1\r\n\r\n",
                "nonsense\r\n\r\n"
            })
    void refusesRequestsThatCanBeReadInTwoWays(String request) throws Exception {
        proxy(true);

        assertThat(exchange(request)).startsWith("HTTP/1.1 400 ");
        assertThat(outbox.decisions()).noneMatch(EgressDecided::getAllowed);
    }

    @Test
    void refusesAHeadWithoutEnd() throws Exception {
        proxy(true);

        assertThat(exchange("GET http://files.example.com/ HTTP/1.1\r\nA: " + "x".repeat(RequestHead.MAX_BYTES)))
                .contains("malformed-request");
    }

    @Test
    void leadsAServicesSocketToItsHostOnly() throws Exception {
        EgressProxy proxy = proxy(TaskPolicy.newBuilder()
                .addEgress(EgressRule.newBuilder()
                        .setHost("files.example.com")
                        .setPort(server.port())
                        .setService("model")
                        .setAllowPrivate(true))
                .build());
        platformAnswers(proxy, true);
        try (SocketChannel client = connect("service-model.sock")) {
            send(client, "raw");
            assertThat(receive(client, "raw")).isEqualTo("echo raw");
        }
        // The service is no ordinary destination.
        assertThat(exchange(tunnel())).contains("not-in-policy");
        await().atMost(LIMIT).until(() -> outbox.decisions().stream().anyMatch(EgressDecided::getClosed));
        assertThat(outbox.events().getFirst().getEgressRequested().getMethod()).isEqualTo("SERVICE");
    }

    @Test
    void holdsEverythingWhileTheSessionIsFrozen() throws Exception {
        EgressProxy proxy = proxy(true);
        platformAnswers(proxy, true);
        try (SocketChannel client = connect("egress.sock")) {
            send(client, tunnel());
            receive(client, "\r\n\r\n");
            proxy.onVerdict(
                    RecordingOutbox.verdict(Event.newBuilder().setFreezeOrdered(FreezeOrdered.newBuilder())),
                    NO_STAGES);
            send(client, "secret");
            assertThat(exchange(tunnel())).contains("X-Plumbline-Reason: frozen");
            assertThat(received).isEmpty();

            proxy.onVerdict(
                    RecordingOutbox.verdict(Event.newBuilder().setThawOrdered(ThawOrdered.newBuilder())), NO_STAGES);
            assertThat(receive(client, "secret")).isEqualTo("echo secret");

            proxy.onVerdict(
                    RecordingOutbox.verdict(Event.newBuilder().setKillOrdered(KillOrdered.newBuilder())), NO_STAGES);
            assertThat(client.read(ByteBuffer.allocate(1))).isNegative();
            assertThat(exchange(tunnel())).contains("X-Plumbline-Reason: session-over");
        }
    }

    @Test
    void deniesWhatCannotBeRecorded() throws Exception {
        EgressProxy proxy = proxy(true);
        outbox.fail();

        assertThat(exchange(tunnel())).contains("X-Plumbline-Reason: evidence-lost");
        assertThat(received).isEmpty();
        assertThat(proxy.counts().evidenceLost()).isPositive();
    }

    @Test
    void takesOnlySoManyConnections() throws Exception {
        maxConnections = 1;
        EgressProxy proxy = proxy(true);
        try (SocketChannel first = connect("egress.sock")) {
            send(first, "G");
            await().atMost(LIMIT).until(() -> proxy.counts().open() == 1);
            try (SocketChannel second = connect("egress.sock")) {
                assertThat(receive(second, "\n\n")).contains("X-Plumbline-Reason: too-many-connections");
            }
        }
        await().atMost(LIMIT).until(() -> proxy.counts().open() == 0);
        assertThat(exchange("CONNECT evil.example:1 HTTP/1.1\r\n\r\n")).contains("not-in-policy");
    }

    @Test
    void letsTheRuntimesFileServerReachItsSockets() throws Exception {
        directory = directory.resolve("sockets");
        proxy(true);

        assertThat(Files.getPosixFilePermissions(directory.resolve("egress.sock")))
                .isEqualTo(PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(Files.getPosixFilePermissions(directory)).isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void refusesRulesThatDoNotSayWhatTheyMean() {
        for (EgressRule rule : List.of(
                EgressRule.newBuilder().setHost("*").setPort(443).build(),
                EgressRule.newBuilder().setHost("*.").setPort(443).build(),
                EgressRule.newBuilder().setHost("a.example").setPort(0).build(),
                EgressRule.newBuilder().setHost("127.1").setPort(443).build(),
                EgressRule.newBuilder()
                        .setHost("*.a.example")
                        .setPort(443)
                        .setService("a")
                        .build(),
                EgressRule.newBuilder()
                        .setHost("a.example")
                        .setPort(443)
                        .setService("../a")
                        .build())) {
            assertThatThrownBy(
                            () -> proxy(TaskPolicy.newBuilder().addEgress(rule).build()))
                    .isInstanceOf(EgressException.class)
                    .hasMessageContaining("expected:");
        }
    }

    private String tunnel() {
        return "CONNECT files.example.com:" + server.port() + " HTTP/1.1\r\n\r\n";
    }

    private EgressProxy proxy(boolean allowPrivate) throws EgressException {
        return proxy(TaskPolicy.newBuilder()
                .addEgress(EgressRule.newBuilder()
                        .setHost("*.example.com")
                        .setPort(server.port())
                        .setPlain(true)
                        .setAllowPrivate(allowPrivate))
                .build());
    }

    private EgressProxy proxy(TaskPolicy policy) throws EgressException {
        NameResolver resolver = host -> {
            resolved.add(host);
            return addresses;
        };
        EgressProxy proxy = EgressProxy.open(
                directory,
                policy,
                outbox,
                limit -> barrier.awaitDrained(limit),
                settings,
                new EgressSession.Environment(resolver, answerLimit, headLimit, maxConnections));
        open.add(proxy);
        return proxy;
    }

    private void platformAnswers(EgressProxy proxy, boolean allowed) {
        outbox.onPublish(event -> {
            if (event.hasEgressRequested() && event.getEgressRequested().getHeld()) {
                proxy.onVerdict(RecordingOutbox.egressAnswer(event.getId(), allowed), NO_STAGES);
            }
        });
    }

    private String exchange(String request) throws IOException {
        try (SocketChannel client = connect("egress.sock")) {
            send(client, request);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(4096);
            while (client.read(buffer) >= 0) {
                answer.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
            return answer.toString(ISO_8859_1);
        }
    }

    private SocketChannel connect(String socket) throws IOException {
        SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX);
        client.connect(UnixDomainSocketAddress.of(directory.resolve(socket)));
        return client;
    }

    private static void send(SocketChannel client, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(ISO_8859_1));
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    private static String receive(SocketChannel client, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (!text.toString().endsWith(end) && client.read(one.clear()) > 0) {
            text.append((char) (one.get(0) & 0xff));
        }
        return text.toString();
    }

    private void serve(ServerSocket listener, Consumer<Socket> service) {
        Thread.ofVirtual().start(() -> {
            while (!listener.isClosed()) {
                try {
                    Socket socket = listener.accept();
                    Thread.ofVirtual().start(() -> {
                        try (socket) {
                            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(30));
                            service.accept(socket);
                        } catch (IOException | UncheckedIOException e) {
                            // The other side is gone.
                        }
                    });
                } catch (IOException e) {
                    return;
                }
            }
        });
    }
}
