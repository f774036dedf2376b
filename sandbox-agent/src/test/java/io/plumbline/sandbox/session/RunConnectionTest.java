package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.events.v1.RuntimeState;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that read slowly, or not at all. */
@Timeout(60)
class RunConnectionTest {
    @TempDir
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private SocketChannel client;

    @SuppressWarnings("NullAway.Init")
    private RunConnection connection;

    @BeforeEach
    void connect() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            client = SocketChannel.open(address);
            connection = RunConnection.open(server.accept());
        }
    }

    @AfterEach
    void hangUp() throws IOException {
        client.close();
        connection.close();
    }

    @Test
    void tellsAClientThatDoesNotReadOfAllTakenInputInAFewMessages() throws IOException {
        long told = 1_000_000;
        for (long i = 0; i < told; i++) {
            connection.inputTaken(1);
            assertThat(connection.waitingBytes()).isLessThanOrEqualTo(RunConnection.WINDOW);
        }

        InputStream in = new BufferedInputStream(Channels.newInputStream(client));
        long taken = 0;
        while (taken < told) {
            JsonNode line = RunProtocol.read(in).orElseThrow();
            assertThat(line.path("type").asText()).isEqualTo("stdin-taken");
            taken += line.path("bytes").asLong();
        }
        assertThat(taken).isEqualTo(told);
    }

    @Test
    void letsAClientGoForWhichTooMuchWaits() throws IOException {
        String reason = "x".repeat(10_000);
        for (int i = 0; i < 1000; i++) {
            connection.state(RuntimeState.State.FROZEN, reason);
            assertThat(connection.waitingBytes()).isLessThanOrEqualTo(RunConnection.MAX_WAITING + 20_000);
        }

        InputStream in = Channels.newInputStream(client);
        byte[] some = new byte[1 << 16];
        int read = in.read(some);
        while (read >= 0) {
            read = in.read(some);
        }
        assertThatThrownBy(() -> connection.sendWithRoom(RunProtocol.object())).isInstanceOf(IOException.class);
    }

    @Test
    void aLongAnswerWaitsForItsReader() throws Exception {
        int pieces = 200;
        String piece = "x".repeat(RunProtocol.CHUNK);
        Thread sender = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < pieces; i++) {
                try {
                    connection.sendWithRoom(RunProtocol.object().put("text", piece));
                } catch (IOException e) {
                    return;
                }
            }
        });

        InputStream in = new BufferedInputStream(Channels.newInputStream(client));
        for (int i = 0; i < pieces; i++) {
            assertThat(RunProtocol.read(in).orElseThrow().path("text").asText()).hasSize(RunProtocol.CHUNK);
            assertThat(connection.waitingBytes()).isLessThanOrEqualTo(2 * RunConnection.WINDOW);
        }
        sender.join();
    }
}
