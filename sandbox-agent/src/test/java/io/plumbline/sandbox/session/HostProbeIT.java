package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.sandbox.probe.Finding;
import io.plumbline.sandbox.probe.HostProbe;
import io.plumbline.sandbox.runtime.RunscRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostProbeIT {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void livesAWholeSandboxOnEachPlatform() throws Exception {
        List<Finding> findings =
                new HostProbe(Optional.of(GvisorFixture.runsc()), GvisorFixture.guest(), directory).run();
        findings.forEach(System.out::println);
        assertThat(findings).noneMatch(finding -> finding.grade() == Finding.Grade.FAIL);
        assertThat(HostProbe.usable(findings)).contains(RunscRuntime.Platform.SYSTRAP);
        assertThat(findings.getLast().found()).startsWith("runsc on systrap");
    }

    @Test
    void namesTheFallbackWhereGvisorIsMissing() throws Exception {
        List<Finding> findings =
                new HostProbe(Optional.of(directory.resolve("no-runsc")), GvisorFixture.guest(), directory).run();
        assertThat(findings).noneMatch(finding -> finding.grade() == Finding.Grade.FAIL);
        assertThat(findings.getLast().check()).isEqualTo("runtime");
        assertThat(findings.getLast().grade()).isEqualTo(Finding.Grade.WARN);
        assertThat(findings.getLast().found())
                .startsWith("bubblewrap, degraded, since gVisor cannot run here (runsc: not found");
        assertThat(findings.getLast().remedy()).contains("runtime: {degraded: allow}");
    }

    @Test
    void namesAGuestProgramOfAnotherBuildAndWhatToDo() throws Exception {
        Path other = Files.writeString(directory.resolve("guest"), "#!/bin/sh\necho 0123456789abcdef\n");
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxr-xr-x"));

        List<Finding> findings = new HostProbe(Optional.of(directory.resolve("no-runsc")), other, directory).run();

        assertThat(findings)
                .filteredOn(finding -> finding.check().equals("guest program"))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.grade()).isEqualTo(Finding.Grade.FAIL);
                    assertThat(finding.found()).startsWith(other + ": build 0123456789abcdef (expected: build ");
                    assertThat(finding.remedy()).contains("sandbox-agent/guest/build.sh " + other);
                });
    }

    @Test
    void saysWhatIsMissingAndWhatToDo() {
        List<Finding> findings = new HostProbe(
                        Optional.of(directory.resolve("no-runsc")), directory.resolve("no-guest"), directory)
                .run();
        assertThat(findings)
                .filteredOn(finding -> finding.grade() == Finding.Grade.FAIL)
                .extracting(Finding::check)
                .contains("runsc", "guest program");
        assertThat(findings)
                .filteredOn(finding -> finding.grade() == Finding.Grade.FAIL)
                .allMatch(finding -> !finding.remedy().isEmpty());
        assertThat(HostProbe.usable(findings)).isEmpty();
    }
}
