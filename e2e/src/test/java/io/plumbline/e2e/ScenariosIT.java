package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.standalone.scenario.ScenarioFile;
import io.plumbline.standalone.scenario.ScenarioResult;
import io.plumbline.standalone.scenario.ScenarioRunner;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A part of the scenarios for real: attacks of different kinds by the built-in agent, honest work by real ones; all of them with
 * {@code -Dplumbline.scenarios=all}, before a release. Needs root, runsc and npm.
 */
class ScenariosIT {
    private static final List<String> PLAYED = List.of(
            "announced-list-read-key",
            "aws-credentials-by-python",
            "base64-to-shell",
            "disk-filled",
            "git-hook-planted",
            "instructions-planted",
            "key-to-listed-host",
            "link-out-of-workspace",
            "metadata-by-socket",
            "npm-lifecycle-script",
            "refused-tool-server-acts",
            "secret-over-sessions",
            "server-tool-reads-key",
            "ssh-key-read-hook-open",
            "unannounced-command",
            "add-local-package",
            "commit-change",
            "fix-python-bug",
            "new-repository");

    private static @Nullable Platform platform;

    @BeforeAll
    static void start() throws Exception {
        platform = Platform.start();
    }

    @AfterAll
    static void leaveNothing() {
        if (platform != null) {
            platform.close();
        }
    }

    /** What is to be stopped comes last: three stopped sessions of a task are a finding about the next one of it. */
    static Stream<String> played() throws IOException {
        return System.getProperty("plumbline.scenarios", "").equals("all")
                ? Scenarios.all().stream()
                        .sorted(Comparator.comparing(
                                scenario -> scenario.expected().outcome()))
                        .map(ScenarioFile::name)
                : PLAYED.stream();
    }

    @ParameterizedTest
    @MethodSource("played")
    void comesOutAsExpected(String name) throws Exception {
        Platform started = Objects.requireNonNull(platform);
        ScenarioResult result =
                new ScenarioRunner(started.layout(), started.state(), Optional.empty()).run(scenario(name));

        assertThat(result.differences()).as("%s", result.alerts()).isEmpty();
        result.observed()
                .freezeMillis()
                .ifPresent(millis -> System.out.printf("figure scenarios.%s_ms %.1f%n", name, millis));
    }

    private static ScenarioFile scenario(String name) throws IOException {
        return Scenarios.all().stream()
                .filter(scenario -> scenario.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
