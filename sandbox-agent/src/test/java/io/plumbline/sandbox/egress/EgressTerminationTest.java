package io.plumbline.sandbox.egress;

import static io.plumbline.sandbox.egress.EgressHarness.receive;
import static io.plumbline.sandbox.egress.EgressHarness.rest;
import static io.plumbline.sandbox.egress.EgressHarness.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.v1.EgressCredential;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS that ends at the proxy: rules inside it, and credentials that the sandbox never has. */
class EgressTerminationTest {
    private static final String HOST = "api.example.com";
    private static final String VALUE = "sk-real-4f1d9c3a7be2";

    @TempDir
    Path directory;

    private final List<String> heads = new CopyOnWriteArrayList<>();
    private Path sockets = Path.of("");
    private Path credentials = Path.of("");
    private int port;

    @SuppressWarnings("NullAway.Init")
    private SessionAuthority destinations;

    @SuppressWarnings("NullAway.Init")
    private EgressHarness harness;

    @BeforeEach
    void startDestination() throws Exception {
        sockets = Files.createDirectory(directory.resolve("s"));
        credentials = Files.createDirectory(directory.resolve("credentials"));
        key("example", VALUE);
        destinations = SessionAuthority.create();
        Path ca = Files.writeString(directory.resolve("ca.pem"), SessionAuthority.pem(destinations.certificate()));
        harness = new EgressHarness(sockets);
        harness.settings = new EgressSettings(Optional.of(credentials), Optional.of(ca));
        port = serveTls(HOST);
    }

    @AfterEach
    void stop() throws Exception {
        harness.close();
    }

