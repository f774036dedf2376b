package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.standalone.scenario.ScenarioFile;
import io.plumbline.standalone.scenario.ScenarioReplay;
import io.plumbline.standalone.scenario.ScenarioReport;
import io.plumbline.standalone.scenario.ScenarioResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every scenario as it was recorded in a real sandbox, judged by the watcher as it is now. */
class ScenarioReplayTest {
    private static final long MAX_RECORDINGS_BYTES = 6L << 20;

    private static final ScenarioReplay REPLAY = new ScenarioReplay(Scenarios.RECORDINGS);

    @TestFactory
    Stream<DynamicTest> theWatcherSaysOfEachRecordingWhatItsScenarioExpects() throws IOException {
        return Scenarios.all().stream()
                .map(scenario -> DynamicTest.dynamicTest(scenario.name(), () -> {
                    ScenarioResult result = REPLAY.replay(scenario);
                    assertThat(result.differences()).as("%s", result.alerts()).isEmpty();
                }));
    }

    @Test
    void aWorkingDayOfHonestSessionsIsLeftAlone() throws IOException {
        List<ScenarioResult> results = new ArrayList<>();
        for (ScenarioFile scenario : Scenarios.of("benign")) {
            results.add(REPLAY.replay(scenario));
        }
        ScenarioReport report = ScenarioReport.of(results);
        System.out.println("figure scenarios.honest " + report.json());

        assertThat(report.honest()).isGreaterThanOrEqualTo(30);
        assertThat(report.freezes()).isZero();
        assertThat(report.approvals() * 100).isLessThanOrEqualTo(report.calls());
    }

    /** Whoever adds a miss says so where users look for it. */
    @Test
    void everyAttackThatIsMissedIsInTheLimits() throws IOException {
        List<ScenarioFile> attacks = Scenarios.of("attack");
        String limits = Files.readString(Path.of("../docs/limits.md"));

        assertThat(attacks).hasSizeGreaterThanOrEqualTo(40);
        for (ScenarioFile attack : attacks) {
            boolean missed = !attack.expected().missed().isEmpty();
            assertThat(limits.contains("`" + attack.name() + "`"))
                    .as(attack.name() + " is " + (missed ? "" : "not ") + "missed")
                    .isEqualTo(missed);
        }
    }

    @Test
    void recordingsAreOfScenariosAndSmall() throws IOException {
        long bytes = 0;
        List<String> names = Scenarios.all().stream().map(ScenarioFile::name).toList();
        try (Stream<Path> files = Files.list(Scenarios.RECORDINGS)) {
            for (Path file : files.toList()) {
                bytes += Files.size(file);
                assertThat(names).contains(file.getFileName().toString().replace(".events.gz", ""));
            }
        }
        assertThat(bytes).isLessThanOrEqualTo(MAX_RECORDINGS_BYTES);
    }
}
