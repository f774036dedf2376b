package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.probe.HostProbe;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.SandboxException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A sandbox host that is no root: an ordinary user's daemon in a user namespace. Needs root to become that user. */
class OrdinaryHostIT {
    private static final int USER = 4321;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** Of a program that waits up to {@link #LIMIT} for each of several things. */
    private static final Duration PROGRAM_LIMIT = Duration.ofMinutes(5);

    private final Path base = Files.createTempDirectory("plor");

    private final List<String> classPath = new ArrayList<>();

    OrdinaryHostIT() throws IOException {}

    @AfterEach
    void remove() throws IOException {
        Bundle.deleteTree(base);
    }

    @Test
    void anOrdinaryUsersHostRunsFreezesThawsAndKillsASession() throws Exception {
        Path workspace = prepare();

        assertThat(ran(Daemon.class))
                .containsSubsequence("RUNNING", "FROZEN", "RUNNING", "KILLED", "saw the workspace's file");

        // Root inside is this user outside.
        assertThat(Files.readString(workspace.resolve("who")).strip()).isEqualTo("0");
        assertThat(Files.getAttribute(workspace.resolve("who"), "unix:uid")).isEqualTo(USER);
        assertThat(Files.readString(workspace.resolve("secret")).strip()).isEqualTo("refused");
    }

    @Test
    void anOrdinaryUsersHostLeavesBubblewrapOutAndSaysSo() throws Exception {
        prepare();
        Path copies = base.resolve("c");
        Files.writeString(copies.resolve("runsc"), "#!/bin/sh\nexit 1\n");
        Files.writeString(copies.resolve("bwrap"), "#!/bin/sh\ntouch " + base.resolve("tried") + "\nexit 1\n");
        for (String program : List.of("runsc", "bwrap")) {
            Files.setPosixFilePermissions(copies.resolve(program), PosixFilePermissions.fromString("rwxr-xr-x"));
        }

        List<String> output = ran(WithoutGvisor.class);

        String why =
                "this host is not root's, and without root the kernel tells neither of its processes nor of the files"
                        + " they open";
        assertThat(output)
                .anyMatch(line -> line.endsWith("bubblewrap is left out: " + why))
                .anyMatch(line -> line.startsWith("auto: this runsc cannot trace what is needed"))
                .contains("bubblewrap: host.runtime: bubblewrap (expected: runsc, since " + why + ")")
                .contains("doctor: WARN bubblewrap is left out: " + why);
        assertThat(base.resolve("tried")).doesNotExist();
    }

    /** The workspace, the programs and what runs them as this user may read them: what root may, this user may not. */
    private Path prepare() throws Exception {
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path workspace = Files.createDirectory(base.resolve("workspace"));
        for (Path own : List.of(base, workspace)) {
            Files.setAttribute(own, "unix:uid", USER);
            Files.setAttribute(own, "unix:gid", USER);
        }
        Path copies = Files.createDirectory(base.resolve("c"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (Files.exists(Path.of(entry))) {
                Path copy = copies.resolve(Integer.toString(classPath.size()));
                copy(Path.of(entry), copy);
                classPath.add(copy.toString());
            }
        }
        copy(GvisorFixture.runsc(), copies.resolve("runsc"));
        copy(GvisorFixture.guest(), copies.resolve("guest"));
        return workspace;
    }

    /** What a program said that the ordinary user ran to its end; nothing of it is left. */
    private List<String> ran(Class<?> program) throws Exception {
        Path output = base.resolve("output");
        Process daemon = new ProcessBuilder(
                        "setpriv",
                        "--reuid=" + USER,
                        "--regid=" + USER,
                        "--clear-groups",
                        "unshare",
                        "--user",
                        "--map-root-user",
                        "--mount",
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        String.join(File.pathSeparator, classPath),
                        program.getName(),
                        base.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .directory(base.toFile())
                .start();
        try {
            assertThat(daemon.waitFor(PROGRAM_LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as(Files.readString(output, StandardCharsets.UTF_8))
                    .isTrue();
        } finally {
            daemon.destroyForcibly().waitFor();
        }
        // What was killed has to come to its end.
        await().atMost(LIMIT).untilAsserted(() -> assertThat(ProcessHandle.allProcesses()
                        .filter(process ->
                                process.info().commandLine().orElse("").contains(base.toString())))
                .isEmpty());
        return Files.readAllLines(output, StandardCharsets.UTF_8);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = file.equals(from)
                        ? to
                        : to.resolve(from.relativize(file).toString());
                Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }

    /** Lives one session and orders what a person would. */
    static final class Daemon {
        private Daemon() {}

        public static void main(String[] arguments) throws Exception {
            Path base = Path.of(arguments[0]);
            Path workspace = base.resolve("workspace");
            RecordingLink link = new RecordingLink();
            HostSettings settings = settings(base, Map.of());
            TaskPolicy policy = TaskPolicy.newBuilder()
                    .setName("test")
                    .setWorkspaceMode("read-write")
                    .setDiskBytes(1 << 30)
                    .build();
            try (SandboxHost.Running running = SandboxHost.open(
                    settings, new SandboxHost.Wiring(link, surroundings -> List.of(), (above, yaml) -> policy))) {
                Quiet observer = new Quiet();
                String session = running.host()
                        .run(
                                new SessionRequest(
                                        policy,
                                        "do it",
                                        Agent.NONE,
                                        workspace,
                                        List.of(
                                                "/bin/bash",
                                                "-c",
                                                "id -u > who; (cat /etc/shadow || echo refused) > secret.new; mv secret.new secret;"
                                                        + " while true; do cat who > /dev/null; sleep 0.1; done"),
                                        "tester"),
                                observer);
                state(link, observer, RuntimeState.State.RUNNING, 1);
                await().atMost(LIMIT).until(() -> Files.exists(workspace.resolve("secret")));
                order(link, session, Event.newBuilder().setFreezeOrdered(FreezeOrdered.getDefaultInstance()));
                state(link, observer, RuntimeState.State.FROZEN, 1);
                order(link, session, Event.newBuilder().setThawOrdered(ThawOrdered.getDefaultInstance()));
                state(link, observer, RuntimeState.State.RUNNING, 2);
                order(link, session, Event.newBuilder().setKillOrdered(KillOrdered.getDefaultInstance()));
                state(link, observer, RuntimeState.State.KILLED, 1);
                await().atMost(LIMIT).until(() -> link.events.stream()
                        .anyMatch(event -> event.getFileOpened().getPath().equals("/workspace/who")));
                System.out.println("saw the workspace's file");
            }
        }

        private static void order(RecordingLink link, String session, Event.Builder order) {
            Objects.requireNonNull(link.listeners.get(session))
                    .onVerdict(order.setId("order-" + order.getPayloadCase()).build(), StageTimes.getDefaultInstance());
        }

        private static void state(RecordingLink link, Quiet observer, RuntimeState.State wanted, int times) {
            await().atMost(LIMIT)
                    .failFast("the session failed", () -> observer.failed)
                    .until(() -> link.events.stream()
                                    .filter(event -> event.getRuntimeState().getState() == wanted)
                                    .count()
                            >= times);
            System.out.println(wanted);
        }
    }

    private static HostSettings settings(Path base, Map<String, String> more) throws IOException {
        Map<String, String> values = new HashMap<>(Map.of(
                "host.redaction-key-file",
                        Files.writeString(base.resolve("key"), "0".repeat(64)).toString(),
                "host.data", base.resolve("d").toString(),
                "host.name", "test",
                "ingest.address", "unused",
                "ingest.token", "unused",
                "runsc.path", base.resolve("c/runsc").toString(),
                "agents.path", base.toString(),
                "guest.path", base.resolve("c/guest").toString()));
        values.putAll(more);
        return HostSettings.of(values);
    }

    /** Where gVisor does not run: what a host says at its start, and a doctor before. */
    static final class WithoutGvisor {
        private WithoutGvisor() {}

        public static void main(String[] arguments) throws Exception {
            Path base = Path.of(arguments[0]);
            for (String runtime : List.of("auto", "bubblewrap")) {
                HostSettings settings = settings(
                        base,
                        Map.of(
                                "host.runtime",
                                runtime,
                                "bubblewrap.path",
                                base.resolve("c/bwrap").toString()));
                try (SandboxHost.Running running = SandboxHost.open(
                        settings,
                        new SandboxHost.Wiring(
                                new RecordingLink(),
                                surroundings -> List.of(),
                                (above, yaml) -> TaskPolicy.getDefaultInstance()))) {
                    System.out.println(runtime + ": " + running.host().runtime());
                } catch (SandboxException e) {
                    System.out.println(runtime + ": " + e.getMessage());
                }
            }
            new HostProbe(Optional.of(base.resolve("c/runsc")), base.resolve("c/guest"), base.resolve("d"))
                    .run().stream()
                            .filter(finding -> finding.check().equals("fallback runtime"))
                            .forEach(finding ->
                                    System.out.println("doctor: " + finding.grade() + " " + finding.found()));
        }
    }

    private static final class Quiet implements SessionObserver {
        private volatile boolean failed;

        @Override
        public void output(Stream stream, byte[] bytes) {}

        @Override
        public void state(RuntimeState.State state, String reason) {}

        @Override
        public void exited(int code, String reason) {}

        @Override
        public void failed(String message) {
            System.out.println("failed: " + message);
            failed = true;
        }
    }
}
