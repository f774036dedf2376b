package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.posix.TerminalSize;
import io.plumbline.sandbox.rootfs.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Terminals and pipes between a client and a real sandbox. Needs root and runsc. */
class StdioIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final RecordingLink link = new RecordingLink();
    private TaskPolicy runPolicy = TaskPolicy.newBuilder().setName("test").build();
    private Path base = Path.of("");
    private Path workspace = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @SuppressWarnings("NullAway.Init")
    private RunClient client;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("plio");
        workspace = Files.createDirectory(base.resolve("workspace"));
        Files.setAttribute(workspace, "unix:uid", 1000);
        HostSettings settings = GvisorFixture.settings(base, Map.of());
        running = SandboxHost.open(
                settings, new SandboxHost.Wiring(link, surroundings -> List.of(), (above, yaml) -> runPolicy));
        client = new RunClient(settings.runSocket());
    }

    @AfterEach
    void stopHost() throws Exception {
        running.close();
        Bundle.deleteTree(base);
    }

    private static final class Typist implements RunClient.Keyboard, AutoCloseable {
        private final PipedInputStream bytes = new PipedInputStream(1 << 16);
        private final OutputStream keys;
        private Consumer<TerminalSize> resized = size -> {};

        Typist() throws IOException {
            keys = new PipedOutputStream(bytes);
        }

        void type(String text) throws IOException {
            keys.write(text.getBytes(StandardCharsets.UTF_8));
            keys.flush();
        }

        @Override
        public InputStream bytes() {
            return bytes;
        }

        @Override
        public void onResize(Consumer<TerminalSize> taker) {
            resized = taker;
        }

        @Override
        public void close() throws IOException {
            keys.close();
        }
    }

    private static class Screen implements RunClient.Follower {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayOutputStream err = new ByteArrayOutputStream();

        private volatile String session = "";

        @Override
        public void session(String id) {
            session = id;
        }

        @Override
        public void stdout(byte[] bytes) {
            out.writeBytes(bytes);
        }

        @Override
        public void stderr(byte[] bytes) {
            err.writeBytes(bytes);
        }

        @Override
        public void state(String state, String reason) {}

        String text() {
            return out.toString(StandardCharsets.UTF_8);
        }

        void awaitText(String text) {
            await().atMost(LIMIT).until(() -> text().contains(text));
        }
    }

    private CompletableFuture<RunClient.Exit> run(
            Stdio stdio, Screen screen, RunClient.Keyboard keyboard, String... command) {
        RunClient.Request request = new RunClient.Request("", "t", "none", workspace, List.of(command), stdio);
        CompletableFuture<RunClient.Exit> exit = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                exit.complete(client.run(request, screen, keyboard));
            } catch (IOException e) {
                exit.completeExceptionally(e);
            }
        });
        return exit;
    }

    @Test
    void givesTheCommandATerminalWithSizeAndColours() throws Exception {
        Screen screen = new Screen();
        try (Typist typist = new Typist()) {
            CompletableFuture<RunClient.Exit> exit = run(
                    new Stdio.Terminal("xterm-256color", new TerminalSize(33, 101)),
                    screen,
                    typist,
                    "/bin/bash",
                    "--norc",
                    "-i");
            typist.type("test -t 0 && test -t 1 && test -t 2 && echo all-$((1+1))-terminals; stty size; echo $TERM\n");
            screen.awaitText("all-2-terminals");
            screen.awaitText("33 101");
            screen.awaitText("xterm-256color\r\n");
            typist.type("printf '\\033[31mr%sd\\033[0m\\n' e\n");
            screen.awaitText("\u001b[31mred\u001b[0m");
            typist.resized.accept(new TerminalSize(44, 120));
            typist.type("stty size\n");
            screen.awaitText("44 120");
            typist.type("echo still-$((2+2)); exit 9\n");
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(exit.isDone()).as(screen.text()).isTrue());
            assertThat(exit.get(LIMIT.toSeconds(), TimeUnit.SECONDS).code()).isEqualTo(9);
            assertThat(screen.text()).contains("still-4");
        }
    }

    @Test
    void newSizesAndCtrlCReachTheCommandAsSignals() throws Exception {
        Screen screen = new Screen();
        try (Typist typist = new Typist()) {
            CompletableFuture<RunClient.Exit> exit = run(
                    new Stdio.Terminal("dumb", new TerminalSize(24, 80)),
                    screen,
                    typist,
                    "/bin/bash",
                    "-c",
                    "trap 'stty size' WINCH; trap 'exit 5' INT; echo ready; while true; do sleep 0.2; done");
            screen.awaitText("ready");
            typist.resized.accept(new TerminalSize(51, 132));
            screen.awaitText("51 132");
            typist.type("\003");
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(exit.isDone()).as(screen.text()).isTrue());
            assertThat(exit.get(LIMIT.toSeconds(), TimeUnit.SECONDS).code()).isEqualTo(5);
        }
    }

    @Test
    void pipesInputToItsEndAndKeepsTheOutputsApart() throws Exception {
        Screen screen = new Screen();
        byte[] much = new byte[3_000_000];
        new java.util.Random(7).nextBytes(much);
        RunClient.Keyboard pipe = new RunClient.Keyboard() {
            @Override
            public InputStream bytes() {
                return new java.io.ByteArrayInputStream(much);
            }

            @Override
            public void onResize(Consumer<TerminalSize> resized) {}
        };
        RunClient.Exit exit = run(
                        new Stdio.Piped(),
                        screen,
                        pipe,
                        "/bin/bash",
                        "-c",
                        "tee >(sha256sum >&2; : > /tmp/summed) | cat; until [ -e /tmp/summed ]; do sleep 0.1; done;"
                                + " test -t 0 || exit 4")
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(exit.code()).isEqualTo(4);
        assertThat(screen.out.toByteArray()).isEqualTo(much);
        assertThat(screen.err.toString(StandardCharsets.UTF_8))
                .startsWith(java.util.HexFormat.of()
                        .formatHex(java.security.MessageDigest.getInstance("SHA-256")
                                .digest(much)));
    }

    @Test
    void aCommandThatReadsNothingDoesNotHoldUpItsEnd() throws Exception {
        RunClient.Keyboard endless = new RunClient.Keyboard() {
            @Override
            public InputStream bytes() {
                return new Endless();
            }

            @Override
            public void onResize(Consumer<TerminalSize> resized) {}
        };
        RunClient.Exit exit = run(new Stdio.Piped(), new Screen(), endless, "/bin/bash", "-c", "sleep 1; exit 3")
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(exit.code()).isEqualTo(3);
    }

    private static final class Endless extends InputStream {
        @Override
        public int read() {
            return 'y';
        }

        @Override
        public int read(byte[] into, int from, int length) {
            return length;
        }
    }

    @Test
    void aClientThatDoesNotReadHoldsUpNobodyElse() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Screen stuck = new Screen() {
            @Override
            public void stdout(byte[] bytes) {
                try {
                    go.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                super.stdout(bytes);
            }
        };
        try (Typist nothing = new Typist()) {
            CompletableFuture<RunClient.Exit> slow =
                    run(new Stdio.Piped(), stuck, nothing, "/bin/bash", "-c", "head -c 4000000 /dev/zero; exit 5");
            await().atMost(LIMIT)
                    .until(() -> client.sessions().size() == 1
                            && client.sessions().getFirst().state().equals("RUNNING"));
            Screen screen = new Screen();
            assertThat(run(new Stdio.Piped(), screen, new Typist(), "/bin/echo", "meanwhile")
                            .get(LIMIT.toSeconds(), TimeUnit.SECONDS)
                            .code())
                    .isZero();
            assertThat(screen.text()).isEqualTo("meanwhile\n");
            // Held up by what nobody reads, and not ended by it.
            await().atMost(LIMIT).until(() -> client.sessions().size() == 1);
            assertThat(client.sessions().getFirst().state()).isEqualTo("RUNNING");
            go.countDown();
            assertThat(slow.get(LIMIT.toSeconds(), TimeUnit.SECONDS).code()).isEqualTo(5);
            assertThat(stuck.out.size()).isEqualTo(4_000_000);
        }
    }

    @Test
    void aFreezeInReviewModeShowsWhatHasChangedSoFar() throws Exception {
        runPolicy = TaskPolicy.newBuilder()
                .setName("test")
                .setWorkspaceMode("review")
                .build();
        for (String name : List.of("README.md", "edited.txt", "gone.txt")) {
            Files.setAttribute(Files.writeString(workspace.resolve(name), "before\n"), "unix:uid", 1000);
        }
        CompletableFuture<String> id = new CompletableFuture<>();
        Screen screen = new Screen() {
            @Override
            public void session(String session) {
                id.complete(session);
            }
        };
        try (Typist nothing = new Typist()) {
            CompletableFuture<RunClient.Exit> exit = run(
                    new Stdio.Piped(),
                    screen,
                    nothing,
                    "/bin/bash",
                    "-c",
                    "echo new > new.txt; echo after > edited.txt; rm gone.txt; echo wrote; sleep 600");
            screen.awaitText("wrote");
            String session = id.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            java.util.Objects.requireNonNull(link.listeners.get(session))
                    .onVerdict(
                            io.plumbline.events.v1.Event.newBuilder()
                                    .setId("f1")
                                    .setSession(session)
                                    .setFreezeOrdered(io.plumbline.events.v1.FreezeOrdered.newBuilder()
                                            .setReason("to look"))
                                    .build(),
                            io.plumbline.events.v1.StageTimes.getDefaultInstance());
            await().atMost(LIMIT).untilAsserted(() -> assertThat(link.events)
                    .filteredOn(event -> event.getEvidenceCollected().getKind().equals("workspace"))
                    .singleElement()
                    .satisfies(event -> assertThat(event.getEvidenceCollected().getJson())
                            .contains("\"complete\":true")
                            .contains("{\"path\":\"new.txt\",\"kind\":\"file\",\"bytes\":4,\"sha256\":\""
                                    + EventIds.sha256Hex("new\n") + "\",\"change\":\"added\"}")
                            .contains("\"gone\":[{\"path\":\"gone.txt\",\"kind\":\"file\",\"bytes\":7,\"sha256\":\""
                                    + EventIds.sha256Hex("before\n") + "\"}]")
                            .contains("\"-before\"", "\"+after\"")
                            .doesNotContain("README.md")));
            client.stop(session);
            assertThat(exit.get(LIMIT.toSeconds(), TimeUnit.SECONDS).code()).isEqualTo(137);
        }
    }

    /** Runs a session to its end whose changes wait then; returns its id. */
    private String inReview(String script, Screen screen) throws Exception {
        // The policy of a request is this fixture's own.
        runPolicy = TaskPolicy.newBuilder()
                .setName("test")
                .setWorkspaceMode("review")
                .build();
        RunClient.Exit exit = client.run(
                new RunClient.Request("", "t", "none", workspace, List.of("/bin/bash", "-c", script)), screen);
        assertThat(exit.code()).as(exit.reason()).isZero();
        return screen.session;
    }

    @Test
    void acceptsNothingThatWasNotShownAndTellsHowFarItCame() throws Exception {
        String id = inReview("printf 'a\\0b' > binary && echo new > new.txt", new Screen());
        RunClient.Review review = client.review(id);
        assertThat(review.unseen()).isEqualTo(1);

        assertThatThrownBy(() -> client.accept(id, review, "not looked at"))
                .isInstanceOf(RunClient.RefusedException.class)
                .hasMessageContaining("1 changed files whose content was not shown");
        assertThat(workspace).isEmptyDirectory();

        Path kept = base.resolve("d/review").resolve(id).resolve(EventIds.sha256Hex("new\n"));
        Files.delete(kept);
        assertThatThrownBy(() -> client.acceptUnseen(id, review, "known"))
                .isInstanceOf(RunClient.RefusedException.class)
                .hasMessageContaining("applied 1 of 2 changes, then failed at new.txt");
        assertThat(link.events.getLast().getReviewDecided())
                .satisfies(decided -> assertThat(decided.getApplied()).isEqualTo(1))
                .satisfies(decided -> assertThat(decided.getFailure()).contains("failed at new.txt"));

        Files.writeString(kept, "new\n");
        client.acceptUnseen(id, client.review(id), "known");
        assertThat(workspace.resolve("new.txt")).hasContent("new\n");
        assertThat(link.events.getLast().getReviewDecided())
                .satisfies(decided -> assertThat(decided.getApplied()).isEqualTo(2))
                .satisfies(decided -> assertThat(decided.getFailure()).isEmpty());
    }

    @Test
    void keepsChangesApartUntilAPersonHasAcceptedThem() throws Exception {
        Files.writeString(workspace.resolve("README.md"), "before\n");
        Files.setAttribute(workspace.resolve("README.md"), "unix:uid", 1000);
        Screen screen = new Screen();
        String id = inReview("echo after > README.md && echo new > new.txt && cat README.md", screen);
        assertThat(screen.text()).isEqualTo("after\n");
        assertThat(Files.readString(workspace.resolve("README.md"))).isEqualTo("before\n");
        assertThat(workspace.resolve("new.txt")).doesNotExist();
        var found = link.events.stream()
                .filter(io.plumbline.events.v1.Event::hasChangesFound)
                .findFirst()
                .orElseThrow()
                .getChangesFound();
        assertThat(found.getPathsList()).containsExactly("M README.md", "A new.txt");

        RunClient.Review review = client.review(id);
        assertThat(review.sha256()).isEqualTo(found.getChangesSha256());
        assertThat(review.diff()).contains("-before").contains("+after");
        assertThatThrownBy(() -> client.accept(id, new RunClient.Review("0".repeat(64), "", 0), "never seen"))
                .isInstanceOf(RunClient.RefusedException.class);
        assertThat(Files.readString(workspace.resolve("README.md"))).isEqualTo("before\n");

        assertThat(review.unseen()).isZero();
        client.accept(id, review, "looks right");

        assertThat(Files.readString(workspace.resolve("README.md"))).isEqualTo("after\n");
        assertThat(Files.getAttribute(workspace.resolve("new.txt"), "unix:uid")).isEqualTo(1000);
        assertThat(link.events.getLast().getReviewDecided().getAccepted()).isTrue();
        assertThatThrownBy(() -> client.review(id)).hasMessageContaining("no changes wait");
    }

    @Test
    void aDecoyOfTheHostIsNoChangeToReview() throws Exception {
        runPolicy = TaskPolicy.newBuilder()
                .setName("test")
                .setWorkspaceMode("review")
                .setHoneytokenFreeze("brain")
                .addDecoys("/workspace/.env")
                .addDecoys("/workspace/deploy/id_rsa")
                .build();
        Screen screen = new Screen();
        RunClient.Exit exit = client.run(
                new RunClient.Request(
                        "",
                        "t",
                        "none",
                        workspace,
                        List.of("/bin/bash", "-c", "ls -A . deploy; echo new > deploy/new.txt")),
                screen);

        assertThat(exit.code()).as(exit.reason()).isZero();
        assertThat(screen.text().lines()).contains(".env", "id_rsa");
        assertThat(link.events.stream()
                        .filter(io.plumbline.events.v1.Event::hasChangesFound)
                        .findFirst()
                        .orElseThrow()
                        .getChangesFound()
                        .getPathsList())
                .containsExactly("A deploy", "A deploy/new.txt");
        assertThat(workspace).isEmptyDirectory();
    }
}
