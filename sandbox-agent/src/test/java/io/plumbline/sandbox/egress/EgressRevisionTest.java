package io.plumbline.sandbox.egress;

import static io.plumbline.sandbox.egress.EgressHarness.receive;
import static io.plumbline.sandbox.egress.EgressHarness.rest;
import static io.plumbline.sandbox.egress.EgressHarness.send;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.testing.RecordingOutbox;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of open connections when the policy is revised. */
@Timeout(60)
class EgressRevisionTest {
    private static final String HOST = "repo.test";

    @TempDir
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private EgressHarness harness;

    private final CountDownLatch cut = new CountDownLatch(1);
    private int port;

    @BeforeEach
    void start() throws Exception {
        harness = new EgressHarness(directory);
        port = harness.serve(socket -> {
            socket.getOutputStream().write("hello\n".getBytes(ISO_8859_1));
            while (socket.getInputStream().read() >= 0) {
                // Until it is cut.
            }
            cut.countDown();
        });
    }

    @AfterEach
    void stop() throws Exception {
        harness.close();
    }

    private EgressRule.Builder rule() {
        return EgressRule.newBuilder()
                .setHost(HOST)
                .setPort(port)
                .setPlain(true)
                .setAllowPrivate(true);
    }

    private static TaskPolicy policy(EgressRule.Builder... rules) {
        TaskPolicy.Builder policy = TaskPolicy.newBuilder();
        for (EgressRule.Builder rule : rules) {
            policy.addEgress(rule);
        }
        return policy.build();
    }

    private Duplex tunnel() throws Exception {
        Duplex client = harness.connect();
        send(client, "CONNECT " + HOST + ":" + port + " HTTP/1.1\r\n\r\n");
        assertThat(receive(client, "\r\n\r\n")).startsWith("HTTP/1.1 200");
        assertThat(receive(client, "\n")).isEqualTo("hello\n");
        return client;
    }

    private void assertCut(Duplex client, String why) throws Exception {
        assertThat(rest(client)).isEmpty();
        cut.await();
        EgressDecided decided = harness.outbox.decisions().stream()
                .filter(decision -> decision.getReason().equals("policy-revised"))
                .findFirst()
                .orElseThrow();
        assertThat(decided.getHost()).isEqualTo(HOST);
        assertThat(decided.getDetail()).isEqualTo(why);
        await().until(() -> harness.outbox.decisions().stream().anyMatch(EgressDecided::getClosed));
    }

    @Test
    void cutsATunnelToAHostThatIsNoLongerAllowed() throws Exception {
        EgressProxy proxy = harness.start(policy(rule()));
        Duplex client = tunnel();

        proxy.prepare(policy(rule().setHost("other.test"))).run();

        assertCut(client, "not-in-policy");
    }

    @Test
    void cutsATunnelThatWouldHaveToBeAskedForOrLookedIntoNow() throws Exception {
        EgressProxy proxy = harness.start(policy(rule()));
        Duplex client = tunnel();

        proxy.prepare(TaskPolicy.newBuilder().setEgressUnknown("ask").build()).run();

        assertCut(client, "not-in-policy");
    }

    @Test
    void cutsATunnelThatMayNotBePlainNow() throws Exception {
        EgressProxy proxy = harness.start(policy(rule()));
        Duplex client = tunnel();

        proxy.prepare(policy(rule().setPlain(false))).run();

        assertCut(client, "tunnel-not-allowed");
    }

    @Test
    void cutsATunnelToAPrivateAddressThatIsNoLongerAllowed() throws Exception {
        EgressProxy proxy = harness.start(policy(rule()));
        Duplex client = tunnel();

        proxy.prepare(policy(rule().setAllowPrivate(false))).run();

        assertCut(client, "address-not-allowed");
    }

    @Test
    void cutsAWebSocketWhosePathIsNoLongerAllowed() throws Exception {
        port = harness.serve(socket -> {
            EgressHarness.readHead(socket);
            socket.getOutputStream()
                    .write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                            .getBytes(ISO_8859_1));
            while (socket.getInputStream().read() >= 0) {
                // Until it is cut.
            }
            cut.countDown();
        });
        EgressProxy proxy = harness.start(policy(rule()));
        Duplex client = harness.connect();
        send(
                client,
                "GET http://" + HOST + ":" + port + "/chat HTTP/1.1\r\nHost: " + HOST + ":" + port
                        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
        assertThat(receive(client, "\r\n\r\n")).startsWith("HTTP/1.1 101 ");

        proxy.prepare(policy(rule().addPaths("/api/**"))).run();

        assertCut(client, "path-not-allowed");
    }

    @Test
    void keepsATunnelThatIsStillAllowedAndHoldsItToTheNewRule() throws Exception {
        EgressProxy proxy = harness.start(policy(rule()));
        Duplex client = tunnel();
        send(client, "12345");

        proxy.prepare(policy(rule().setMaxOutBytes(9))).run();

        send(client, "67890");
        assertThat(rest(client)).isEmpty();
        assertThat(harness.reasons()).contains("egress-budget").doesNotContain("policy-revised");
    }

    @Test
    void aRevisionThatComesWhileThePlatformIsAskedHoldsForTheConnection() throws Exception {
        EgressProxy proxy = harness.start(policy(rule()));
        harness.outbox.onPublish(event -> {
            if (event.hasEgressRequested() && event.getEgressRequested().getHeld()) {
                try {
                    proxy.prepare(policy(rule().setHost("other.test"))).run();
                } catch (EgressException e) {
                    throw new IllegalStateException(e);
                }
                proxy.onVerdict(RecordingOutbox.egressAnswer(event.getId(), true), StageTimes.getDefaultInstance());
            }
        });

        assertThat(harness.exchange("CONNECT " + HOST + ":" + port + " HTTP/1.1\r\n\r\n"))
                .contains("not-in-policy");
    }
}
