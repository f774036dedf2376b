package io.plumbline.watcher;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ScoresCounted;
import io.plumbline.intent.head.ScoreDistribution;
import io.plumbline.watcher.state.v1.Phase;
import io.plumbline.watcher.state.v1.WatchState;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;

/** Counts how acts were scored and tells it from time to time: one verdict for many acts, and none for a session without any. */
final class Scores {
    static final int MOST_ACTS = 50;
    static final Duration LONGEST = Duration.ofMinutes(1);

    private final WatchState.Builder state;

    Scores(WatchState.Builder state) {
        this.state = state;
    }

    void add(int bin, String model, Event act) {
        ScoresCounted.Builder scores = begun(model, act);
        scores.setCounts(bin, scores.getCounts(bin) + 1);
    }

    /** An act that the model could not score: said, not only counted in the process. */
    void addNotScored(String model, Event act) {
        ScoresCounted.Builder scores = begun(model, act);
        scores.setNotScored(scores.getNotScored() + 1);
    }

    private ScoresCounted.Builder begun(String model, Event act) {
        ScoresCounted.Builder scores = state.getScoresBuilder();
        if (scores.getCountsCount() == 0) {
            scores.addAllCounts(Collections.nCopies(ScoreDistribution.BINS, 0L))
                    .setModel(model)
                    .setSinceNs(act.getObservedTimeNs());
        }
        return scores;
    }

    /** What is to be told after the event. */
    Optional<ScoresCounted> due(Event event) {
        if (!state.hasScores()) {
            return Optional.empty();
        }
        ScoresCounted scores = state.getScores();
        boolean due = state.getPhase() == Phase.ENDED
                || scores.getNotScored()
                                + scores.getCountsList().stream()
                                        .mapToLong(Long::longValue)
                                        .sum()
                        >= MOST_ACTS
                || event.getObservedTimeNs() - scores.getSinceNs() >= LONGEST.toNanos();
        return due ? taken() : Optional.empty();
    }

    /** All that was counted so far; another model counts anew. */
    Optional<ScoresCounted> taken() {
        if (!state.hasScores()) {
            return Optional.empty();
        }
        ScoresCounted scores = state.getScores();
        state.clearScores();
        return Optional.of(scores);
    }
}
