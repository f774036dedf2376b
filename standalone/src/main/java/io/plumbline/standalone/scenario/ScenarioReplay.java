package io.plumbline.standalone.scenario;

import io.plumbline.events.v1.Event;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.state.SessionState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Judges recorded scenarios again, with the rules that come with the product: what the watcher says of them today. */
public final class ScenarioReplay {
    private final Path recordings;
    private final RulesJudge rules = RulesJudge.shipped();

    /** @param recordings folder that {@code scenario run --record} wrote */
    public ScenarioReplay(Path recordings) {
        this.recordings = recordings;
    }

    /** @throws CommandException when there is no recording of it */
    public ScenarioResult replay(ScenarioFile scenario) {
        Path file = Recording.file(recordings, scenario.name());
        if (!Files.isRegularFile(file)) {
            throw new CommandException(
                    "scenario " + scenario.name() + " has no recording " + file
                            + " (expected: plumbline scenario run --record " + recordings + ")",
                    ExitCodes.NOT_FOUND);
        }
        Watcher watcher = new Watcher(List.of(rules));
        SessionState state = SessionState.empty();
        List<Event> all = new ArrayList<>();
        for (Event event : Recording.read(file, scenario.name())) {
            all.add(event);
            all.addAll(watcher.onEvent(state, event));
        }
        return scenario.judge(all);
    }
}
