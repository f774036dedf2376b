package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlSocketTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final Duration SHORT = Duration.ofMillis(30);
    private static final JsonNode NOTHING = NullNode.getInstance();

    @TempDir
    private Path directory = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private ServerSocketChannel server;

    @SuppressWarnings("NullAway.Init")
    private ControlSocket client;

    @SuppressWarnings("NullAway.Init")
    private SocketChannel sentry;

    @BeforeEach
    void connect() throws IOException {
        Path path = directory.resolve("c.sock");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
        client = ControlSocket.connect(path);
        sentry = server.accept();
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        sentry.close();
        server.close();
    }

    private void answer(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            sentry.write(bytes);
        }
    }

    @Test
    void readsRepliesWithoutFraming() throws Exception {
        answer("{\"success\":true,\"err\":\"\",\"result\":{\"a\":\"}\\\"{\",\"b\":[{}]}}{\"success\":true,");
        assertThat(client.call("x.Y", NOTHING, LIMIT).orElseThrow().get("a").asText())
                .isEqualTo("}\"{");
        answer("\"err\":\"\",\"result\":2}");
        assertThat(client.call("x.Y", NOTHING, LIMIT).orElseThrow().asInt()).isEqualTo(2);
    }

    @Test
    void dropsAReplyThatCameLateBeforeItReadsTheNext() throws Exception {
        assertThat(client.call("x.Pause", NOTHING, SHORT)).isEqualTo(Optional.empty());
        answer("{\"success\":true,\"err\":\"\",\"result\":1}{\"success\":true,\"err\":\"\",\"result\":2}");
        assertThat(client.call("x.Y", NOTHING, LIMIT).orElseThrow().asInt()).isEqualTo(2);
    }

    @Test
    void collectsLateReplies() throws Exception {
        client.send("x.Pause", NOTHING);
        assertThat(client.awaitOutstanding(SHORT)).isFalse();
        answer("{\"success\":true,\"err\":\"\",\"result\":{}}");
        assertThat(client.awaitOutstanding(LIMIT)).isTrue();
        client.send("x.Pause", NOTHING);
        answer("{\"success\":false,\"err\":\"no\",\"result\":null}");
        assertThat(client.awaitOutstanding(LIMIT)).isFalse();
    }

    @Test
    void theAnswerToAStandingQuestionCountsWheneverItComes() throws Exception {
        ControlSocket.Standing question = client.standing("x.Figure", NOTHING);
        assertThat(question.ask(SHORT)).isEmpty();
        long between = System.nanoTime();
        answer("{\"success\":true,\"err\":\"\",\"result\":1}");
        ControlSocket.Answer late = question.ask(SHORT).orElseThrow();
        assertThat(late.result().asInt()).isEqualTo(1);
        assertThat(between - late.askedNanos()).isPositive();

        answer("{\"success\":true,\"err\":\"\",\"result\":2}{\"success\":true,\"err\":\"\",\"result\":3}");
        ControlSocket.Answer fresh = question.ask(LIMIT).orElseThrow();
        assertThat(fresh.result().asInt()).as("the newest of two").isEqualTo(3);
        assertThat(between - fresh.askedNanos()).isNegative();
    }

    @Test
    void aStandingQuestionWithoutAnAnswerIsOnTheWireOnce() throws Exception {
        ControlSocket.Standing question = client.standing("x.Figure", NOTHING);
        for (int i = 0; i < 30; i++) {
            assertThat(question.ask(Duration.ZERO)).isEmpty();
        }
        assertThat(requests()).containsOnlyOnce("x.Figure");
    }

    private String requests() throws IOException {
        ByteBuffer requests = ByteBuffer.allocate(100_000);
        sentry.read(requests);
        return new String(requests.array(), 0, requests.position(), StandardCharsets.UTF_8);
    }

    @Test
    void anAnswerThatAnotherCallReadsWaitsForItsStandingQuestion() throws Exception {
        ControlSocket.Standing question = client.standing("x.Figure", NOTHING);
        assertThat(question.ask(SHORT)).isEmpty();
        answer("{\"success\":true,\"err\":\"\",\"result\":1}{\"success\":true,\"err\":\"\",\"result\":2}");
        assertThat(client.call("x.Y", NOTHING, LIMIT).orElseThrow().asInt()).isEqualTo(2);
        assertThat(question.ask(SHORT).orElseThrow().result().asInt()).isEqualTo(1);
    }

    @Test
    void aRefusedStandingQuestionIsAskedAgain() throws Exception {
        ControlSocket.Standing question = client.standing("x.Figure", NOTHING);
        answer("{\"success\":false,\"err\":\"no\",\"result\":null}");
        assertThatThrownBy(() -> question.ask(LIMIT)).isInstanceOf(SandboxException.class);
        answer("{\"success\":true,\"err\":\"\",\"result\":1}");
        assertThat(question.ask(LIMIT).orElseThrow().result().asInt()).isEqualTo(1);
    }

    @Test
    void whoSendsNoJsonIsNotListenedToAnyMore() throws Exception {
        answer("]{\"success\":true,\"err\":\"\",\"result\":1}");
        assertThatThrownBy(() -> client.call("x.Y", NOTHING, LIMIT)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> client.call("x.Y", NOTHING, LIMIT)).isInstanceOf(IOException.class);
    }

    @Test
    void aReplyThatNobodyAskedForEndsTheConnection() throws Exception {
        ControlSocket.Standing question = client.standing("x.Figure", NOTHING);
        answer("]{\"success\":true,\"err\":\"\",\"result\":1}");
        assertThatThrownBy(() -> question.ask(LIMIT)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> question.ask(LIMIT)).isInstanceOf(IOException.class);
    }

    @Test
    void tellsRefusalAndEndApart() throws Exception {
        answer("{\"success\":false,\"err\":\"no such method\",\"result\":null}");
        assertThatThrownBy(() -> client.call("x.Y", NOTHING, LIMIT))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("no such method");
        sentry.close();
        assertThatThrownBy(() -> client.call("x.Y", NOTHING, LIMIT)).isInstanceOf(IOException.class);
    }

    @Test
    void closingEndsACallThatWaits() throws Exception {
        Thread closer = Thread.ofPlatform().start(() -> {
            try {
                ByteBuffer request = ByteBuffer.allocate(100);
                sentry.read(request);
                client.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        assertThatThrownBy(() -> client.call("x.Wait", NOTHING, LIMIT)).isInstanceOf(IOException.class);
        closer.join();
    }

    @Test
    void turnsWaitStatusesIntoExitCodes() {
        assertThat(RunscSandbox.exitCode(7 << 8)).isEqualTo(7);
        assertThat(RunscSandbox.exitCode(9)).isEqualTo(137);
    }
}
