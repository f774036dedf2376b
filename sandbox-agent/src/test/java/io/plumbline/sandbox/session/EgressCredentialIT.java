package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.egress.EgressException;
import io.plumbline.sandbox.egress.EgressProxy;
import io.plumbline.sandbox.egress.EgressSettings;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.Command;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A real sandbox calls a TLS destination with a placeholder; only the destination sees the key. Needs root, runsc and curl. */
class EgressCredentialIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String VALUE = "sk-real-4f1d8e6b2a90c7";

    private final RecordingLink link = new RecordingLink();
    private final List<String> keys = new CopyOnWriteArrayList<>();
    private Path base = Path.of("");
    private Path workspace = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @SuppressWarnings("NullAway.Init")
    private HttpsServer server;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("plec");
        workspace = Files.createDirectory(base.resolve("workspace"));
        Files.setAttribute(workspace, "unix:uid", 1000);
        Files.setAttribute(workspace, "unix:gid", 1000);
        Path credentials = Files.createDirectory(base.resolve("credentials"));
        Path value = Files.writeString(credentials.resolve("example"), VALUE + "\n");
        Files.setPosixFilePermissions(value, PosixFilePermissions.fromString("rw-------"));
        server = destination();
        EgressSettings egress =
                new EgressSettings(Optional.of(credentials), Optional.of(base.resolve("destination.pem")));
        running = SandboxHost.open(
                GvisorFixture.settings(base, Map.of()),
                new SandboxHost.Wiring(
                        link,
                        session -> List.of(part(session, egress)),
                        (above, yaml) -> TaskPolicy.getDefaultInstance()));
        link.brain = (event, listener) -> {
            if (event.hasEgressRequested() && event.getEgressRequested().getHeld()) {
                listener.onVerdict(
                        Event.newBuilder()
                                .setEgressAnswered(io.plumbline.events.v1.EgressAnswered.newBuilder()
                                        .setCause(event.getId())
                                        .setAllowed(true))
                                .build(),
                        StageTimes.getDefaultInstance());
            }
        };
    }

    @AfterEach
    void leaveNothing() throws Exception {
        running.close();
        server.stop(0);
        Bundle.deleteTree(base);
    }

    @Test
    void theKeyReachesItsDestinationAndNothingInTheSandbox() throws Exception {
        int port = server.getAddress().getPort();
        TaskPolicy policy = PolicyParser.parse("""
                name: credential
                egress:
                  - host: localhost
                    port: %d
                    allow-private: true
                    terminate: true
                    paths: ["/v1/**"]
                    credential: {name: example, header: x-api-key, env: EXAMPLE_API_KEY}
                """.formatted(port));
        String script = """
                call() { curl -sS --noproxy '' --max-time 60 -H "x-api-key: $EXAMPLE_API_KEY" "https://localhost:%d$1"; echo; }
                call /v1/models
                call /admin
                env > /tmp/environment
                cat /proc/[0-9]*/environ >> /tmp/environment 2> /dev/null
                grep -rlF sk-real- /tmp /home /etc /run /workspace /var /opt 2> /dev/null; echo "found: $?"
                """.formatted(port);
        Ending ending = new Ending();
        running.host()
                .run(
                        new SessionRequest(
                                policy, "call", Agent.NONE, workspace, List.of("/bin/bash", "-c", script), "tester"),
                        ending);
        await().atMost(LIMIT).until(() -> !ending.end.isEmpty());

        assertThat(ending.output)
                .contains("served")
                .contains("path-not-allowed")
                .contains("found: 1");
        assertThat(ending.output.toString()).doesNotContain(VALUE);
        assertThat(keys).containsExactly(VALUE);
        assertThat(link.events.toString()).doesNotContain(VALUE);
    }

    private HttpsServer destination() throws Exception {
        Path store = base.resolve("destination.p12");
        Path keytool = Path.of(System.getProperty("java.home"), "bin/keytool");
        for (List<String> arguments : List.of(
                List.of(
                        "-genkeypair",
                        "-alias",
                        "d",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost"),
                List.of(
                        "-exportcert",
                        "-alias",
                        "d",
                        "-rfc",
                        "-file",
                        base.resolve("destination.pem").toString()))) {
            List<String> command = new java.util.ArrayList<>(List.of(keytool.toString()));
            command.addAll(arguments);
            command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", "changeit"));
            Command.Result result = Command.run(command, Duration.ofMinutes(1));
            assertThat(result.succeeded()).as(result.output()).isTrue();
        }
        KeyStore keyStore = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keyStore.load(in, "changeit".toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keyStore, "changeit".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(context));
        https.createContext("/", exchange -> {
            keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("x-api-key")));
            byte[] answer = "served".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        https.start();
        return https;
    }

    private static SessionPart part(SessionPart.Surroundings session, EgressSettings egress) throws IOException {
        try {
            EgressProxy proxy =
                    EgressProxy.open(session.sockets(), session.policy(), session.outbox(), session.barrier(), egress);
            return new SessionPart() {
                @Override
                public void onVerdict(Event verdict, StageTimes stages) {
                    proxy.onVerdict(verdict, stages);
                }

                @Override
                public Runnable prepare(TaskPolicy revised) throws CannotHoldException {
                    throw new CannotHoldException("no revisions in this test");
                }

                @Override
                public Map<String, String> environment() {
                    return proxy.environment();
                }

                @Override
                public void close() {
                    proxy.close();
                }
            };
        } catch (EgressException e) {
            throw new IOException(e);
        }
    }

    private static final class Ending implements SessionObserver {
        private volatile String end = "";
        private final StringBuffer output = new StringBuffer();

        @Override
        public void output(Stream stream, byte[] bytes) {
            output.append(new String(bytes, StandardCharsets.UTF_8));
        }

        @Override
        public void state(RuntimeState.State state, String reason) {}

        @Override
        public void exited(int code, String reason) {
            end = "exited " + code + " " + reason;
        }

        @Override
        public void failed(String message) {
            end = "failed " + message;
        }
    }
}
