package io.plumbline.sandbox.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A real runtime with a real container, whose one process counts in a file; for tests. Everything of it lies in one folder. Needs root
 * and the runtime's Debian package.
 */
public final class RealRuntime implements AutoCloseable {
    /** Which. */
    public enum Kind {
        PODMAN,
        CONTAINERD,
        RUNC
    }

    /** Containerd's, and the name of a control group: of this run alone. */
    public static final String NAMESPACE =
            "plumbline-test-ctr-" + ProcessHandle.current().pid();

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Kind kind;
    private final Path base;
    private final Path rootfs;
    private final String container;
    private @Nullable Process daemon;

    private RealRuntime(Kind kind, Path base, String container) {
        this.kind = kind;
        this.base = base;
        this.rootfs = base.resolve("rootfs");
        this.container = container;
    }

    /** @param guest the guest program */
    public static RealRuntime start(Kind kind, Path guest) throws Exception {
        Path base = Files.createTempDirectory("plct");
        RealRuntime runtime = new RealRuntime(kind, base, "plit-" + base.getFileName());
        try {
            for (String folder : List.of("bin", "proc", "dev", "tmp", "sys", "etc")) {
                Files.createDirectories(runtime.rootfs.resolve(folder));
            }
            Files.copy(guest, runtime.rootfs.resolve("bin/guest"));
            switch (kind) {
                case PODMAN -> runtime.startPodman();
                case CONTAINERD -> runtime.startContainerd();
                case RUNC -> runtime.startRunc();
            }
            await().atMost(LIMIT).until(() -> runtime.count() > 0);
            return runtime;
        } catch (Exception | Error e) {
            runtime.close();
            throw e;
        }
    }

