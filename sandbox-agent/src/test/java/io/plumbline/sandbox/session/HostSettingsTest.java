package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.sandbox.runtime.RunscRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostSettingsTest {
    private static final String[] COMPLETE = {
        "--host.data=/var/lib/plumbline",
        "--host.name=box",
        "--ingest.address=127.0.0.1:7070",
        "--ingest.token=secret",
        "--host.redaction-key-file=src/test/resources/redaction-key",
        "--agents.path=/opt/agents",
        "--guest.path=/opt/guest"
    };

    @TempDir
    private Path directory = Path.of("");

    private static String[] with(String... more) {
        return java.util.stream.Stream.concat(java.util.Arrays.stream(COMPLETE), java.util.Arrays.stream(more))
                .toArray(String[]::new);
    }

    @Test
    void readsFlagsOverAFile() throws IOException {
        Path file = directory.resolve("host.properties");
        Files.writeString(file, "host.name = other\nrunsc.platform = ptrace\n");
        HostSettings settings = HostSettings.parse(with("--config=" + file));
        assertThat(settings.hostName()).isEqualTo("box");
        assertThat(settings.platform()).contains(RunscRuntime.Platform.PTRACE);
        assertThat(settings.runSocket()).isEqualTo(Path.of("/var/lib/plumbline/run.sock"));
        assertThat(settings.toString()).doesNotContain("secret");
    }

    @Test
    void readsTheTokenFromAFile() throws IOException {
        Path file = directory.resolve("token");
        Files.writeString(file, "from-file\n");
        assertThat(HostSettings.parse(with("--ingest.token-file=" + file)).token())
                .isEqualTo("from-file");
    }

    @Test
    void leavesTheChoiceOfTheRuntimeToTheHostUnlessItIsNamed() throws IOException {
        assertThat(HostSettings.parse(with()).runtime()).isEqualTo(HostSettings.RuntimeChoice.AUTO);
        assertThat(HostSettings.parse(with("--host.runtime=bubblewrap")).runtime())
                .isEqualTo(HostSettings.RuntimeChoice.BUBBLEWRAP);
        assertThatThrownBy(() -> HostSettings.parse(with("--host.runtime=chroot")))
                .hasMessage("host.runtime: chroot (expected: auto, runsc or bubblewrap)");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatThrownBy(() -> HostSettings.parse(with("--host.nmae=x"))).hasMessage("host.nmae: no such property");
        assertThatThrownBy(() -> HostSettings.parse(with("--runsc.platform=kvm")))
                .hasMessageContaining("expected: systrap or ptrace");
        assertThatThrownBy(() -> HostSettings.parse("--host.name=x")).hasMessageContaining("missing");
        assertThatThrownBy(() -> HostSettings.parse(with("--host.data=/" + "x".repeat(80))))
                .hasMessageContaining("60");
    }
}
