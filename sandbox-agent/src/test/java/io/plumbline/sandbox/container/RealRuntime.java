package io.plumbline.sandbox.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.util.DomainSocketAddress;
import io.plumbline.sandbox.container.cri.ContainerConfig;
import io.plumbline.sandbox.container.cri.ContainerMetadata;
import io.plumbline.sandbox.container.cri.CreateContainerRequest;
import io.plumbline.sandbox.container.cri.ImageSpec;
import io.plumbline.sandbox.container.cri.KeyValue;
import io.plumbline.sandbox.container.cri.LinuxPodSandboxConfig;
import io.plumbline.sandbox.container.cri.LinuxSandboxSecurityContext;
import io.plumbline.sandbox.container.cri.Mount;
import io.plumbline.sandbox.container.cri.NamespaceMode;
import io.plumbline.sandbox.container.cri.NamespaceOption;
import io.plumbline.sandbox.container.cri.PodSandboxConfig;
import io.plumbline.sandbox.container.cri.PodSandboxMetadata;
import io.plumbline.sandbox.container.cri.RemovePodSandboxRequest;
import io.plumbline.sandbox.container.cri.RunPodSandboxRequest;
import io.plumbline.sandbox.container.cri.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.plumbline.sandbox.container.cri.StartContainerRequest;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A real runtime with a real container, whose one process counts in a file; for tests. Everything of it lies in one folder. Needs root
 * and the runtime's Debian package.
 */
public final class RealRuntime implements AutoCloseable {
    /** Which. */
    public enum Kind {
        PODMAN("docker"),
        DOCKER("docker"),
        CONTAINERD("containerd"),
        /** A container of a pod, made as Kubernetes does: by containerd's CRI plugin, with the runtime of a RuntimeClass. */
        CRI("containerd"),
        RUNC("runc");

        private final String freezer;

        Kind(String freezer) {
            this.freezer = freezer;
        }

        /** What {@code plumbline attach} calls it. */
        public String freezer() {
            return freezer;
        }
    }

    /** Control group of this run alone, and its namespace in containerd. */
    private static final String GROUP =
            "plumbline-test-ctr-" + ProcessHandle.current().pid();

    private static final String IMAGE = "plumbline.test/guest:1";
    private static final List<String> PROGRAM = List.of("/bin/guest", "tick", "/tmp/count", "5");

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Kind kind;
    private final Path base;
    private final Path rootfs;
    private String container;
    private String pod = "";
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
                case DOCKER -> runtime.startDocker();
                case CONTAINERD -> runtime.startContainerd();
                case CRI -> runtime.startPod();
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