    private List<String> podman(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "podman",
                "--root=" + base.resolve("pr"),
                "--runroot=" + base.resolve("prr"),
                "--tmpdir=" + base.resolve("pt"),
                "--cgroup-manager=cgroupfs",
                "--storage-driver=vfs",
                "--events-backend=file",
                "--runtime=/usr/sbin/runc"));
        command.addAll(List.of(arguments));
        return command;
    }

    private List<String> ctr(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of("ctr", "--address", socket().toString(), "--namespace", NAMESPACE));
        command.addAll(List.of(arguments));
        return command;
    }

    private List<String> runc(String... arguments) {
        List<String> command = new ArrayList<>(List.of("runc", "--root", socket().toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    private void startPodman() throws Exception {
        run(podman(
                "run",
                "-d",
                "--name=" + container,
                "--network=none",
                "--env=SECRET=hunter2",
                "--ulimit=nofile=20000:20000",
                "--ulimit=nproc=4096:4096",
                "--rootfs",
                rootfs.toString(),
                "/bin/guest",
                "tick",
                "/tmp/count",
                "5"));
        daemon = new ProcessBuilder(podman("system", "service", "--time=0", "unix://" + socket()))
                .redirectErrorStream(true)
                .redirectOutput(base.resolve("service.log").toFile())
                .start();
        await().atMost(LIMIT).until(() -> Files.exists(socket()));
    }

    private void startContainerd() throws Exception {
        Path config = Files.writeString(base.resolve("config.toml"), """
                version = 2
                root = "%1$s/root"
                state = "%1$s/state"
                disabled_plugins = ["io.containerd.grpc.v1.cri"]
                [grpc]
                  address = "%1$s/api.sock"
                [ttrpc]
                  address = "%1$s/ttrpc.sock"
                """.formatted(base));
        daemon = new ProcessBuilder("containerd", "--config", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(base.resolve("containerd.log").toFile())
                .start();
        await().atMost(LIMIT)
                .until(() -> Command.run(ctr("version"), Duration.ofSeconds(5)).succeeded());
        run(ctr(
                "run",
                "--detach",
                "--env=SECRET=hunter2",
                "--rootfs",
                rootfs.toString(),
                container,
                "/bin/guest",
                "tick",
                "/tmp/count",
                "5"));
    }

    private void startRunc() throws Exception {
        run(List.of("runc", "spec", "--bundle", base.toString()));
        ObjectMapper json = new ObjectMapper();
        Path config = base.resolve("config.json");
        ObjectNode spec = (ObjectNode) json.readTree(config.toFile());
        ObjectNode process = (ObjectNode) spec.path("process");
        process.putArray("args").add("/bin/guest").add("tick").add("/tmp/count").add("5");
        process.putArray("env").add("SECRET=hunter2");
        process.put("terminal", false);
        process.remove("rlimits");
        ((ObjectNode) spec.path("root")).put("readonly", false);
        json.writeValue(config.toFile(), spec);
        run(runc("run", "--detach", "--bundle", base.toString(), container));
    }

    private static void run(List<String> command) throws Exception {
        Command.Result result = Command.run(command, LIMIT);
        assertThat(result.succeeded()).as(command + ": " + result.output()).isTrue();
    }

    /** The engine's socket; for runc its state directory. */
    public Path socket() {
        return base.resolve(kind == Kind.RUNC ? "state" : "api.sock");
    }

    public String container() {
        return container;
    }

    public Path base() {
        return base;
    }

    ContainerControl control(String id) throws ContainerException {
        return switch (kind) {
            case PODMAN -> DockerContainer.of(socket(), id);
            case CONTAINERD -> ContainerdContainer.of(Path.of("ctr"), socket(), NAMESPACE, id);
            case RUNC -> RuncContainer.of(Path.of("runc"), Optional.of(socket()), id);
        };
    }

    /** How far the container's process has counted. */
    public long count() throws IOException {
        Path file = rootfs.resolve("tmp/count");
        String text = Files.exists(file) ? Files.readString(file).trim() : "";
        return text.isEmpty() ? 0 : Long.parseLong(text);
    }

    /** The runtime's daemon stands still and answers nobody. */
    void hang() {
        Posix.kill(daemonPid(), Posix.SIGSTOP);
    }

    void recover() {
        Posix.kill(daemonPid(), Posix.SIGCONT);
    }

    private long daemonPid() {
        if (daemon == null) {
            throw new IllegalStateException("runc has no daemon");
        }
        return daemon.pid();
    }

    /** Past this daemon, as an operator would. */
    public void unpauseByHand() throws Exception {
        switch (kind) {
            case PODMAN -> run(podman("unpause", container));
            case CONTAINERD -> run(ctr("tasks", "resume", container));
            case RUNC -> run(runc("resume", container));
        }
    }

    public void killByHand() throws Exception {
        switch (kind) {
            case PODMAN -> run(podman("kill", "--signal=KILL", container));
            case CONTAINERD -> run(ctr("tasks", "kill", "--signal=SIGKILL", container));
            case RUNC -> run(runc("kill", container, "KILL"));
        }
    }

    @Override
    public void close() throws Exception {
        if (daemon != null) {
            recover();
        }
        // What was not made is not there to be removed.
        switch (kind) {
            case PODMAN -> Command.run(podman("rm", "--force", "--time=0", container), LIMIT);
            case CONTAINERD -> {
                Command.run(ctr("tasks", "delete", "--force", container), LIMIT);
                Command.run(ctr("containers", "delete", container), LIMIT);
            }
            case RUNC -> Command.run(runc("delete", "--force", container), LIMIT);
        }
        if (daemon != null) {
            daemon.destroy();
            daemon.waitFor();
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            String mounted = line.split(" ")[4];
            if (mounted.startsWith(base.toString())) {
                Command.run(List.of("umount", "--lazy", mounted), LIMIT);
            }
        }
        // The engine's own cleaning up after a container may still be under way.
        await().atMost(LIMIT).ignoreExceptions().untilAsserted(() -> {
            Bundle.deleteTree(base);
            assertThat(base).doesNotExist();
        });
        if (kind == Kind.CONTAINERD) {
            await().atMost(LIMIT).ignoreExceptions().until(RealRuntime::removedGroups);
        }
    }

    /** containerd makes a control group for its namespace in each hierarchy, and leaves it. */
    private static boolean removedGroups() throws IOException {
        Path root = Path.of("/sys/fs/cgroup");
        Files.deleteIfExists(root.resolve(NAMESPACE));
        try (var hierarchies = Files.newDirectoryStream(root, Files::isDirectory)) {
            for (Path hierarchy : hierarchies) {
                Files.deleteIfExists(hierarchy.resolve(NAMESPACE));
            }
        }
        return true;
    }
}
