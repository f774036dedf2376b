package io.plumbline.watcher.judge;

import io.plumbline.events.v1.Event;
import java.util.List;

/**
 * A second opinion on an event: a rule set or a classifier. Must be a pure function of its arguments and its version: no
 * clock, no randomness, no state that is not in the context or in the memory.
 */
public interface Judge {
    /** What names this judge in a verdict, for example {@code rules 9c1e07af}; changes whenever its answers could. */
    String version();

    /** Findings on one event; empty when there is nothing to say. Must not throw: an unanswerable event is a finding. */
    List<Finding> judge(Event event, EventContext context, JudgeMemory memory);
}
