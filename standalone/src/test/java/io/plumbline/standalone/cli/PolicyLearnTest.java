package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From recordings of real agents in real sandboxes. */
class PolicyLearnTest {
    private static final Path RECORDINGS = Path.of("../e2e/recordings");

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void record() throws IOException {
        for (String scenario : List.of("failing-tests", "dotenv-upload")) {
            String file = scenario + ".events.gz";
            Files.copy(RECORDINGS.resolve(file), folder.resolve(file));
        }
    }

    @Test
    void proposesWhatTheSessionsNeededAndSaysWhatWouldStillFire() throws Exception {
        Path learned = folder.resolve("learned.yaml");
        assertThat(learn("--name", "tests", "--write", learned.toString()))
                .as(err.toString())
                .isEqualTo(ExitCodes.OK);

        TaskPolicy policy = PolicyParser.parse(Files.readString(learned));
        assertThat(policy.getName()).isEqualTo("tests");
        assertThat(out.toString())
                .contains(Files.readString(learned))
                // The rule pack takes part: it alone calls what the one session did that.
                .containsPattern("still fires +CRITICAL Secret Read, Then a Connection")
                // "Whichever" is no program.
                .doesNotContain("\\\"any\\\"")
                // What raised an alert is not learned by being seen.
                .contains("${workspace}/.env: a named scope or a project's secret is never learned");
        assertThat(policy.getFilesList()).noneMatch(rule -> rule.getGlob().endsWith("/.env"));
    }

    @Test
    void tellsTheSameToPrograms() throws Exception {
        assertThat(learn("--json")).isEqualTo(ExitCodes.OK);

        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertThat(PolicyParser.parse(answer.path("yaml").asText()).getName()).isEqualTo("learned");
        assertThat(answer.path("simulated")).hasSize(2);
        assertThat(answer.path("lines"))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line.path("sessions").asInt()).isPositive())
                // Limits rest on whole sessions, all else on single acts.
                .filteredOn(line -> !line.path("key").asText().startsWith("limits."))
                .allSatisfy(line -> assertThat(line.path("events")).isNotEmpty());
        assertThat(answer.path("left_out").findValuesAsText("what")).isNotEmpty();
    }

    @Test
    void namesWhatIsWrong() throws IOException {
        assertThat(learn("no-such-session")).isEqualTo(ExitCodes.NOT_FOUND);
        assertThat(err.toString()).contains("sessions [no-such-session] not found (expected: ids of recorded sessions");

        Path taken = Files.createFile(folder.resolve("taken.yaml"));
        assertThat(learn("--write", taken.toString())).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("taken.yaml exists (expected: a new file)");
        assertThat(taken).isEmptyFile();

        Path nothing = Files.createDirectory(folder.resolve("nothing"));
        assertThat(execute("learn", "--from", nothing.toString())).isEqualTo(ExitCodes.NOT_FOUND);
        assertThat(learn("--above", nothing.resolve("none.yaml").toString())).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("none.yaml");
    }

    private int learn(String... arguments) {
        List<String> all = new ArrayList<>(List.of("learn", "--from", folder.toString()));
        all.addAll(List.of(arguments));
        return execute(all.toArray(String[]::new));
    }

    private int execute(String... arguments) {
        List<String> all = new ArrayList<>(List.of("policy"));
        all.addAll(List.of(arguments));
        return PlumblineCommand.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }
}
