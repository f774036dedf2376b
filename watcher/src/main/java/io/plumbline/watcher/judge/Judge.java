package io.plumbline.watcher.judge;

import io.plumbline.events.v1.Event;
import io.plumbline.intent.head.ScoreDistribution;
import java.util.List;
import java.util.OptionalInt;

/**
 * A second opinion on an event: a rule set or a classifier. Must be a pure function of its arguments and its version: no
 * clock, no randomness, no state that is not in the context or in the memory.
 */
public interface Judge {
    /**
     * What names this judge in a verdict, for example {@code rules 9c1e07af}; changes whenever its answers could. The first word is its
     * kind: {@code rules} or {@code intent}.
     */
    String version();

    /** SHA-256 of what it judges by, 64 hex digits; empty: it has no content of its own. */
    default String contentSha256() {
        return "";
    }

    /**
     * Judges a session from now on, which another version of it may have judged before.
     *
     * @return how many windows of correlations that version had and this one has not; they are dropped
     */
    default long begin(JudgeMemory memory) {
        return 0;
    }

    /** Findings on one event; empty when there is nothing to say. Must not throw: an unanswerable event is a finding. */
    List<Finding> judge(Event event, EventContext context, JudgeMemory memory);

    /** Bin of {@link ScoreDistribution} that the last event's score by the model alone is in; empty: it got none. */
    default OptionalInt lastBin() {
        return OptionalInt.empty();
    }

    /** Whether the last event was an act that should have had a score and got none. */
    default boolean lastNotScored() {
        return false;
    }
}
