package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a process that is no sentry, and a control server that says what the test says. */
@Timeout(60)
class RunscKernelTest {
    private static final int CONNECTIONS = 3;
    private static final String DONE = "{\"success\":true,\"err\":\"\",\"result\":{}}";

    @TempDir
    private Path directory = Path.of("");

    /** As they came: the brake's, the inspection's, that of the exit. */
    private final List<SocketChannel> connections = new CopyOnWriteArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private RunscRuntime runtime;

    @SuppressWarnings("NullAway.Init")
    private ServerSocketChannel server;

    /** Has a child, and never asks for its exit status. */
    @SuppressWarnings("NullAway.Init")
    private Process parent;

    private long child;

    @BeforeEach
    void open() throws Exception {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket()));
        parent = new ProcessBuilder("sh", "-c", "sleep 600 & echo $!; exec sleep 600").start();
        child = Long.parseLong(Objects.requireNonNull(parent.inputReader().readLine(), "a process id"));
        Path guest = Files.writeString(directory.resolve("guest"), "");
        runtime = RunscRuntime.open(Path.of("/bin/echo"), guest, directory.resolve("r"), RunscRuntime.Platform.SYSTRAP);
    }

    @AfterEach
    void close() throws Exception {
        ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly);
        parent.destroyForcibly().waitFor();
        for (SocketChannel connection : connections) {
            connection.close();
        }
        server.close();
    }

    private Path socket() {
        return directory.resolve("c.sock");
    }

    private RunscKernel attach(String warmUp) throws Exception {
        SandboxRuntime.Boot boot =
                new SandboxRuntime.Boot("b", directory, directory.resolve("trace.json"), Optional.empty(), List.of());
        Thread sentry = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < CONNECTIONS; i++) {
                    connections.add(server.accept());
                }
                say(connections.getFirst(), warmUp);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        try {
            return RunscKernel.attach(runtime, boot, "c", child, socket(), new RunscKernel.Shims(none(), none()));
        } finally {
            sentry.join();
        }
    }

    private RuntimeShim none() throws IOException {
        return RuntimeShim.begin(Path.of("/bin/false"), List.of(), directory.resolve("shim.log"), Map.of());
    }

    private static void say(SocketChannel connection, String text) throws IOException {
        connection.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void anAttachThatFailsLeavesNoConnection() throws Exception {
        assertThatThrownBy(() -> attach("]")).isInstanceOf(IOException.class);
        assertThat(connections).hasSize(CONNECTIONS);
        for (SocketChannel connection : connections) {
            awaitEnd(connection);
        }
    }

    private static void awaitEnd(SocketChannel connection) {
        ByteBuffer requests = ByteBuffer.allocate(10_000);
        try {
            while (connection.read(requests) >= 0) {
                requests.clear();
            }
        } catch (IOException e) {
            // Ended with something unread.
        }
    }

    @Test
    void aDeadKernelWhoseParentHasNotLookedIsNotAlive() throws Exception {
        RunscKernel kernel = attach(DONE + DONE + DONE);
        assertThat(kernel.alive()).isTrue();
        kernel.kill();
        await().until(() -> !kernel.alive());
        assertThat(Path.of("/proc", Long.toString(child))).exists();
        kernel.disconnect();
    }

    @Test
    void theLastDropCountWasAskedForAfterTheEnd() throws Exception {
        RunscKernel kernel = attach(DONE + DONE + DONE);
        RunscSandbox sandbox = new RunscSandbox(
                runtime,
                kernel,
                new SandboxRuntime.Creation(
                        "w", directory, SandboxRuntime.Streams.Files.NOWHERE, List.of(), Optional.empty()));
        assertThat(sandbox.droppedTraceMessages(Duration.ZERO)).isEmpty();
        SocketChannel inspection = connections.get(1);
        say(inspection, "{\"success\":true,\"err\":\"\",\"result\":[{\"DroppedCount\":1}]}");
        assertThat(sandbox.droppedTraceMessages(Duration.ZERO)).hasValue(1);

        say(inspection, "{\"success\":true,\"err\":\"\",\"result\":[{\"DroppedCount\":2}]}" + DONE);
        say(connections.get(2), "{\"success\":true,\"err\":\"\",\"result\":0}");
        assertThat(sandbox.awaitExit()).hasValue(0);
        assertThat(sandbox.droppedTraceMessages(Duration.ZERO))
                .as("what was asked before")
                .isEmpty();
        kernel.disconnect();
    }
}
