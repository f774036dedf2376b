package io.plumbline.watcher.judge;

import io.plumbline.events.v1.Event;
import java.util.List;

/** Sees what the judges in force found. Nothing that it does changes a verdict or a session's state. */
@FunctionalInterface
public interface JudgeObserver {
    /** Nobody looks. */
    JudgeObserver NONE = (event, context, findings) -> {};

    /** @param findings of all judges in force on this event, in their order */
    void judged(Event event, EventContext context, List<Finding> findings);
}
