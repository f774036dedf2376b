package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.rootfs.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several users on one daemon of root's, in real sandboxes. Needs root and runsc. */
class UsersIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int ALICE = 61_001;
    private static final int BOB = 61_002;

    private final RecordingLink link = new RecordingLink();
    private volatile TaskPolicy policy = TaskPolicy.newBuilder()
            .setName("test")
            .setWorkspaceMode("read-write")
            .build();
    private Path base = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @SuppressWarnings("NullAway.Init")
    private RunClient client;

    @BeforeEach
    void makeFolder() throws Exception {
        base = Files.createTempDirectory("plus");
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void startHost(String users) throws Exception {
        // What waits is made before anybody knows for whom.
        HostSettings settings = GvisorFixture.settings(base, Map.of("host.users", users, "sandboxes.warm", "4"));
        running = SandboxHost.open(
                settings, new SandboxHost.Wiring(link, surroundings -> List.of(), (above, yaml) -> policy));
        client = new RunClient(settings.runSocket());
    }

    @AfterEach
    void stopHost() throws Exception {
        if (running != null) {
            running.close();
        }
        Bundle.deleteTree(base);
    }

    private Path workspaceOf(int uid) throws IOException {
        Path workspace = Files.createTempDirectory(base, "ws");
        Files.setPosixFilePermissions(workspace, PosixFilePermissions.fromString("rwx------"));
        Files.setAttribute(workspace, "unix:gid", uid);
        Files.setAttribute(workspace, "unix:uid", uid);
        return workspace;
    }

    private interface Act<T> {
        T act() throws Exception;
    }

    /**
     * On a thread that the kernel knows as {@code uid}: bare system calls are for one thread, unlike the C library's functions.
     * The thread keeps its capabilities, or it could not load the classes of this test; the daemon goes by the user alone.
     */
    private static <T> CompletableFuture<T> as(int uid, Act<T> act) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                boolean arm = System.getProperty("os.arch").equals("aarch64");
                long setSecureBits = 28;
                long noSetuidFixup = 4;
                systemCall(arm ? 167 : 157, setSecureBits, noSetuidFixup, 0);
                systemCall(arm ? 147 : 117, -1, uid, -1);
                result.complete(act.act());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private static void systemCall(long number, long first, long second, long third) throws Throwable {
        MethodHandle syscall = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG),
                        Linker.Option.firstVariadicArg(1));
        assertThat((long) syscall.invokeExact(number, first, second, third)).isZero();
    }

    /** Exit code, colon, standard output. */
    private CompletableFuture<String> run(int uid, Path workspace, Optional<Path> image, String script) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        RunClient.Request request = new RunClient.Request(
                "", "t", "none", workspace, List.of("/bin/bash", "-c", script), new Stdio.OutputOnly(), image);
        RunClient.Follower follower = new RunClient.Follower() {
            @Override
            public void session(String id) {}

            @Override
            public void stdout(byte[] bytes) {
                out.writeBytes(bytes);
            }

            @Override
            public void stderr(byte[] bytes) {}

            @Override
            public void state(String state, String reason) {}
        };
        return as(uid, () -> client.run(request, follower).code() + ":" + out.toString(StandardCharsets.UTF_8));
    }

    private static <T> T now(CompletableFuture<T> future) throws Exception {
        return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void letsNobodyInUnlessTheHostIsForAll() throws Exception {
        startHost("owner");
        Path workspace = workspaceOf(ALICE);
        assertThatThrownBy(() -> now(run(ALICE, workspace, Optional.empty(), "true")))
                .hasMessageContaining("may not use this sandbox host");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(base.resolve("d/run.sock"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aUsersSessionHasThatUsersRightsAndFiles() throws Exception {
        startHost("all");
        Path workspace = workspaceOf(ALICE);
        assertThat(now(run(ALICE, workspace, Optional.empty(), "id -u; echo mine > f; pwd")))
                .isEqualTo("0:" + ALICE + "\n/workspace\n");
        assertThat(Files.readString(workspace.resolve("f"))).isEqualTo("mine\n");
        assertThat(Files.getAttribute(workspace.resolve("f"), "unix:uid")).isEqualTo(ALICE);

        policy = TaskPolicy.newBuilder()
                .setName("test")
                .setWorkspaceMode("read-only")
                .build();
        assertThat(now(run(ALICE, workspace, Optional.empty(), "cat f; echo x > f || echo refused")))
                .isEqualTo("0:mine\nrefused\n");
        assertThat(Files.readString(workspace.resolve("f"))).isEqualTo("mine\n");
    }

    @Test
    void aUserGetsNoWorkspaceNorImageOfOthers() throws Exception {
        startHost("all");
        Path own = workspaceOf(ALICE);
        Path bobs = workspaceOf(BOB);
        Path roots = workspaceOf(0);
        Path link = Files.createSymbolicLink(base.resolve("link"), bobs);
        for (Path other : List.of(bobs, roots, link, Path.of("/root"), Path.of("/"))) {
            assertThatThrownBy(() -> now(run(ALICE, other, Optional.empty(), "true")))
                    .as(other.toString())
                    .rootCause()
                    .isInstanceOf(RunClient.RefusedException.class);
        }
        assertThatThrownBy(() -> now(run(ALICE, own, Optional.of(bobs), "true")))
                .hasMessageContaining("image");
        policy = TaskPolicy.newBuilder()
                .setName("test")
                .setWorkspaceMode("review")
                .build();
        assertThatThrownBy(() -> now(run(ALICE, own, Optional.empty(), "true"))).hasMessageContaining("review");
    }

    @Test
    void aUserSeesAndStopsOnlyOwnSessionsAndRootAll() throws Exception {
        startHost("all");
        CompletableFuture<String> alices = run(ALICE, workspaceOf(ALICE), Optional.empty(), "sleep 600");
        CompletableFuture<String> bobs = run(BOB, workspaceOf(BOB), Optional.empty(), "sleep 600");
        await().atMost(LIMIT)
                .until(() -> client.sessions().stream()
                                .filter(session -> session.state().equals("RUNNING"))
                                .count()
                        == 2);
        List<RunClient.LiveSession> seenByAlice = now(as(ALICE, client::sessions));
        List<RunClient.LiveSession> seenByBob = now(as(BOB, client::sessions));
        assertThat(seenByAlice).hasSize(1);
        assertThat(seenByBob).hasSize(1).doesNotContainAnyElementsOf(seenByAlice);
        String id = seenByAlice.getFirst().id();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(base.resolve("d/s"))))
                .isEqualTo("rwx------");

        assertThatThrownBy(() -> now(as(BOB, () -> {
                    client.stop(id);
                    return id;
                })))
                .hasMessageContaining(id);
        assertThat(client.sessions()).hasSize(2);

        now(as(ALICE, () -> {
            client.stop(id);
            return id;
        }));
        assertThat(now(alices)).startsWith("137:");
        client.stop(seenByBob.getFirst().id());
        assertThat(now(bobs)).startsWith("137:");
    }
}
