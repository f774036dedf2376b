package io.plumbline.watcher.judge;

import io.plumbline.events.v1.Event;
import io.plumbline.rules.agent.AgentEvents;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.state.SessionState;
import java.util.ArrayList;
import java.util.List;

/** Takes down a session as rules see it: the watcher goes through it and says of each act who did it and what explains it. */
public final class SessionRecorder implements Judge {
    private final List<SigmaEvent> events = new ArrayList<>();

    private SessionRecorder() {}

    /** @param telemetry of one session, in its order */
    public static List<SigmaEvent> record(List<Event> telemetry) {
        SessionRecorder recorder = new SessionRecorder();
        Watcher watcher = new Watcher(List.of(recorder));
        SessionState state = SessionState.empty();
        telemetry.forEach(event -> watcher.onEvent(state, event));
        return recorder.events;
    }

    @Override
    public String version() {
        return "recorder";
    }

    @Override
    public List<Finding> judge(Event event, EventContext context, JudgeMemory memory) {
        AgentEvents.of(event, RulesJudge.act(context)).ifPresent(events::add);
        return List.of();
    }
}
