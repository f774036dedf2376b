package io.plumbline.sandbox.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {
    @TempDir
    private Path base = Path.of("");

    @BeforeEach
    void folders() throws IOException {
        Files.createDirectories(base.resolve("workspace"));
        Files.createDirectories(base.resolve("sockets"));
        Files.createDirectories(base.resolve("agents/codex"));
        Files.writeString(base.resolve("guest"), "program");
    }

    @AfterEach
    void removeBundle() throws IOException {
        Bundle.deleteTree(base.resolve("system"));
        Bundle.deleteTree(base.resolve("bundle"));
    }

    private Bundle assemble(TaskPolicy policy, Agent agent) throws IOException {
        return Bundle.assemble(new Bundle.Plan(
                Groundwork.host(base.resolve("system"), base.resolve("guest")),
                base.resolve("bundle"),
                base.resolve("sockets"),
                base.resolve("workspace"),
                policy,
                agent,
                List.of("codex", "exec"),
                base.resolve("agents"),
                Optional.empty(),
                "00112233445566778899aabbccddeeff",
                Map.of("EXAMPLE_API_KEY", "placeholder")));
    }

    private Bundle assembleOn(Path image) throws IOException {
        return Bundle.assemble(new Bundle.Plan(
                Groundwork.image(base.resolve("system"), image, base.resolve("guest")),
                base.resolve("bundle"),
                base.resolve("sockets"),
                base.resolve("workspace"),
                TaskPolicy.getDefaultInstance(),
                Agent.NONE,
                List.of("/bin/sh"),
                base.resolve("agents"),
                Optional.empty(),
                "00112233445566778899aabbccddeeff",
                Map.of("EXAMPLE_API_KEY", "placeholder")));
    }

    private JsonNode config() throws IOException {
        return new ObjectMapper().readTree(base.resolve("bundle/config.json").toFile());
    }

    private static JsonNode mount(JsonNode config, String destination) {
        for (JsonNode mount : config.get("mounts")) {
            if (mount.get("destination").asText().equals(destination)) {
                return mount;
            }
        }
        throw new AssertionError("no mount at " + destination);
    }

    private static List<String> words(JsonNode array) {
        List<String> words = new ArrayList<>();
        array.forEach(word -> words.add(word.asText()));
        return words;
    }

    @Test
    void givesTheWorkloadNoRightsAndNothingOfTheHostButUsr() throws Exception {
        Bundle bundle = assemble(TaskPolicy.getDefaultInstance(), Agent.CODEX);
        JsonNode config = config();
        assertThat(config.at("/process/noNewPrivileges").asBoolean()).isTrue();
        for (JsonNode set : config.at("/process/capabilities")) {
            assertThat(set).isEmpty();
        }
        assertThat(words(config.at("/process/args")))
                .startsWith("/opt/plumbline/plumbline-guest", "relay")
                .containsSubsequence("--", "codex", "exec");
        List<Path> written = new ArrayList<>();
        for (JsonNode mount : config.get("mounts")) {
            if (mount.get("type").asText().equals("bind")
                    && !words(mount.get("options")).contains("ro")) {
                written.add(Path.of(mount.get("source").asText()));
            }
        }
        assertThat(written).containsExactly(base.resolve("bundle/home"));
        assertThat(bundle.readOnly())
                .contains(
                        Path.of("/usr"),
                        base.resolve("workspace"),
                        base.resolve("sockets"),
                        base.resolve("agents/codex"))
                .doesNotContain(base.resolve("bundle/home"));
        assertThat(config.at("/root/path").asText())
                .isEqualTo(base.resolve("system/root").toString());
    }

    @Test
    void takesFromTheHostsEtcOnlyWhatProgramsNeed() throws Exception {
        assemble(TaskPolicy.getDefaultInstance(), Agent.NONE);
        Path etc = base.resolve("system/etc");
        assertThat(Files.readString(etc.resolve("passwd"))).doesNotContain("daemon");
        assertThat(Files.readString(etc.resolve("hostname"))).isEqualTo("sandbox\n");
        assertThat(Files.readString(etc.resolve("resolv.conf"))).isEmpty();
        for (String secret : List.of(
                "shadow",
                "gshadow",
                "ssh",
                "ssl/private",
                "machine-id",
                "fstab",
                "environment",
                "maven/settings.xml",
                "apt",
                "gitconfig",
                "netrc")) {
            assertThat(etc.resolve(secret)).doesNotExist();
        }
        assertThat(Files.isDirectory(etc.resolve("ssl/certs"))).isEqualTo(Files.isDirectory(Path.of("/etc/ssl/certs")));
        assertThat(Files.isDirectory(etc.resolve("alternatives")))
                .isEqualTo(Files.isDirectory(Path.of("/etc/alternatives")));
    }

    @Test
    void anImageIsSeenReadOnlyAndWithoutItsAccountsAndSecrets() throws Exception {
        Path image = base.resolve("image");
        for (String folder : List.of(
                "usr/bin",
                "etc/app",
                "etc/ssh",
                "opt/tool",
                "opt/agent",
                "var/lib/app",
                "var/tmp",
                "home/somebody",
                "root",
                "srv/data",
                "proc")) {
            Files.createDirectories(image.resolve(folder));
        }
        Files.createSymbolicLink(image.resolve("bin"), Path.of("usr/bin"));
        Files.writeString(image.resolve("etc/passwd"), "somebody:x:1:1::/:/bin/sh\n");
        Files.createSymbolicLink(image.resolve("etc/resolv.conf"), base.resolve("precious"));
        Files.writeString(base.resolve("precious"), "kept");
        Files.writeString(image.resolve("etc/app/app.conf"), "x=1\n");
        Files.writeString(image.resolve("etc/shadow"), "secret");
        Files.setPosixFilePermissions(
                image.resolve("etc/shadow"), java.nio.file.attribute.PosixFilePermissions.fromString("rw-r-----"));
        Bundle bundle = assembleOn(image);
        JsonNode config = config();
        Path etc = base.resolve("system/etc");
        assertThat(Files.readString(etc.resolve("app/app.conf"))).isEqualTo("x=1\n");
        assertThat(etc.resolve("shadow")).doesNotExist();
        assertThat(Files.readString(etc.resolve("passwd"))).doesNotContain("somebody");
        assertThat(Files.isSymbolicLink(etc.resolve("resolv.conf"))).isFalse();
        assertThat(Files.readString(base.resolve("precious"))).isEqualTo("kept");
        assertThat(Files.readSymbolicLink(base.resolve("system/root/bin"))).isEqualTo(Path.of("usr/bin"));
        for (String seen : List.of("/usr", "/opt/tool", "/var/lib", "/srv")) {
            assertThat(words(mount(config, seen).get("options"))).contains("ro");
            assertThat(bundle.readOnly()).contains(image.toRealPath().resolve(seen.substring(1)));
        }
        assertThat(bundle.readOnly())
                .doesNotContain(
                        Path.of("/usr"), image.resolve("home"), image.resolve("root"), image.resolve("opt/agent"));
    }

    @Test
    void refusesTheHostsRootAsAnImage() {
        assertThatThrownBy(() -> assembleOn(Path.of("/")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("image");
    }

    @Test
    void limitsProcessesAlsoWithoutAFigure() throws Exception {
        assemble(TaskPolicy.getDefaultInstance(), Agent.NONE);
        assertThat(config().at("/process/rlimits").toString())
                .contains("{\"type\":\"RLIMIT_NPROC\",\"hard\":1024,\"soft\":1024}");
    }

    @Test
    void opensTheWorkspaceOnlyWhenThePolicySaysSo() throws Exception {
        assemble(TaskPolicy.newBuilder().setWorkspaceMode("read-write").build(), Agent.NONE);
        assertThat(words(mount(config(), "/workspace").get("options"))).contains("rw");
    }

    @Test
    void keepsManagedFilesAsTheyAre() throws Exception {
        assemble(TaskPolicy.getDefaultInstance(), Agent.CODEX);
        assertThat(base.resolve("system/etc/codex/requirements.toml")).isRegularFile();
        JsonNode mount = mount(config(), "/home/agent/.codex/config.toml");
        assertThat(words(mount.get("options"))).contains("ro");
        assertThat(Files.readString(Path.of(mount.get("source").asText()))).contains("[otel]");
    }

    @Test
    void plantsDecoysThatDiffer() throws Exception {
        assemble(
                TaskPolicy.newBuilder()
                        .addDecoys("~/.ssh/id_rsa")
                        .addDecoys("/home/agent/.aws/credentials")
                        .addDecoys("/etc/shadow.bak")
                        .addDecoys("/srv/key.pem")
                        .build(),
                Agent.NONE);
        String key = Files.readString(base.resolve("bundle/home/.ssh/id_rsa"));
        assertThat(key).startsWith("-----BEGIN OPENSSH PRIVATE " + "KEY-----\n").endsWith("KEY-----\n");
        assertThat(Files.readString(base.resolve("bundle/home/.aws/credentials")))
                .isNotEqualTo(key);
        assertThat(base.resolve("system/etc/shadow.bak")).isRegularFile();
        assertThat(base.resolve("system/root/srv/key.pem")).isRegularFile();
    }

    @Test
    void leavesTheWorkspacesDecoysToTheSession() throws Exception {
        TaskPolicy policy = TaskPolicy.newBuilder()
                .addDecoys("~/notes.txt")
                .addDecoyKinds("aws")
                .addDecoys("/workspace/.env")
                .addDecoyKinds("")
                .addDecoys("/workspace/deploy/key")
                .addDecoyKinds("token")
                .build();
        assemble(policy, Agent.NONE);
        assertThat(base.resolve("system/root/workspace/.env")).doesNotExist();
        assertThat(Bundle.workspaceDecoys(policy, "s"))
                .containsOnlyKeys(".env", "deploy/key")
                .hasEntrySatisfying(".env", content -> assertThat(content).contains("DATABASE_URL="))
                .hasEntrySatisfying("deploy/key", content -> assertThat(content).startsWith("tok_"));
    }

    @Test
    void refusesDecoysThatWouldLieElsewhere() {
        for (String decoy : List.of("~/../../x", "/etc/../../x", "/tmp/x", "relative", "/usr/x")) {
            assertThatThrownBy(() -> {
                        removeBundle();
                        assemble(TaskPolicy.newBuilder().addDecoys(decoy).build(), Agent.NONE);
                    })
                    .as(decoy)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("decoy");
        }
    }

    @Test
    void saysWhichProgramsAreMissing() {
        assertThatThrownBy(() -> assemble(TaskPolicy.getDefaultInstance(), Agent.CLAUDE_CODE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("claude-code");
    }

    @Test
    void deletesNothingThroughLinks() throws Exception {
        Path precious = Files.createDirectory(base.resolve("precious"));
        Files.writeString(precious.resolve("kept"), "x");
        Bundle bundle = assemble(TaskPolicy.getDefaultInstance(), Agent.NONE);
        Files.createSymbolicLink(base.resolve("bundle/home/out"), precious);
        bundle.delete();
        assertThat(base.resolve("bundle")).doesNotExist();
        assertThat(precious.resolve("kept")).exists();
    }
}
