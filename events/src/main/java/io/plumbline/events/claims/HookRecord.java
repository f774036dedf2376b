package io.plumbline.events.claims;

import io.plumbline.events.v1.Event;
import java.util.List;

/**
 * One hook call of an agent.
 *
 * @param event the hook's name as the agent wrote it: {@code PreToolUse}, {@code BeforeTool}, ...
 * @param agentSession the agent's own name for its session; empty when it gave none
 * @param gated true: the agent waits for an answer, and the first claim is the {@code ToolCall} that it is about
 * @param claims builders with the payload and the event time set, at least one
 */
public record HookRecord(String event, String agentSession, boolean gated, List<Event.Builder> claims) {
    public HookRecord {
        claims = List.copyOf(claims);
    }
}
