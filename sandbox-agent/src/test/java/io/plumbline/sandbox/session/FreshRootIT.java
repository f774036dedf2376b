package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.Command;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session sees of its host and what it leaves there, in real sandboxes. Needs root and runsc. */
class FreshRootIT {
    /** No capability, as the kernel prints them. */
    private static final String NONE = "0".repeat(16);

    private final RecordingLink link = new RecordingLink();
    private Path base = Path.of("");
    private Path workspace = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @SuppressWarnings("NullAway.Init")
    private RunClient client;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("plfr");
        workspace = Files.createDirectory(base.resolve("workspace"));
        HostSettings settings = GvisorFixture.settings(base, Map.of());
        running = SandboxHost.open(
                settings,
                new SandboxHost.Wiring(link, surroundings -> List.of(), (above, yaml) -> TaskPolicy.newBuilder()
                        .setName("test")
                        .setWorkspaceMode("read-write")
                        .build()));
        client = new RunClient(settings.runSocket());
    }

    @AfterEach
    void stopHost() throws Exception {
        running.close();
        Bundle.deleteTree(base);
    }

    private record Output(int code, String out, String err) {}

    private Output run(Optional<Path> image, String... command) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        RunClient.Exit exit = client.run(
                new RunClient.Request("", "t", "none", workspace, List.of(command), new Stdio.OutputOnly(), image),
                new RunClient.Follower() {
                    @Override
                    public void session(String id) {}

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
                });
        return new Output(exit.code(), out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static String host(String... command) throws Exception {
        return Command.run(List.of(command), Duration.ofMinutes(5)).output();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000})
    void whatIsWrittenEverywhereIsNowhereAfterwards(int uid) throws Exception {
        Files.setAttribute(workspace, "unix:uid", uid);
        String mark = "plumbline-mark-" + UUID.randomUUID();
        Path stamp = Files.createFile(base.resolve("stamp"));
        // Deep below /usr there are tens of thousands of folders of one and the same mount.
        String places = "find / \\( -path /proc -o -path /sys -o -path '/usr/*/*/*' \\) -prune -o ";
        Output inside = run(
                Optional.empty(),
                "/bin/bash",
                "-c",
                places + "-type d -print0 2>/dev/null | while IFS= read -r -d '' d; do"
                        + " { echo x > \"$d/" + mark + "\"; } 2>/dev/null && echo \"made in $d\"; done; "
                        + places + "-type f -writable -print0 2>/dev/null | while IFS= read -r -d '' f; do"
                        + " { echo " + mark + " >> \"$f\"; } 2>/dev/null; done; exit 0");
        assertThat(inside.code()).as(inside.err()).isZero();
        assertThat(inside.out().lines())
                .contains("made in /workspace", "made in /home/agent", "made in /tmp")
                .doesNotContain("made in /usr", "made in /usr/bin", "made in /etc");
        // The client has its exit code before the host has given everything back.
        await().atMost(Duration.ofMinutes(1))
                .until(() -> running.host().sessions().isEmpty());

        assertThat(host(
                                "find", "/", "(", "-path", "/proc", "-o", "-path", "/sys", ")", "-prune", "-o", "-name",
                                mark, "-print")
                        .lines()
                        .filter(line -> line.endsWith(mark)))
                .containsExactly(workspace.resolve(mark).toString());
        // Also not in what was there before.
        assertThat(host(
                                "find",
                                "/usr",
                                "/etc",
                                "/root",
                                "/home",
                                base.toString(),
                                "-type",
                                "f",
                                "-newer",
                                stamp.toString(),
                                "-size",
                                "-10000k",
                                "-exec",
                                "grep",
                                "-l",
                                mark,
                                "{}",
                                "+")
                        .lines()
                        .filter(line -> line.startsWith("/") && !line.startsWith(workspace.toString())))
                .isEmpty();
    }

    @Test
    void theHostsToolsWorkAndItsSecretsAreNotThere() throws Exception {
        Files.setAttribute(workspace, "unix:uid", 1000);
        StringBuilder script = new StringBuilder("set -e\n");
        for (String tool : List.of("java", "mvn", "python3", "git", "node", "perl", "gcc")) {
            if (Files.exists(Path.of("/usr/bin", tool))) {
                script.append(tool)
                        .append(tool.equals("java") ? " -version" : " --version")
                        .append(" >/dev/null 2>&1 || echo no ")
                        .append(tool)
                        .append('\n');
            }
        }
        if (Files.exists(Path.of("/usr/bin/gcc"))) {
            script.append(
                    "echo 'int main(void){return 0;}' > a.c && gcc a.c -o a && ./a || echo no compiled program\n");
        }
        script.append("for f in /etc/shadow /etc/ssh /etc/machine-id /etc/fstab /boot /etc/maven/settings.xml; do"
                + " if [ -e $f ]; then echo there $f; fi; done\n");
        script.append("echo home $(ls -A /root /home 2>/dev/null | tr '\\n' ' ')\n");
        script.append("echo host $(cat /etc/hostname) $(hostname)\n");
        Output inside = run(Optional.empty(), "/bin/bash", "-c", script.toString());
        assertThat(inside.code()).as(inside.err()).isZero();
        assertThat(inside.out().lines()).containsExactly("home /home: agent /root:", "host sandbox sandbox");
    }

    @Test
    void thereIsNoNetworkDeviceAndNoAddressAnswers() throws Exception {
        Files.setAttribute(workspace, "unix:uid", 1000);
        try (ServerSocket ofTheHost = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Output inside = run(Optional.empty(), "/usr/bin/python3", "-c", """
                    import socket
                    print(*[line.split(':')[0].strip() for line in open('/proc/net/dev').readlines()[2:]])
                    for family, address, port in (
                            (socket.AF_INET, '8.8.8.8', 53), (socket.AF_INET, '10.0.0.1', 443),
                            (socket.AF_INET, '127.0.0.1', %1$d), (socket.AF_INET6, '2001:4860:4860::8888', 53),
                            (socket.AF_INET6, '::ffff:127.0.0.1', %1$d)):
                        for kind in (socket.SOCK_STREAM, socket.SOCK_RAW):
                            try:
                                s = socket.socket(family, kind)
                                s.settimeout(5)
                                s.connect((address, port))
                                print(address, kind, 'open')
                            except OSError:
                                print(address, kind, 'closed')
                    """.formatted(ofTheHost.getLocalPort()));
            assertThat(inside.code()).as(inside.err()).isZero();
            assertThat(inside.out().lines().toList().getFirst()).isEqualTo("lo");
            assertThat(inside.out().lines().skip(1)).hasSize(10).allMatch(line -> line.endsWith(" closed"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000})
    void nothingInsideGivesPrivileges(int uid) throws Exception {
        Files.setAttribute(workspace, "unix:uid", uid);
        // Root's program, and everybody may run it as root: left there by the host.
        Path program = Files.copy(Path.of("/usr/bin/cat").toRealPath(), workspace.resolve("cat"));
        Files.setAttribute(program, "unix:uid", 0);
        Files.setAttribute(program, "unix:mode", 06755);
        String status = "/proc/self/status | grep -E '^(Uid|Gid|CapInh|CapPrm|CapEff|CapBnd):'";
        Output inside = run(
                Optional.empty(),
                "/bin/bash",
                "-c",
                "cat " + status + "; echo --; ./cat " + status
                        + "; echo --; setpriv --reuid 2000 true 2>&1 || echo stays; chown 2000 . 2>&1 || echo kept;"
                        // PR_GET_NO_NEW_PRIVS; this kernel's status does not tell it.
                        + " python3 -c 'import ctypes; print(\"no new\", ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))'");
        String[] parts = inside.out().split("--\n");
        assertThat(parts).as(inside.out() + inside.err()).hasSize(3);
        assertThat(parts[0].lines().map(line -> line.replaceAll("\\s+", " ")))
                .contains("CapInh: " + NONE, "CapPrm: " + NONE, "CapEff: " + NONE, "CapBnd: " + NONE)
                .contains("Uid: %1$d %1$d %1$d %1$d".formatted(uid));
        assertThat(parts[1]).isEqualTo(parts[0]);
        assertThat(parts[2]).contains("stays", "kept", "no new 1").doesNotContain("not found");
    }

    @Test
    void anImageTakesThePlaceOfTheHostsSystemAndStaysAsItIs() throws Exception {
        Files.setAttribute(workspace, "unix:uid", 1000);
        Path image = Files.createDirectory(base.resolve("image"));
        for (String file :
                List.of("usr/bin/dash", "usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib64/ld-linux-x86-64.so.2")) {
            Files.createDirectories(image.resolve(file).getParent());
            Files.copy(Path.of("/", file).toRealPath(), image.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        for (String folder : List.of("bin", "lib", "lib64")) {
            Files.createSymbolicLink(image.resolve(folder), Path.of("usr", folder));
        }
        Files.createDirectories(image.resolve("etc"));
        Files.writeString(image.resolve("etc/app.conf"), "from the image\n");
        Output inside = run(
                Optional.of(image),
                "/bin/dash",
                "-c",
                "read line < /etc/app.conf; echo $line; [ -e /usr/bin/env ] && echo of the host;"
                        + " ( echo x > /usr/bin/new ) 2>/dev/null || echo refused; echo x > /tmp/y && echo in memory;"
                        + " echo done > result");
        assertThat(inside.code()).as(inside.err()).isZero();
        assertThat(inside.out().lines()).containsExactly("from the image", "refused", "in memory");
        assertThat(Files.readString(workspace.resolve("result"))).isEqualTo("done\n");
        assertThat(image.resolve("usr/bin/new")).doesNotExist();
        assertThat(host(
                        "find",
                        image.toString(),
                        "-newer",
                        image.resolve("etc/app.conf").toString(),
                        "-type",
                        "f"))
                .isEmpty();
    }
}
