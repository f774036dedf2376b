package io.plumbline.sandbox.agents;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.plumbline.sandbox.agents.DirectConfiguration.Token;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DirectConfigurationTest {
    private static final URI ENDPOINT = URI.create("https://plumbline.example:4318");
    private static final Token VARIABLE = new Token.Variable("PLUMBLINE_TOKEN");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final List<HttpServer> servers = new java.util.ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(server -> server.stop(0));
    }

    static List<String> names() {
        return DirectConfiguration.names();
    }

    /** The golden files are what each agent was run with. */
    @ParameterizedTest
    @MethodSource("names")
    void writesWhatTheAgentWasTriedWith(String name) throws IOException {
        StringBuilder text = new StringBuilder();
        DirectConfiguration configuration = DirectConfiguration.of(name, ENDPOINT, VARIABLE);
        configuration.files().forEach((path, content) -> text.append("=== ")
                .append(path)
                .append(content.executable() ? " (program)" : "")
                .append('\n')
                .append(content.text()));
        text.append("=== start ").append(configuration.agent()).append(' ').append(configuration.version());
        text.append(": ").append(configuration.start()).append('\n');

        assertThat(text.toString()).isEqualTo(golden(name));
    }

    @Test
    void takesClaudesOtherName() {
        assertThat(DirectConfiguration.of("claude-code", ENDPOINT, VARIABLE))
                .isEqualTo(DirectConfiguration.of("claude", ENDPOINT, VARIABLE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"emacs", "none", "scripted", "", "Codex"})
    void namesTheAgentsThatItKnows(String name) {
        assertThatThrownBy(() -> DirectConfiguration.of(name, ENDPOINT, VARIABLE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("agent: '" + name + "' (expected: codex, claude, gemini, qwen, opencode)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://host:1",
                "https://user@host",
                "https://host/path",
                "https://host?x",
                "https://host#x",
                "host:4318",
                "https:///x",
                "https://ho$st"
            })
    void refusesWhatIsNoEndpoint(String endpoint) {
        assertThatThrownBy(() -> DirectConfiguration.of("codex", URI.create(endpoint), VARIABLE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("endpoint: '" + endpoint + "' (expected: ");
    }

    @Test
    void refusesTokensThatAShellWouldRead() {
        assertThatThrownBy(() -> new Token.Literal("a'b")).hasMessageNotContaining("a'b");
        assertThatThrownBy(() -> new Token.Variable("A;B")).hasMessageContaining("'A;B'");
        assertThatThrownBy(() -> new Token.InFile(Path.of("token"))).hasMessageContaining("absolute");
        assertThat(new Token.Literal("secret").toString()).doesNotContain("secret");
    }

    @Test
    void marksWhatHoldsTheToken() {
        DirectConfiguration.of("codex", ENDPOINT, new Token.Literal("secret"))
                .files()
                .forEach((path, content) -> assertThat(content.secret())
                        .as(path)
                        .isEqualTo(content.text().contains("secret")));
        assertThat(DirectConfiguration.of("codex", ENDPOINT, VARIABLE).files().values())
                .noneMatch(DirectConfiguration.Content::secret);
    }

    @Test
    void handsTheHooksJsonOverAndPrintsTheAnswer() throws Exception {
        Path token = Files.writeString(folder.resolve("it's a token"), "t0k+en=\n");
        ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();
        int port = serve(200, "{\"decision\":\"allow\"}", requests);

        Ran ran = hook(port, new Token.InFile(token), "{\"hook_event_name\":\"PreToolUse\"}");

        assertThat(ran).isEqualTo(new Ran(0, "{\"decision\":\"allow\"}\n", ""));
        assertThat(requests)
                .containsExactly("/hooks/claude Bearer t0k+en= application/json {\"hook_event_name\":\"PreToolUse\"}");
    }

    @Test
    void blocksWhenAnythingGoesWrong() throws Exception {
        Token token = new Token.Literal("t");
        ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();
        int closed = serve(200, "{}", requests);
        servers.removeLast().stop(0);

        assertBlocked(hook(closed, token, "{}"));
        assertBlocked(hook(serve(401, "{}", requests), token, "{}"));
        assertBlocked(hook(serve(500, "{}", requests), token, "{}"));
        assertBlocked(hook(serve(302, "<html>", requests), token, "{}"));
        assertBlocked(hook(serve(200, "", requests), token, "{}"));
        assertBlocked(hook(serve(200, "{\"permissionDecision\":", requests), token, "{}"));
        assertThat(requests).hasSize(5);
        int open = serve(200, "{}", requests);
        assertBlocked(hook(open, new Token.Variable("PLUMBLINE_NO_SUCH_VARIABLE"), "{}"));
        assertBlocked(hook(open, new Token.InFile(folder.resolve("none")), "{}"));
        Path hostile = Files.writeString(folder.resolve("t"), "a\"\nurl = \"http://elsewhere\"");
        assertBlocked(hook(open, new Token.InFile(hostile), "{}"));
        assertThat(requests).hasSize(5);
    }

    private static void assertBlocked(Ran ran) {
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).contains("the call is blocked because nobody could check it");
    }

    private record Ran(int code, String out, String err) {}

    private Ran hook(int port, Token token, String input) throws Exception {
        DirectConfiguration configuration =
                DirectConfiguration.of("claude", URI.create("http://127.0.0.1:" + port), token);
        String text = Objects.requireNonNull(configuration.files().get("/opt/plumbline/hook"))
                .text();
        Path program = Files.writeString(Files.createTempFile(folder, "hook", ""), text);
        Path in = Files.writeString(folder.resolve("in"), input);
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder("sh", program.toString(), "claude", "20")
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private int serve(int status, String answer, ConcurrentLinkedQueue<String> requests) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + exchange.getRequestHeaders().getFirst("Content-Type") + " "
                    + new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            byte[] body = answer.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        servers.add(server);
        return server.getAddress().getPort();
    }

    private static String golden(String name) throws IOException {
        try (InputStream in = DirectConfigurationTest.class.getResourceAsStream("direct-" + name + ".golden")) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
        }
    }
}
