package io.plumbline.standalone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.intent.Act;
import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.Score;
import io.plumbline.intent.corpus.Corpus;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.judge.IntentJudge;
import io.plumbline.watcher.state.SessionState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the shipped model adds to honest work that real agents did in real sandboxes. */
class HonestSessionsUnderTheModelTest {
    private static final Path SCENARIOS = Path.of("../e2e/scenarios/benign");
    private static final Path RECORDINGS = Path.of("../e2e/recordings");

    /** Unseen acts that the shipped model does not let through today, with room for the kernels of other processors; fewer is wanted. */
    private static final int MOST_FLAGGED = 3;

    @Test
    void doesNotLetThroughNoMoreThanToday() throws IOException, IntentModelException {
        long acts = 0;
        List<String> flagged = new ArrayList<>();
        try (IntentModel model = IntentModel.load();
                Stream<Path> files = Files.list(SCENARIOS)) {
            // What was recorded went on: an act that is held here and ran there would look like one that ran against
            // the answer.
            IntentJudge judge = new IntentJudge(
                    (intent, act) -> {
                        // A third of the tasks is in no split that the head was made with.
                        // A connection is told of by its structure alone, and never asked about.
                        if (!Corpus.isLearned(intent.task())
                                && act.kind() != Act.Kind.EGRESS
                                && (!(model.score(intent, act) instanceof Score.Scored score)
                                        || score.band() != Score.Band.SERVES)) {
                            flagged.add(intent.task() + " | " + act.text());
                        }
                        return new Score.Scored(0, 0, 0, Score.Band.SERVES, List.of(), "none");
                    },
                    "none");
            for (Path file : files.sorted().toList()) {
                ScenarioFile scenario = ScenarioReader.read(file.toString(), Files.readString(file));
                Watcher watcher = new Watcher(List.of(judge));
                SessionState state = SessionState.empty();
                Recording.read(Recording.file(RECORDINGS, scenario.name()), scenario.name())
                        .forEach(event -> watcher.onEvent(state, event));
            }
            acts = judge.scored();
        }

        assertThat(acts).isGreaterThan(100);
        assertThat(flagged).hasSizeLessThanOrEqualTo(MOST_FLAGGED);
    }
}
