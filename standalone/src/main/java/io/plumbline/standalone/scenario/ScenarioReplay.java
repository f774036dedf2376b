package io.plumbline.standalone.scenario;

import io.plumbline.events.v1.Event;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.crosssession.CrossSessionMemory;
import io.plumbline.watcher.crosssession.CrossSessionWatcher;
import io.plumbline.watcher.crosssession.Relation.Group;
import io.plumbline.watcher.crosssession.SessionFacts;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.SessionFact;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Judges recorded scenarios again, with the rules that come with the product: what the watcher says of them today. */
public final class ScenarioReplay {
    private final Path recordings;
    private final RulesJudge rules = RulesJudge.shipped();

    /** @param recordings folder that {@code scenario run --record} wrote */
    public ScenarioReplay(Path recordings) {
        this.recordings = recordings;
    }

    /** @throws CommandException when there is no recording of it, or of one of its sessions */
    public ScenarioResult replay(ScenarioFile scenario) {
        Map<String, CrossSessionMemory> groups = new HashMap<>();
        return ScenarioResult.of(scenario.sessions().stream()
                .map(session -> replay(session, groups))
                .toList());
    }

    /** @param groups what is known of the sessions before, by the key of what they have in common */
    private ScenarioResult replay(ScenarioFile scenario, Map<String, CrossSessionMemory> groups) {
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
            List<Event> verdicts = watcher.onEvent(state, event);
            all.addAll(verdicts);
            all.addAll(acrossSessions(SessionFacts.of(state, event, verdicts), Group.of(state.values()), groups));
        }
        return scenario.judge(all);
    }

    /** Verdicts on one event, each once, whichever group it was found in. */
    private static Collection<Event> acrossSessions(
            List<SessionFact> facts, List<Group> groups, Map<String, CrossSessionMemory> known) {
        Map<String, Event> verdicts = new LinkedHashMap<>();
        for (SessionFact fact : facts) {
            for (Group group : groups) {
                CrossSessionMemory memory = known.computeIfAbsent(group.key(), key -> CrossSessionMemory.empty());
                CrossSessionWatcher.onFact(group.relation(), memory, fact)
                        .forEach(verdict -> verdicts.putIfAbsent(verdict.getId(), verdict));
            }
        }
        return verdicts.values();
    }
}
