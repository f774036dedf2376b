package io.plumbline.ingest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.util.DomainSocketAddress;
import io.plumbline.events.EventIds;
import io.plumbline.events.redact.Redactor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressAnswered;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.door.SessionDoor;
import io.plumbline.sandbox.egress.EgressProxy;
import io.plumbline.sandbox.link.GrpcHostLink;
import io.plumbline.sandbox.link.HostLinkSettings;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.VerdictListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A session's whole way: door and egress proxy on Unix sockets, host link, ingest, a real broker, and a brain that answers. */
class SessionPathTest {
    private static final String SESSION = "0123456789abcdef0123456789abcdef";

    @TempDir
    Path directory;

    @Test
    void hooksAndConnectionsAreAnsweredOverTheLog() throws Exception {
        List<VerdictListener> listeners = new CopyOnWriteArrayList<>();
        try (TestPlatform platform = new TestPlatform(directory);
                AutoCloseable brain = platform.brain(event -> answer(platform, event));
                Ingest ingest = platform.ingest(0);
                GrpcHostLink link = GrpcHostLink.connect(HostLinkSettings.of(
                        URI.create("http://127.0.0.1:" + ingest.port()),
                        TestPlatform.HOST_TOKEN,
                        "host",
                        directory.resolve("spool"),
                        new Redactor(new byte[32])));
                ServerSocket server = echo()) {
            assertThat(brain).isNotNull();
            link.awaitConnected(Duration.ofSeconds(30));
            SessionOutbox outbox = link.open(
                    TestPlatform.TENANT,
                    SESSION,
                    (verdict, stages) -> listeners.forEach(listener -> listener.onVerdict(verdict, stages)));
            TaskPolicy policy = TaskPolicy.newBuilder()
                    .setGateDeadlineMs(20_000)
                    .addEgress(EgressRule.newBuilder()
                            .setHost("127.0.0.1")
                            .setPort(server.getLocalPort())
                            .setAllowPrivate(true))
                    .build();
            try (SessionDoor door =
                            SessionDoor.open(directory.resolve("door.sock"), "codex", policy, outbox, limit -> true);
                    EgressProxy proxy = EgressProxy.open(directory, policy, outbox, limit -> true)) {
                listeners.add(door);
                listeners.add(proxy);
                hooks();
                connections(server.getLocalPort());
                hooks();
                connections(server.getLocalPort());
                assertThat(door.counts().hooks().allowed()).isEqualTo(800);
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> link.counts().waiting() == 0);
        }
    }

    private void hooks() throws Exception {
        WebClient client = WebClient.builder(
                        SessionProtocol.H1C,
                        DomainSocketAddress.of(directory.resolve("door.sock")).asEndpoint())
                .responseTimeoutMillis(60_000)
                .build();
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            String hook =
                    "{\"session_id\":\"s\",\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Bash\",\"tool_use_id\":\"c"
                            + i + "\",\"tool_input\":{\"command\":\"ls\"}}";
            long start = System.nanoTime();
            String answer = client.post("/hooks/codex", hook.getBytes(UTF_8))
                    .aggregate()
                    .get(60, TimeUnit.SECONDS)
                    .contentUtf8();
            nanos.add(System.nanoTime() - start);
            assertThat(answer).contains("\"allow\"");
        }
        HostLinkTest.print("hook in -> answer out, whole path", nanos.subList(200, 400));
    }

    private void connections(int port) throws IOException {
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                client.connect(UnixDomainSocketAddress.of(directory.resolve("egress.sock")));
                long start = System.nanoTime();
                client.write(ByteBuffer.wrap(("CONNECT 127.0.0.1:" + port + " HTTP/1.1\r\n\r\n").getBytes(ISO_8859_1)));
                ByteBuffer answer = ByteBuffer.allocate(256);
                client.read(answer);
                nanos.add(System.nanoTime() - start);
                assertThat(new String(answer.array(), 0, answer.position(), ISO_8859_1))
                        .startsWith("HTTP/1.1 200");
            }
        }
        HostLinkTest.print("CONNECT -> established, whole path", nanos.subList(150, 300));
    }

    private static void answer(TestPlatform platform, Event event) {
        Event.Builder verdict = Event.newBuilder()
                .setTenant(event.getTenant())
                .setHost(event.getHost())
                .setSession(event.getSession())
                .setChannel(Channel.VERDICTS);
        if (event.hasToolCall()) {
            platform.verdict(EventIds.withId(verdict.setGateAnswered(
                    GateAnswered.newBuilder().setCause(event.getId()).setDecision(GateDecision.ALLOW))));
        } else if (event.hasEgressRequested()) {
            platform.verdict(EventIds.withId(verdict.setEgressAnswered(
                    EgressAnswered.newBuilder().setCause(event.getId()).setAllowed(true))));
        }
    }

    private static ServerSocket echo() throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    Thread.ofVirtual().start(() -> {
                        try (socket) {
                            socket.getInputStream().transferTo(socket.getOutputStream());
                        } catch (IOException e) {
                            // The other side is gone.
                        }
                    });
                } catch (IOException e) {
                    return;
                }
            }
        });
        return server;
    }
}
