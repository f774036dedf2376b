package io.plumbline.watcher;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.watcher.footprint.Footprints;
import io.plumbline.watcher.state.SessionState;
import java.util.List;

/**
 * What the gate answers to a shell command that an agent announces as the first of a session, without rules and model.
 *
 * @param answer allow, deny or ask, with the reason that the agent is told
 * @param needs what the command can honestly need, one line
 * @param freezes whether the announcement alone stops the session
 */
public record CallExplanation(GateAnswered answer, String needs, boolean freezes) {
    /** @param home as seen inside, absolute; likewise {@code workspace} */
    public static CallExplanation of(TaskPolicy policy, String home, String workspace, String command) {
        SessionState session = SessionState.empty();
        Watcher watcher = new Watcher(List.of());
        Event.Builder task = Event.newBuilder()
                .setTaskAssigned(TaskAssigned.newBuilder()
                        .setPolicy(policy)
                        .setAgent("any")
                        .setHome(home)
                        .setWorkspace(workspace));
        watcher.onEvent(session, stamped(Channel.CONTROL, task));
        Event.Builder call = Event.newBuilder()
                .setToolCall(ToolCall.newBuilder()
                        .setCall("explained")
                        .setTool("Bash")
                        .setCommand(command)
                        .setCwd(workspace)
                        .setGated(true));
        List<Event> verdicts = watcher.onEvent(session, stamped(Channel.CLAIMS, call));
        GateAnswered answer = verdicts.stream()
                .filter(Event::hasGateAnswered)
                .findFirst()
                .orElseThrow()
                .getGateAnswered();
        return new CallExplanation(
                answer,
                Footprints.ofCommand(command, workspace, home).describe(),
                verdicts.stream().anyMatch(Event::hasFreezeOrdered));
    }

    private static Event stamped(Channel channel, Event.Builder payload) {
        return EventIds.withId(payload.setTenant("explain")
                .setHost("explain")
                .setSession("explain")
                .setChannel(channel)
                .setSeq(1)
                .setEventTimeNs(1));
    }
}
