package io.plumbline.sandbox.egress;

import static io.plumbline.sandbox.egress.EgressHarness.LIMIT;
import static io.plumbline.sandbox.egress.EgressHarness.receive;
import static io.plumbline.sandbox.egress.EgressHarness.rest;
import static io.plumbline.sandbox.egress.EgressHarness.send;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TaskPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ways around the proxy that are known from other proxies, each with what becomes of it. */
class EgressBypassTest {
    private static final String HOST = "files.example.com";

    @TempDir
    Path directory;

    private final StringBuffer received = new StringBuffer();
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private int port;

    @SuppressWarnings("NullAway.Init")
    private EgressHarness harness;

    @BeforeEach
    void startDestination() throws IOException {
        harness = new EgressHarness(directory);
        port = harness.serve(this::swallow);
    }

    @AfterEach
    void stop() throws Exception {
        harness.close();
    }

    /** Keeps what comes and answers nothing. */
    private void swallow(Socket socket) throws IOException {
        byte[] bytes = new byte[4096];
        int read = socket.getInputStream().read(bytes);
        while (read > 0) {
            received.append(new String(bytes, 0, read, ISO_8859_1));
            read = socket.getInputStream().read(bytes);
        }
    }

    /** Answers each connection's request with its head. */
    private void mirror(Socket socket) throws IOException {
        String head = EgressHarness.readHead(socket);
        heads.add(head);
        socket.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(ISO_8859_1));
    }

    // --------------------------------------------------------------------------------------------- TLS tunnels

    @Test
    void passesATunnelWhoseServerNameIsItsHost() throws Exception {
        harness.start(policy(rule()));
        byte[] hello = ClientHelloTest.hello(HOST);
        Duplex client = tunnel();
        send(client, hello);

        await().atMost(LIMIT).until(() -> received.length() == hello.length);
        assertThat(harness.reasons()).containsExactly("allowed");
    }

    @Test
    void cutsATunnelWithAnotherServerName() throws Exception {
        harness.start(policy(rule()));
        cut(ClientHelloTest.hello("evil.example"), "server-name-mismatch");
    }

    @Test
    void cutsATunnelWithoutAServerName() throws Exception {
        harness.start(policy(rule()));
        cut(ClientHelloTest.hello(""), "no-server-name");
    }

    @Test
    void cutsATunnelThatIsNotTls() throws Exception {
        harness.start(policy(rule()));
        cut("SSH-2.0-OpenSSH_9.9\r\n".getBytes(ISO_8859_1), "not-tls");
    }

    @Test
    void letsOtherProtocolsThroughOnlyWhereTheRuleSaysSo() throws Exception {
        harness.start(policy(rule().setPlain(true)));
        send(tunnel(), "SSH-2.0-OpenSSH_9.9\r\n");

        await().atMost(LIMIT).until(() -> received.toString().startsWith("SSH-2.0"));
    }

    @Test
    void cutsATunnelThatSaysNothing() throws Exception {
        harness.headLimit = Duration.ofSeconds(2);
        harness.start(policy(rule()));
        Duplex client = tunnel();
        send(client, new byte[] {22, 3, 1});

        assertThat(rest(client)).isEmpty();
        await().atMost(LIMIT).until(() -> harness.reasons().contains("too-slow"));
        assertThat(received.toString()).isEmpty();
    }

    private void cut(byte[] first, String reason) throws Exception {
        Duplex client = tunnel();
        send(client, first);
        assertThat(rest(client)).isEmpty();
        await().atMost(LIMIT).until(() -> harness.reasons().contains(reason));
        assertThat(received.toString()).isEmpty();
        assertThat(harness.outbox.decisions())
                .filteredOn(EgressDecided::getClosed)
                .noneMatch(d -> d.getBytesOut() > 0);
    }

    private Duplex tunnel() throws IOException {
        Duplex client = harness.connect();
        send(client, "CONNECT " + HOST + ":" + port + " HTTP/1.1\r\n\r\n");
        assertThat(receive(client, "\r\n\r\n")).startsWith("HTTP/1.1 200");
        return client;
    }

    @Test
    void refusesATunnelWhereMethodsOrPathsCouldNotBeSeen() throws Exception {
        harness.start(policy(rule().addMethods("GET")));
        assertThat(harness.exchange("CONNECT " + HOST + ":" + port + " HTTP/1.1\r\n\r\n"))
                .contains("tunnel-not-allowed");
    }

    // ----------------------------------------------------------------------------------------------- addresses

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "[::1]",
                "[::ffff:7f00:1]",
                "[64:ff9b::7f00:1]",
                "[2002:7f00:1::]",
                "[fe80::1]",
                "169.254.169.254",
                "[fd00:ec2::254]",
                "10.0.0.1",
                "xn--fls-hma.example.com.evil.example",
                "localhost"
            })
    void refusesAddressesAndNamesThatNoRuleNames(String host) throws Exception {
        harness.start(policy(rule()));

        assertThat(harness.exchange("CONNECT " + host + ":" + port + " HTTP/1.1\r\n\r\n"))
                .contains("403 Forbidden");
        assertThat(received.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "169.254.169.254",
                "10.1.2.3",
                "::1",
                "fe80::1",
                "fd00:ec2::254",
                "64:ff9b::a9fe:a9fe",
                "2002:a9fe:a9fe::",
                "100.100.100.200",
                "0.0.0.0"
            })
    void refusesANameThatLeadsInside(String address) throws Exception {
        harness.addresses = List.of(InetAddress.ofLiteral("192.0.32.8"), InetAddress.ofLiteral(address));
        harness.start(policy(rule().setAllowPrivate(false)));

        assertThat(harness.exchange("CONNECT " + HOST + ":" + port + " HTTP/1.1\r\n\r\n"))
                .contains("address-not-allowed");
    }

    @Test
    void takesANameInMixedCaseForTheSameName() throws Exception {
        harness.start(policy(rule().setPlain(true)));
        Duplex client = harness.connect();
        send(client, "CONNECT FILES.example.COM:" + port + " HTTP/1.1\r\n\r\n");
        assertThat(receive(client, "\r\n\r\n")).startsWith("HTTP/1.1 200");
        assertThat(harness.outbox.events().getFirst().getEgressRequested().getHost())
                .isEqualTo(HOST);
    }

    // ------------------------------------------------------------------------------------------------ requests

    @Test
    void judgesEveryRequestOnAKeptConnection() throws Exception {
        int web = harness.serve(this::mirror);
        harness.start(policy(rule().setPort(web).addMethods("GET").addPaths("/api/**")));
        Duplex client = harness.connect();
        String url = "http://" + HOST + ":" + web;
        send(client, "GET " + url + "/api/1 HTTP/1.1\r\n\r\nGET " + url + "/api/2 HTTP/1.1\r\n\r\n");
        assertThat(receive(client, "ok")).startsWith("HTTP/1.1 200");
        assertThat(receive(client, "ok")).startsWith("HTTP/1.1 200");
        send(client, "DELETE " + url + "/api/2 HTTP/1.1\r\n\r\nGET " + url + "/api/3 HTTP/1.1\r\n\r\n");
        assertThat(rest(client)).contains("method-not-allowed").doesNotContain("200 OK");

        assertThat(harness.exchange("GET " + url + "/admin HTTP/1.1\r\n\r\n")).contains("path-not-allowed");
        assertThat(harness.exchange("GET " + url + "/api/../admin HTTP/1.1\r\n\r\n"))
                .contains("path-not-allowed");
        assertThat(heads).hasSize(2);
        assertThat(harness.drains).hasValue(2);
        List<Long> numbers = harness.outbox.events().stream()
                .filter(Event::hasEgressRequested)
                .map(event -> event.getEgressRequested().getConnection())
                .toList();
        assertThat(numbers).doesNotHaveDuplicates().hasSize(5);
    }

    @Test
    void sendsTheHostOfTheTargetWhateverTheHostHeaderSays() throws Exception {
        int web = harness.serve(this::mirror);
        harness.start(policy(rule().setPort(web)));
        harness.exchange(
                "GET http://" + HOST + ":" + web + "/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");

        assertThat(heads).singleElement().asString().contains("Host: " + HOST).doesNotContain("evil");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 3\r\nTransfer-Encoding: chunked",
                "Content-Length: 3\r\nContent-Length: 3",
                "Content-Length: 3, 3",
                "Content-Length: +3",
                "Content-Length: 0x3",
                "Content-Length: -1",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding : chunked",
                "Transfer-Encoding:\u000bchunked",
                "Transfer-Encoding: \"chunked\"",
                "X: y\r\n Transfer-Encoding: chunked",
                "X: y\nTransfer-Encoding: chunked",
                "X: y\rTransfer-Encoding: chunked",
                "X: y\u0000Transfer-Encoding: chunked",
                "Host: a\r\nHost: b",
                ": empty"
            })
    void refusesRequestsWithTwoLengths(String headers) throws Exception {
        harness.start(policy(rule()));
        String answer =
                harness.exchange("POST http://" + HOST + ":" + port + "/ HTTP/1.1\r\n" + headers + "\r\n\r\nabc");

        assertThat(answer).startsWith("HTTP/1.1 400 ");
        assertThat(received.toString()).isEmpty();
        assertThat(harness.reasons()).containsExactly("malformed-request");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3\nabc\n0\n\n",
                "3\r\nabcGET / HTTP/1.1\r\n\r\n",
                "-3\r\nabc\r\n0\r\n\r\n",
                "0x3\r\nabc\r\n0\r\n\r\n",
                "3 3\r\nabc\r\n0\r\n\r\n",
                "100000000\r\nabc\r\n0\r\n\r\n",
                "3;a=\n\r\nabc\r\n0\r\n\r\n",
                "3;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nabc\r\n0\r\n\r\n"
            })
    void cutsAChunkedBodyThatCanBeReadInTwoWays(String body) throws Exception {
        harness.start(policy(rule()));
        String answer = harness.exchange(
                "POST http://" + HOST + ":" + port + "/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body);

        assertThat(answer).doesNotContain("200 OK");
        await().atMost(LIMIT).until(() -> harness.outbox.decisions().stream().anyMatch(EgressDecided::getClosed));
        assertThat(received.toString()).doesNotContain("GET /").doesNotContain("\r\n0\r\n");
    }

    @Test
    void passesOnlyOneReadingOfAResponse() throws Exception {
        int web = harness.serve(socket -> {
            EgressHarness.readHead(socket);
            socket.getOutputStream()
                    .write(
                            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
                                    .getBytes(ISO_8859_1));
        });
        harness.start(policy(rule().setPort(web)));
        String answer = harness.exchange("GET http://" + HOST + ":" + web + "/ HTTP/1.1\r\nConnection: close\r\n\r\n");

        assertThat(answer).endsWith("\r\n\r\nok").doesNotContain("evil");
    }

    @Test
    void refusesASplitResponse() throws Exception {
        int web = harness.serve(socket -> {
            EgressHarness.readHead(socket);
            socket.getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
        });
        harness.start(policy(rule().setPort(web)));

        assertThat(harness.exchange("GET http://" + HOST + ":" + web + "/ HTTP/1.1\r\n\r\n"))
                .contains("502 Bad Gateway")
                .contains("malformed-response");
    }

    @Test
    void givesAHeadThatComesByDropsUp() throws Exception {
        harness.headLimit = Duration.ofSeconds(2);
        harness.start(policy(rule()));
        Duplex client = harness.connect();
        send(client, "GET http://");

        assertThat(rest(client)).isEmpty();
        await().atMost(LIMIT).until(() -> harness.reasons().contains("too-slow"));
    }

    @Test
    void refusesToConnectToItself() throws Exception {
        harness.start(policy(rule()));
        for (String host : List.of("127.0.0.1:3128", "localhost:3128", "sandbox:3128", "0.0.0.0:3128")) {
            assertThat(harness.exchange("CONNECT " + host + " HTTP/1.1\r\n\r\n"))
                    .contains("not-in-policy");
        }
    }

    @Test
    void carriesAWebSocketOfPlainHttp() throws Exception {
        int web = harness.serve(socket -> {
            heads.add(EgressHarness.readHead(socket));
            socket.getOutputStream()
                    .write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                            .getBytes(ISO_8859_1));
            socket.getInputStream().transferTo(socket.getOutputStream());
        });
        harness.start(policy(rule().setPort(web)));
        Duplex client = harness.connect();
        send(
                client,
                "GET http://" + HOST + ":" + web
                        + "/chat HTTP/1.1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
        assertThat(receive(client, "\r\n\r\n")).startsWith("HTTP/1.1 101 ");
        send(client, "frame!");
        assertThat(receive(client, "frame!")).isEqualTo("frame!");
        assertThat(heads.getFirst()).contains("Upgrade: websocket").contains("sec-websocket-key: ");
    }

    @Test
    void refusesAnUpgradeThatNobodyAskedFor() throws Exception {
        int web = harness.serve(socket -> {
            EgressHarness.readHead(socket);
            socket.getOutputStream().write("HTTP/1.1 101 Switching Protocols\r\n\r\n".getBytes(ISO_8859_1));
        });
        harness.start(policy(rule().setPort(web)));

        assertThat(harness.exchange(
                        "GET http://" + HOST + ":" + web + "/ HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"))
                .contains("malformed-response");
    }

    // ------------------------------------------------------------------------------------------------- budgets

    @Test
    void cutsAConnectionThatWouldCrossTheBudget() throws Exception {
        harness.start(
                policy(rule().setPlain(true)).toBuilder().setEgressBytes(10).build());
        Duplex client = tunnel();
        send(client, "12345");
        await().atMost(LIMIT).until(() -> received.length() == 5);
        send(client, "1234567");

        assertThat(rest(client)).isEmpty();
        await().atMost(LIMIT).until(() -> harness.outbox.decisions().stream().anyMatch(EgressDecided::getClosed));
        assertThat(harness.reasons()).containsExactly("allowed", "egress-budget");
        assertThat(harness.outbox.decisions().getLast().getBytesOut()).isEqualTo(5);
        assertThat(received.toString()).isEqualTo("12345");
    }

    @Test
    void cutsAConnectionThatReceivesTooMuch() throws Exception {
        int web = harness.serve(socket -> socket.getOutputStream().write(new byte[100_000]));
        harness.start(policy(rule().setPort(web).setPlain(true)).toBuilder()
                .setIngressBytes(50_000)
                .build());
        Duplex client = harness.connect();
        send(client, "CONNECT " + HOST + ":" + web + " HTTP/1.1\r\n\r\n");

        assertThat(rest(client).length()).isLessThan(50_100);
        await().atMost(LIMIT).until(() -> harness.reasons().contains("ingress-budget"));
    }

    @Test
    void holdsAnUploadAfterEachAmountThatThePolicyNames() throws Exception {
        harness.start(
                policy(rule().setPlain(true)).toBuilder().setUploadHoldBytes(8).build());
        Duplex client = tunnel();
        for (String piece : List.of("1234", "5678", "9abc", "def0", "x")) {
            int before = received.length();
            send(client, piece);
            await().atMost(LIMIT).until(() -> received.length() == before + piece.length());
        }

        assertThat(harness.outbox.events())
                .filteredOn(Event::hasEgressRequested)
                .extracting(Event::getEgressRequested)
                .extracting(EgressRequested::getUpload, EgressRequested::getBytesSoFar)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(false, 0L),
                        org.assertj.core.groups.Tuple.tuple(true, 8L),
                        org.assertj.core.groups.Tuple.tuple(true, 16L));
        assertThat(harness.drains).hasValue(3);
    }

    private EgressRule.Builder rule() {
        return EgressRule.newBuilder().setHost(HOST).setPort(port).setAllowPrivate(true);
    }

    private static TaskPolicy policy(EgressRule.Builder rule) {
        return TaskPolicy.newBuilder().addEgress(rule).build();
    }
}
