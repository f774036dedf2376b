package io.plumbline.events.gate;

import io.plumbline.events.v1.Event;

/** Where an agent's claims are published. */
@FunctionalInterface
public interface ClaimSink {
    /**
     * @param agentSession the agent's own name for its session; may be empty
     * @param claim with payload and event time set
     * @return the event as it stands in the log; the default instance when the claim said nothing new, which never happens to a
     *     call that waits for an answer
     * @throws RuntimeException when it could not be published; whoever waits for an answer is denied
     */
    Event publish(String agentSession, Event.Builder claim);
}