    @Test
    void judgesEachRequestInsideTheTunnel() throws Exception {
        harness.start(policy(rule().addMethods("GET").addPaths("/v1/**")));
        Duplex client = harness.connectTls(HOST, port);

        assertThat(get(client, "/v1/a?x=1")).startsWith("HTTP/1.1 200 OK").endsWith("hello");
        assertThat(get(client, "/v1/b")).startsWith("HTTP/1.1 200 OK").endsWith("hello");
        send(client, "GET /admin HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
        assertThat(rest(client)).contains("403 Forbidden").contains("X-Plumbline-Reason: path-not-allowed");

        Duplex second = harness.connectTls(HOST, port);
        send(second, "POST /v1/a HTTP/1.1\r\nHost: " + HOST + "\r\nContent-Length: 0\r\n\r\n");
        assertThat(rest(second)).contains("X-Plumbline-Reason: method-not-allowed");

        assertThat(harness.reasons()).containsExactly("allowed", "allowed", "path-not-allowed", "method-not-allowed");
        assertThat(harness.outbox.events().getFirst().getEgressRequested().getUrl())
                .isEqualTo("https://" + HOST + ":" + port + "/v1/a?x=1");
        assertThat(heads).hasSize(2).allMatch(head -> head.contains("\r\nHost: " + HOST + ":" + port + "\r\n"));
    }

    @Test
    void putsTheCredentialInPlaceOfItsPlaceholder() throws Exception {
        EgressProxy proxy = harness.start(policy(withCredential("x-api-key")));
        String placeholder = placeholder(proxy);
        Duplex client = harness.connectTls(HOST, port);
        send(client, request("x-api-key: " + placeholder));

        assertThat(receive(client, "hello")).startsWith("HTTP/1.1 200 OK");
        assertThat(heads)
                .singleElement()
                .asString()
                .contains("x-api-key: " + VALUE)
                .doesNotContain(placeholder);
        assertThat(proxy.environment()).doesNotContainValue(VALUE).containsKeys("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE");
        assertThat(harness.evidence()).doesNotContain(VALUE);
        try (var files = Files.walk(sockets)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file)).doesNotContain(VALUE).doesNotContain("PRIVATE KEY");
            }
        }
    }

    @Test
    void putsTheCredentialIntoBearerAndBasicAuthentication() throws Exception {
        EgressProxy proxy = harness.start(policy(withCredential("authorization")));
        String placeholder = placeholder(proxy);
        Duplex client = harness.connectTls(HOST, port);
        send(client, request("Authorization: Bearer " + placeholder));
        receive(client, "hello");
        send(client, request("Authorization: Basic " + base64("git:" + placeholder)));
        receive(client, "hello");

        assertThat(heads.get(0)).contains("authorization: Bearer " + VALUE + "\r\n");
        assertThat(heads.get(1)).contains("authorization: Basic " + base64("git:" + VALUE) + "\r\n");
    }

    @Test
    void deniesAPlaceholderThatIsSentElsewhere() throws Exception {
        int elsewhere = harness.serve(socket -> {
            heads.add(EgressHarness.readHead(socket));
            // Until the proxy cuts: a server that hangs up first would leave the body unread.
            socket.getInputStream().readAllBytes();
        });
        EgressProxy proxy = harness.start(policy(
                withCredential("x-api-key"),
                EgressRule.newBuilder()
                        .setHost("other.example.com")
                        .setPort(elsewhere)
                        .setAllowPrivate(true)));
        String placeholder = placeholder(proxy);
        String url = "http://other.example.com:" + elsewhere;

        assertThat(harness.exchange("GET " + url + "/ HTTP/1.1\r\nX-Api-Key: " + placeholder + "\r\n\r\n"))
                .contains("placeholder-elsewhere");
        assertThat(harness.exchange("GET " + url + "/?k=" + placeholder + " HTTP/1.1\r\n\r\n"))
                .contains("placeholder-elsewhere");
        assertThat(harness.exchange(
                        "GET " + url + "/ HTTP/1.1\r\nAuthorization: Basic " + base64("x:" + placeholder) + "\r\n\r\n"))
                .contains("placeholder-elsewhere");
        assertThat(heads).isEmpty();
        assertThat(harness.exchange("POST " + url + "/ HTTP/1.1\r\nContent-Length: " + placeholder.length() + "\r\n\r\n"
                        + placeholder))
                .doesNotContain("200 OK");
        assertThat(heads).noneMatch(head -> head.contains(placeholder));
        assertThat(harness.reasons())
                .filteredOn("placeholder-elsewhere"::equals)
                .hasSize(4);
    }

    @Test
    void keepsACredentialBackThatTheDestinationEchoes() throws Exception {
        EgressProxy proxy = harness.start(policy(withCredential("x-api-key")));
        for (String path : List.of("/echo-body", "/echo-chunks", "/echo-head")) {
            Duplex client = harness.connectTls(HOST, port);
            send(
                    client,
                    "GET " + path + " HTTP/1.1\r\nHost: " + HOST + "\r\nx-api-key: " + placeholder(proxy) + "\r\n\r\n");
            assertThat(rest(client)).as(path).doesNotContain(VALUE.substring(0, 10));
        }
        assertThat(harness.reasons()).filteredOn("credential-echoed"::equals).hasSize(3);
    }

    @Test
    void refusesAnotherHostInsideTheTunnel() throws Exception {
        harness.start(policy(rule()));
        for (String host : List.of("Host: evil.example", "X: y", "Host: " + HOST + ":1", "Host: " + HOST + ".")) {
            Duplex client = harness.connectTls(HOST, port);
            send(client, "GET / HTTP/1.1\r\n" + host + "\r\n\r\n");
            assertThat(rest(client)).as(host).startsWith("HTTP/1.1 40");
        }
        Duplex client = harness.connectTls(HOST, port);
        send(client, "GET https://evil.example/ HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
        assertThat(rest(client)).startsWith("HTTP/1.1 400");
        assertThat(heads).isEmpty();
    }

    @Test
    void refusesADestinationWhoseCertificateIsNotItsOwn() throws Exception {
        int imposter = serveTls("evil.example");
        harness.start(policy(rule().setPort(imposter)));
        Duplex client = harness.connectTls(HOST, imposter);
        send(client, "GET / HTTP/1.1\r\nHost: " + HOST + ":" + imposter + "\r\n\r\n");

        assertThat(rest(client)).contains("X-Plumbline-Reason: upstream-tls-failed");
        assertThat(heads).isEmpty();
    }

    @Test
    void refusesAServerNameThatIsNotTheTunnels() throws Exception {
        harness.start(policy(rule()));
        Duplex client = harness.connect();
        send(client, "CONNECT " + HOST + ":" + port + " HTTP/1.1\r\n\r\n");
        receive(client, "\r\n\r\n");
        send(client, ClientHelloTest.hello("evil.example"));

        assertThat(rest(client)).isEmpty();
        assertThat(harness.reasons()).containsExactly("server-name-mismatch");
        assertThat(harness.outbox.decisions().getFirst().getDetail()).isEqualTo("evil.example");
    }

    @Test
    void carriesAWebSocket() throws Exception {
        harness.start(policy(rule()));
        Duplex client = harness.connectTls(HOST, port);
        send(
                client,
                "GET /socket HTTP/1.1\r\nHost: " + HOST + ":" + port
                        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n");
        assertThat(receive(client, "\r\n\r\n")).startsWith("HTTP/1.1 101 ").contains("Upgrade: websocket");
        send(client, "ping!");
        assertThat(receive(client, "ping!")).isEqualTo("ping!");
    }

    @Test
    void doesNotStartWithoutACredentialOfTheHost() throws Exception {
        assertThatThrownBy(() -> harness.start(policy(rule().setCredential(
                                EgressCredential.newBuilder().setName("none").setEnv("X")))))
                .isInstanceOf(EgressException.class)
                .hasMessageContaining("credentials/none (expected: a file");
        Files.setPosixFilePermissions(credentials.resolve("example"), PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> harness.start(policy(withCredential("x-api-key"))))
                .isInstanceOf(EgressException.class)
                .hasMessageContaining("(expected: mode 0600)");
        assertThatThrownBy(
                        () -> harness.start(policy(withCredential("x-api-key").setTerminate(false))))
                .isInstanceOf(EgressException.class)
                .hasMessageContaining("with terminate");
    }

    @Test
    void aRevisionCannotBringWhatTheSandboxWasNotGiven() throws Exception {
        EgressProxy proxy = harness.start(policy(rule().setTerminate(false)));

        assertThatThrownBy(() -> proxy.prepare(policy(rule())))
                .isInstanceOf(EgressException.class)
                .hasMessageContaining("egress.terminate");
        proxy.prepare(policy()).run();
        assertThat(harness.exchange("CONNECT " + HOST + ":" + port + " HTTP/1.1\r\n\r\n"))
                .contains("not-in-policy");
    }

    // -------------------------------------------------------------------------------------------------------

    private int serveTls(String name) throws Exception {
        SSLServerSocket server = (SSLServerSocket) destinations
                .context(name)
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        harness.open.add(server);
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    SSLSocket socket = (SSLSocket) server.accept();
                    Thread.ofVirtual().start(() -> {
                        try (socket) {
                            answer(socket);
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

    private void answer(SSLSocket socket) throws IOException {
        String head = EgressHarness.readHead(socket);
        if (head.isEmpty()) {
            return;
        }
        heads.add(head);
        String answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        if (head.startsWith("GET /echo-body")) {
            answer = "HTTP/1.1 200 OK\r\nContent-Length: " + head.length() + "\r\n\r\n" + head;
        } else if (head.startsWith("GET /echo-head")) {
            answer = "HTTP/1.1 200 OK\r\nX-Echo: " + VALUE + "\r\nContent-Length: 0\r\n\r\n";
        } else if (head.startsWith("GET /echo-chunks")) {
            StringBuilder chunks = new StringBuilder("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            VALUE.chars().forEach(c -> chunks.append("1\r\n").append((char) c).append("\r\n"));
            answer = chunks.append("0\r\n\r\n").toString();
        } else if (head.startsWith("GET /socket")) {
            answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        }
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
        if (head.startsWith("GET /socket")) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        }
    }

    private String get(Duplex client, String path) throws IOException {
        send(client, "GET " + path + " HTTP/1.1\r\nHost: " + HOST + ":" + port + "\r\n\r\n");
        return receive(client, "hello");
    }

    private String request(String header) {
        return "GET /v1/x HTTP/1.1\r\nHost: " + HOST + ":" + port + "\r\n" + header + "\r\n\r\n";
    }

    private EgressRule.Builder rule() {
        return EgressRule.newBuilder()
                .setHost(HOST)
                .setPort(port)
                .setAllowPrivate(true)
                .setTerminate(true);
    }

    private EgressRule.Builder withCredential(String header) {
        return rule().setCredential(EgressCredential.newBuilder()
                .setName("example")
                .setHeader(header)
                .setEnv("EXAMPLE_API_KEY"));
    }

    private static TaskPolicy policy(EgressRule.Builder... rules) {
        TaskPolicy.Builder policy = TaskPolicy.newBuilder();
        for (EgressRule.Builder rule : rules) {
            policy.addEgress(rule);
        }
        return policy.build();
    }

    private static String placeholder(EgressProxy proxy) {
        return Objects.requireNonNull(Map.copyOf(proxy.environment()).get("EXAMPLE_API_KEY"));
    }

    private void key(String name, String value) throws IOException {
        Path file = Files.writeString(credentials.resolve(name), value + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
