package io.plumbline.sandbox.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.sandbox.rootfs.Mount;
import io.plumbline.sandbox.rootfs.OciConfig;
import io.plumbline.sandbox.runtime.SandboxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What bubblewrap is told of a bundle, and what the kernel has to say of the result before anything of it runs. */
class ConfinementTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NOTHING = "0000000000000000";

    private final Map<String, String> status = new HashMap<>(Map.of(
            "NoNewPrivs", "1",
            "Seccomp", "2",
            "Uid", "1000 1000 1000 1000",
            "Gid", "1000 1000 1000 1000",
            "Groups", "",
            "NSpid", "4711 1"));
    private final Map<String, String> namespaces = new HashMap<>();
    private final List<String> mounts = new ArrayList<>(List.of(
            "10 1 8:1 /b/root / ro,nosuid,nodev,relatime - ext4 /dev/vda rw",
            "11 10 0:5 / /proc rw,nosuid,nodev,noexec - proc proc rw",
            "12 11 0:5 /irq /proc/irq ro,nosuid - proc proc rw",
            "13 10 0:6 / /dev rw,nosuid,nodev - tmpfs tmpfs rw",
            "14 13 0:7 /null /dev/null rw,nosuid - devtmpfs devtmpfs rw",
            "15 10 0:8 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw",
            "16 10 8:1 /usr /usr ro,nosuid,nodev master:1 - ext4 /dev/vda rw",
            "17 16 8:2 / /usr/local ro,nosuid,nodev - ext4 /dev/vdb rw",
            "18 10 8:1 /src\\040app /workspace rw,nosuid,nodev - ext4 /dev/vda rw"));
    private final Map<String, String> environment =
            new HashMap<>(Map.of("PATH", "/usr/bin", "MARK", "a=b", "PWD", "/workspace"));
    private Set<String> interfaces = Set.of("lo");
    private Set<String> foreign = Set.of();
    private String workingDirectory = "/workspace";
    private String limits = "65536";

    ConfinementTest() {
        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
            status.put(set, NOTHING);
        }
        for (String name : List.of("cgroup", "ipc", "mnt", "net", "pid", "uts", "user")) {
            namespaces.put(name, name + (name.equals("user") ? ":[1]" : ":[2]"));
        }
    }

    private static Specification asked() throws Exception {
        return Specification.of(JSON.readTree(new OciConfig(
                        Path.of("/b/root"),
                        List.of("/opt/plumbline/plumbline-guest", "relay", "--", "true"),
                        Map.of("PATH", "/usr/bin", "MARK", "a=b"),
                        "/workspace",
                        1000,
                        1000,
                        List.of(
                                new Mount.Memory("/dev", "755", 0),
                                new Mount.Memory("/tmp", "1777", 4096),
                                new Mount.Bind(Path.of("/usr"), "/usr", Mount.Access.READ),
                                new Mount.Bind(Path.of("/src app"), "/workspace", Mount.Access.WRITE)),
                        100,
                        OciConfig.Terminal.NO)
                .json()));
    }

    private String difference() throws Exception {
        Map<String, String> host = new HashMap<>();
        namespaces.keySet().forEach(name -> host.put(name, name + ":[1]"));
        return new Confinement(
                        status,
                        namespaces,
                        host,
                        mounts.stream()
                                .map(line -> Confinement.MountLine.parse(line).orElseThrow())
                                .toList(),
                        environment,
                        workingDirectory,
                        limits,
                        interfaces,
                        foreign)
                .difference(asked())
                .orElse("none");
    }

    @Test
    void whatIsAsAskedHasNoDifference() throws Exception {
        assertThat(difference()).isEqualTo("none");
    }

    @Test
    void aRightThatIsLeftIsNamed() throws Exception {
        status.put("CapBnd", "0000000000000080");
        assertThat(difference()).isEqualTo("CapBnd: 0000000000000080 (expected: 0000000000000000)");
        status.put("CapBnd", NOTHING);
        status.put("Seccomp", "0");
        assertThat(difference()).isEqualTo("Seccomp: 0 (expected: 2)");
        status.put("Seccomp", "2");
        status.put("Uid", "0 0 0 0");
        assertThat(difference()).startsWith("Uid: 0 0 0 0 (expected: 1000");
        status.remove("Uid");
        assertThat(difference()).startsWith("Uid: missing");
    }

    @Test
    void aNamespaceOfTheHostIsNamed() throws Exception {
        namespaces.put("net", "net:[1]");
        assertThat(difference()).startsWith("namespace net: net:[1]");
        namespaces.put("net", "net:[2]");
        interfaces = Set.of("lo", "eth0");
        assertThat(difference()).startsWith("network: ");
        interfaces = Set.of("lo");
        status.put("NSpid", "4711");
        assertThat(difference()).startsWith("NSpid: 4711");
    }

    @Test
    void aMountThatIsNotAsAskedIsNamed() throws Exception {
        mounts.set(6, "16 10 8:1 /usr /usr rw,nosuid,nodev - ext4 /dev/vda rw");
        assertThat(difference()).startsWith("mount /usr: ext4 ").endsWith("(expected: ro,nosuid,nodev)");
        mounts.set(6, "16 10 8:1 /usr /usr ro,nosuid,nodev - ext4 /dev/vda rw");
        mounts.set(7, "17 16 8:2 / /usr/local rw,nosuid,nodev - ext4 /dev/vdb rw");
        assertThat(difference()).startsWith("mount /usr/local: ");
        mounts.remove(7);
        mounts.add("19 10 8:1 / /srv ro,nosuid,nodev - ext4 /dev/vda rw");
        assertThat(difference()).startsWith("mount /srv: ").endsWith("(expected: none)");
        mounts.removeLast();
        mounts.removeLast();
        assertThat(difference()).startsWith("mount /workspace: none");
    }

    @Test
    void aFileThatIsNotTheOneToBeBoundIsNamed() throws Exception {
        foreign = Set.of("/workspace");
        assertThat(difference()).isEqualTo("mount /workspace: another file (expected: what was to be bound)");
    }

    @Test
    void surroundingsOfTheHostAreNamedWithoutTheirValues() throws Exception {
        environment.put("TOKEN", "secret");
        assertThat(difference()).isEqualTo("environment: TOKEN (expected: not there)");
        environment.remove("TOKEN");
        environment.put("MARK", "other");
        assertThat(difference()).isEqualTo("environment: another MARK (expected: as asked)");
        environment.put("MARK", "a=b");
        workingDirectory = "/";
        assertThat(difference()).startsWith("working directory: /");
        workingDirectory = "/workspace";
        limits = "65537";
        assertThat(difference()).isEqualTo("open files: 65537 (expected: <= 65536)");
        limits = "unlimited";
        assertThat(difference()).startsWith("open files: unlimited");
    }

    @Test
    void theBundleIsToldToBubblewrapWordForWord() throws Exception {
        BubblewrapArguments arguments = BubblewrapArguments.of(asked());
        assertThat(String.join(" ", arguments.options()))
                .contains(
                        "--ro-bind /b/root / --proc /proc --dev /dev --perms 1777 --size 4096 --tmpfs /tmp"
                                + " --ro-bind /usr /usr --bind /src app /workspace",
                        "--unshare-net",
                        "--clearenv",
                        "--setenv MARK a=b")
                .doesNotContain("/sys");
        assertThat(arguments.command())
                .containsExactly(
                        "/opt/plumbline/plumbline-guest",
                        "become",
                        "1000",
                        "1000",
                        "65536",
                        "streams",
                        "--",
                        "/opt/plumbline/plumbline-guest",
                        "relay",
                        "--",
                        "true");
    }

    @Test
    void aMountOfAKindThatItDoesNotKnowIsRefused() throws Exception {
        Specification strange =
                Specification.of(JSON.readTree(asked().config().toString().replace("\"tmpfs\"", "\"overlay\"")));
        assertThatThrownBy(() -> BubblewrapArguments.of(strange))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("overlay (expected: proc, sysfs, bind or tmpfs)");
    }

    @Test
    void theKernelsFilesAreRead() {
        assertThat(ConfinementReader.status("Name:\tgate\nUid:\t1\t2\t3\t4\nGroups:\t \n"))
                .isEqualTo(Map.of("Name", "gate", "Uid", "1 2 3 4", "Groups", ""));
        assertThat(
                        ConfinementReader.openFiles(
                                "Limit  Soft Limit  Hard Limit  Units\nMax open files            65536                65536                files\n"))
                .isEqualTo("65536");
        assertThat(ConfinementReader.openFiles(
                        "Max open files            1024                65536                files\n"))
                .isEmpty();
        assertThat(ConfinementReader.interfaces("a\nb\n    lo: 0 0\n  eth0: 1 2\n"))
                .isEqualTo(Set.of("lo", "eth0"));
        assertThat(ConfinementReader.environment("A=b\0C=d=e\0")).isEqualTo(Map.of("A", "b", "C", "d=e"));
        assertThat(Confinement.MountLine.parse("no mount")).isEmpty();
    }
}