    private List<String> docker(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of("docker", "--config=" + base.resolve("client"), "--host=unix://" + socket()));
        command.addAll(List.of(arguments));
        return command;
    }

    private List<String> ctr(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of("ctr", "--address", socket().toString(), "--namespace", namespace()));
        command.addAll(List.of(arguments));
        return command;
    }

    private List<String> runc(String... arguments) {
        List<String> command = new ArrayList<>(List.of("runc", "--root", socket().toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    private void startPodman() throws Exception {
        run(with(
                PROGRAM,
                podman(
                        "run",
                        "-d",
                        "--name=" + container,
                        "--network=none",
                        "--env=SECRET=hunter2",
                        "--ulimit=nofile=20000:20000",
                        "--ulimit=nproc=4096:4096",
                        "--rootfs",
                        rootfs.toString())));
        startDaemon(podman("system", "service", "--time=0", "unix://" + socket()));
        await().atMost(LIMIT).until(() -> Files.exists(socket()));
    }

    private void startDocker() throws Exception {
        // Else it writes a key to /etc.
        Path settings = Files.writeString(
                base.resolve("daemon.json"), "{\"deprecated-key-path\": \"" + base.resolve("key.json") + "\"}");
        startDaemon(List.of(
                "dockerd",
                "--config-file=" + settings,
                "--data-root=" + base.resolve("data"),
                "--exec-root=" + base.resolve("exec"),
                "--pidfile=" + base.resolve("pid"),
                "--host=unix://" + socket(),
                // Where systemd is init and control groups are of version 2, else slices alone may be parents.
                "--exec-opt=native.cgroupdriver=cgroupfs",
                "--cgroup-parent=/" + GROUP,
                // Where the host has a containerd of its own, that one is used.
                "--containerd-namespace=" + GROUP,
                "--containerd-plugins-namespace=" + GROUP + "-plugins",
                "--storage-driver=vfs",
                // The host's network stays as it is.
                "--bridge=none",
                "--iptables=false",
                "--ip6tables=false",
                "--ip-forward=false",
                "--ip-masq=false"));
        awaitAnswer(docker("version"));
        run(docker("load", "--input", makeImage().toString()));
        run(with(
                PROGRAM,
                docker(
                        "run",
                        "--detach",
                        "--name=" + container,
                        "--network=none",
                        "--env=SECRET=hunter2",
                        "--volume=" + rootfs.resolve("tmp") + ":/tmp",
                        IMAGE)));
    }

    private void startContainerd() throws Exception {
        startContainerd("disabled_plugins = [\"io.containerd.grpc.v1.cri\"]");
        run(with(PROGRAM, ctr("run", "--detach", "--env=SECRET=hunter2", "--rootfs", rootfs.toString(), container)));
    }

    private void startPod() throws Exception {
        startContainerd("""
                [plugins."io.containerd.grpc.v1.cri"]
                  sandbox_image = "%2$s"
                  disable_tcp_service = true
                  # Else it needs a right that is not everywhere root's.
                  restrict_oom_score_adj = true
                  stream_server_address = "127.0.0.1"
                  stream_server_port = "0"
                  [plugins."io.containerd.grpc.v1.cri".cni]
                    conf_dir = "%1$s/cni"
                    bin_dir = "%1$s/cni"
                  [plugins."io.containerd.grpc.v1.cri".containerd]
                    snapshotter = "native"
                    default_runtime_name = "watched"
                    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.watched]
                      runtime_type = "io.containerd.runc.v2"
                """.formatted(base, IMAGE));
        run(ctr("images", "import", "--snapshotter=native", makeImage().toString()));
        // On the host's network a pod needs no plugins for one of its own, and may have no host name.
        PodSandboxConfig config = PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName("pod")
                        .setUid(container)
                        .setNamespace("default"))
                .setLinux(LinuxPodSandboxConfig.newBuilder()
                        .setCgroupParent("/" + GROUP)
                        .setSecurityContext(LinuxSandboxSecurityContext.newBuilder()
                                .setNamespaceOptions(NamespaceOption.newBuilder()
                                        .setNetwork(NamespaceMode.NODE)
                                        .setIpc(NamespaceMode.NODE))))
                .build();
        pod = cri().runPodSandbox(RunPodSandboxRequest.newBuilder()
                        .setConfig(config)
                        .setRuntimeHandler("watched")
                        .build())
                .getPodSandboxId();
        container = cri().createContainer(CreateContainerRequest.newBuilder()
                        .setPodSandboxId(pod)
                        .setConfig(ContainerConfig.newBuilder()
                                .setMetadata(ContainerMetadata.newBuilder().setName("counting"))
                                .setImage(ImageSpec.newBuilder().setImage(IMAGE))
                                .addCommand(PROGRAM.getFirst())
                                .addAllArgs(PROGRAM.subList(1, PROGRAM.size()))
                                .addEnvs(KeyValue.newBuilder().setKey("SECRET").setValue("hunter2"))
                                .addMounts(Mount.newBuilder()
                                        .setContainerPath("/tmp")
                                        .setHostPath(rootfs.resolve("tmp").toString())))
                        .setSandboxConfig(config)
                        .build())
                .getContainerId();
        cri().startContainer(StartContainerRequest.newBuilder()
                .setContainerId(container)
                .build());
    }

    private RuntimeServiceBlockingStub cri() {
        return GrpcClients.builder(
                        SessionProtocol.H2C, DomainSocketAddress.of(socket()).asEndpoint())
                .responseTimeout(LIMIT)
                .build(RuntimeServiceBlockingStub.class);
    }

    /** @param plugins lines of its configuration */
    private void startContainerd(String plugins) throws Exception {
        Path config = Files.writeString(base.resolve("config.toml"), """
                version = 2
                root = "%1$s/root"
                state = "%1$s/state"
                %2$s
                [grpc]
                  address = "%1$s/api.sock"
                [ttrpc]
                  address = "%1$s/ttrpc.sock"
                """.formatted(base, plugins));
        startDaemon(List.of("containerd", "--config", config.toString()));
        awaitAnswer(ctr("version"));
    }

    private void startDaemon(List<String> command) throws IOException {
        daemon = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(base.resolve("daemon.log").toFile())
                .start();
    }

    /** Until the daemon that was started answers a command of its client. */
    private void awaitAnswer(List<String> command) {
        await().atMost(LIMIT)
                .failFast("the daemon has ended", () -> !Objects.requireNonNull(daemon)
                        .isAlive())
                .until(() -> Command.run(command, Duration.ofSeconds(5)).succeeded());
    }

    /** The root as an image in the format that {@code docker save} has; its own program does nothing, as a pod's first one. */
    private Path makeImage() throws Exception {
        Path folder = Files.createDirectory(base.resolve("image"));
        Path layer = folder.resolve("layer.tar");
        run(List.of("tar", "-C", rootfs.toString(), "-cf", layer.toString(), "."));
        Files.writeString(folder.resolve("config.json"), """
                {"architecture": "%s", "os": "linux", "config": {"Cmd": ["/bin/guest", "pause"]},
                 "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}""".formatted(
                System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64",
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(layer)))));
        Files.writeString(folder.resolve("manifest.json"), """
                [{"Config": "config.json", "RepoTags": ["%s"], "Layers": ["layer.tar"]}]""".formatted(IMAGE));
        Path image = base.resolve("image.tar");
        run(List.of(
                "tar", "-C", folder.toString(), "-cf", image.toString(), "manifest.json", "config.json", "layer.tar"));
        return image;
    }

    private static List<String> with(List<String> program, List<String> command) {
        List<String> whole = new ArrayList<>(command);
        whole.addAll(program);
        return whole;
    }

    private void startRunc() throws Exception {
        run(List.of("runc", "spec", "--bundle", base.toString()));
        ObjectMapper json = new ObjectMapper();
        Path config = base.resolve("config.json");
        ObjectNode spec = (ObjectNode) json.readTree(config.toFile());
        ObjectNode process = (ObjectNode) spec.path("process");
        PROGRAM.forEach(process.putArray("args")::add);
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

    /** Containerd's; empty where there is none. */
    public String namespace() {
        return switch (kind) {
            case CONTAINERD -> GROUP;
            case CRI -> "k8s.io";
            case PODMAN, DOCKER, RUNC -> "";
        };
    }

    public Path base() {
        return base;
    }

    ContainerControl control(String id) throws ContainerException {
        return switch (kind) {
            case PODMAN, DOCKER -> DockerContainer.of(socket(), id);
            case CONTAINERD, CRI -> ContainerdContainer.of(Path.of("ctr"), socket(), namespace(), id);
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
            case DOCKER -> run(docker("unpause", container));
            case CONTAINERD, CRI -> run(ctr("tasks", "resume", container));
            case RUNC -> run(runc("resume", container));
        }
    }

    public void killByHand() throws Exception {
        switch (kind) {
            case PODMAN -> run(podman("kill", "--signal=KILL", container));
            case DOCKER -> run(docker("kill", container));
            case CONTAINERD, CRI -> run(ctr("tasks", "kill", "--signal=SIGKILL", container));
            case RUNC -> run(runc("kill", container, "KILL"));
        }
    }

    @Override
    public void close() throws Exception {
        if (daemon != null) {
            recover();
        }
        try {
            // What was not made is not there to be removed.
            switch (kind) {
                case PODMAN -> Command.run(podman("rm", "--force", "--time=0", container), LIMIT);
                case DOCKER -> Command.run(docker("rm", "--force", container), LIMIT);
                case CONTAINERD -> {
                    Command.run(ctr("tasks", "delete", "--force", container), LIMIT);
                    Command.run(ctr("containers", "delete", container), LIMIT);
                }
                case CRI -> {
                    Command.run(ctr("tasks", "resume", container), LIMIT);
                    if (!pod.isEmpty()) {
                        cri().removePodSandbox(RemovePodSandboxRequest.newBuilder()
                                .setPodSandboxId(pod)
                                .build());
                    }
                }
                case RUNC -> Command.run(runc("delete", "--force", container), LIMIT);
            }
        } finally {
            stopDaemon();
            unmount();
        }
        // The engine's own cleaning up after a container may still be under way.
        await().atMost(LIMIT).ignoreExceptions().untilAsserted(() -> {
            Bundle.deleteTree(base);
            assertThat(base).doesNotExist();
        });
        await().atMost(LIMIT).ignoreExceptions().until(RealRuntime::removedGroups);
    }

    private void stopDaemon() throws InterruptedException {
        if (daemon != null) {
            daemon.destroy();
            if (!daemon.waitFor(LIMIT)) {
                daemon.destroyForcibly().waitFor();
            }
        }
    }

    private void unmount() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            String mounted = line.split(" ")[4];
            if (mounted.startsWith(base.toString())) {
                Command.run(List.of("umount", "--lazy", mounted), LIMIT);
            }
        }
    }

    /** What a container's control group is in, each engine makes in each hierarchy and leaves. */
    private static boolean removedGroups() throws IOException {
        Path root = Path.of("/sys/fs/cgroup");
        Files.deleteIfExists(root.resolve(GROUP));
        try (var hierarchies = Files.newDirectoryStream(root, Files::isDirectory)) {
            for (Path hierarchy : hierarchies) {
                Files.deleteIfExists(hierarchy.resolve(GROUP));
            }
        }
        return true;
    }
}
