package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.sandbox.posix.OpenDirectory;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The guest program on the host; needs gcc. */
class GuestIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    private Path directory = Path.of("");

    private record Ended(int code, String stdout, String stderr) {}

    private static Ended run(byte[] input, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(GvisorFixture.guest().toString()));
        command.addAll(List.of(arguments));
        Path in = Files.createTempFile("guest", ".in");
        Path out = Files.createTempFile("guest", ".out");
        Path error = Files.createTempFile("guest", ".err");
        Files.write(in, input);
        Process process = new ProcessBuilder(command)
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(error.toFile())
                .start();
        try {
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            return new Ended(process.exitValue(), Files.readString(out), Files.readString(error));
        } finally {
            process.destroyForcibly();
            for (Path file : List.of(in, out, error)) {
                Files.delete(file);
            }
        }
    }

    /** Answers one request with {@code answer} and hands back what was asked. */
    private StringBuffer serve(String answer) throws IOException {
        StringBuffer asked = new StringBuffer();
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(directory.resolve("door.sock")));
        Thread.ofPlatform().daemon().start(() -> {
            try (server;
                    SocketChannel peer = server.accept()) {
                ByteBuffer bytes = ByteBuffer.allocate(64 * 1024);
                while (!asked.toString().endsWith("}")) {
                    if (peer.read(bytes.clear()) < 0) {
                        return;
                    }
                    asked.append(StandardCharsets.UTF_8.decode(bytes.flip()));
                }
                peer.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
            } catch (IOException e) {
                asked.append(e);
            }
        });
        return asked;
    }

    @Test
    void findsAPinnedDirectoryAlsoWhenItsNameLeadsElsewhere() throws Exception {
        Path own = Files.createDirectory(directory.resolve("own"));
        Files.writeString(own.resolve("f"), "own");
        Path secret = Files.createDirectory(directory.resolve("secret"));
        Files.writeString(secret.resolve("f"), "secret");
        Path target = Files.createDirectory(directory.resolve("target"));
        try (OpenDirectory pinned = OpenDirectory.open(own)) {
            Files.move(own, directory.resolve("moved"));
            Files.createSymbolicLink(own, secret);
            String source = pinned.path()
                    .toString()
                    .replace("self", Long.toString(ProcessHandle.current().pid()));
            String script = "cat $0/f; (echo x > $0/f) 2>/dev/null || echo ' refused'";
            assertThat(run(
                            new byte[0],
                            "read-only",
                            "pin",
                            source,
                            target.toString(),
                            target.toString(),
                            "--",
                            "/bin/sh",
                            "-c",
                            script,
                            target.toString()))
                    .isEqualTo(new Ended(0, "own refused\n", ""));
        }
        assertThat(target).isEmptyDirectory();
    }

    private Ended hook(String... seconds) throws Exception {
        List<String> arguments =
                new ArrayList<>(List.of("hook", directory.resolve("door.sock").toString(), "/hooks/codex"));
        arguments.addAll(List.of(seconds));
        return run("{\"a\":1}".getBytes(StandardCharsets.UTF_8), arguments.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"b\":2}",
                "HTTP/1.1 200 OK\r\n\r\n{\"b\":2}",
                "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{\"b\r\n4\r\n\":2}\r\n0\r\n\r\n"
            })
    void printsTheAnswer(String answer) throws Exception {
        StringBuffer asked = serve(answer);
        Ended ended = hook();
        assertThat(ended).isEqualTo(new Ended(0, "{\"b\":2}\n", ""));
        assertThat(asked.toString())
                .startsWith("POST /hooks/codex HTTP/1.1\r\n")
                .contains("Content-Length: 7\r\n")
                .endsWith("\r\n\r\n{\"a\":1}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 302 Elsewhere\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nallow",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n",
                "garbage"
            })
    void blocksTheCallWhenTheAnswerIsNoAnswer(String answer) throws Exception {
        serve(answer);
        assertBlocked(hook());
    }

    @Test
    void blocksTheCallWhenNobodyAnswers() throws Exception {
        assertBlocked(hook());
        try (ServerSocketChannel mute = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(directory.resolve("door.sock")))) {
            assertThat(mute.isOpen()).isTrue();
            assertBlocked(hook("1"));
        }
    }

    @Test
    void blocksTheCallWhenTheHookIsTooLong() throws Exception {
        assertBlocked(run(
                new byte[1024 * 1024 + 1],
                "hook",
                directory.resolve("door.sock").toString(),
                "/hooks/codex"));
    }

    private static void assertBlocked(Ended ended) {
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.stdout()).isEmpty();
        assertThat(ended.stderr()).startsWith("plumbline: hook: ").contains("blocked");
    }

    @Test
    void killsWhatItWatchesWhenItsDaemonGoes() throws Exception {
        Process watched = new ProcessBuilder("sleep", "600").start();
        Process warden = new ProcessBuilder(GvisorFixture.guest().toString(), "warden").start();
        try {
            warden.outputWriter().append("watch " + watched.pid() + "\n").flush();
            assertThat(warden.inputReader().readLine()).isEqualTo("watching");
            warden.outputWriter().append("watch 1\n").flush();
            assertThat(warden.inputReader().readLine()).isEqualTo("refused");
            // Nothing but the end of its input or a release ends it.
            warden.toHandle().destroy();
            assertThat(watched.isAlive()).isTrue();
            warden.outputWriter().close();
            await().atMost(LIMIT).until(() -> !watched.isAlive());
        } finally {
            watched.destroyForcibly();
            warden.destroyForcibly();
        }
    }

    @Test
    void leavesWhatItWatchesWhenItIsReleased() throws Exception {
        Process watched = new ProcessBuilder("sleep", "600").start();
        Process warden = new ProcessBuilder(GvisorFixture.guest().toString(), "warden").start();
        try {
            warden.outputWriter()
                    .append("watch " + watched.pid() + "\nrelease\n")
                    .flush();
            assertThat(warden.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(watched.isAlive()).isTrue();
        } finally {
            watched.destroyForcibly();
        }
    }

    @Test
    void keepsPathsReadOnlyForOneCommandOnly() throws Exception {
        Path file = Files.writeString(directory.resolve("kept"), "x");
        Ended ended =
                run(new byte[0], "read-only", directory.toString(), "--", "/bin/sh", "-c", ": > " + file + "; exit 3");
        assertThat(ended.stderr()).contains("Read-only file system");
        assertThat(Files.readString(file)).isEqualTo("x");
        Files.writeString(file, "y");
        assertThat(run(new byte[0], "read-only", "/no/such/path", "--", "/bin/true")
                        .code())
                .isEqualTo(125);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\1\0\0", "\0\0\0\0", "\0\0\0\1", "\2\0\0\0x", "\2\0\0\0xx", "\4\0\0\0a\0b\0"})
    void theShimEndsAtARequestThatIsNone(String request) throws Exception {
        Ended ended = run(request.getBytes(StandardCharsets.US_ASCII), "shim");
        assertThat(ended.code()).isEqualTo(125);
        assertThat(ended.stdout()).isEmpty();
        assertThat(ended.stderr()).contains("expected");
    }

    @Test
    void theShimEndsWithItsDaemon() throws Exception {
        assertThat(run(new byte[0], "shim")).isEqualTo(new Ended(0, "", ""));
    }

    @Test
    void relaysBothWaysAndLeavesTheExitCodeToTheCommand() throws Exception {
        int port;
        try (java.net.ServerSocket free = new java.net.ServerSocket(0)) {
            port = free.getLocalPort();
        }
        StringBuffer asked = serve("answer");
        Ended ended = run(
                new byte[0],
                "relay",
                port + "=" + directory.resolve("door.sock"),
                "--",
                "/bin/bash",
                "-c",
                "exec 3<>/dev/tcp/127.0.0.1/" + port + "; printf '{}' >&3; cat <&3; pkill -P $$; exit 7");
        assertThat(ended.stdout()).isEqualTo("answer");
        assertThat(ended.code()).isEqualTo(7);
        assertThat(asked.toString()).isEqualTo("{}");
        assertThat(run(new byte[0], "relay", "x", "--", "/bin/true").code()).isEqualTo(126);
        assertThat(run(new byte[0], "relay", "--", "/no/such").code()).isEqualTo(127);
    }
}
