package io.plumbline.sandbox.link;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;

/** Takes the verdicts of one session. Called on the link's thread: must not block. A verdict may come more than once. */
@FunctionalInterface
public interface VerdictListener {
    void onVerdict(Event verdict, StageTimes stages);
}
