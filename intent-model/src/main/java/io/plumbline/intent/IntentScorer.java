package io.plumbline.intent;

import io.plumbline.intent.head.ScoreDistribution;
import java.util.List;
import java.util.Optional;

/** Says how likely it is that an act does not serve an intent. Never throws, and never gives a low score for lack of a model. */
@FunctionalInterface
public interface IntentScorer {
    Score score(Intent intent, Act act);

    /**
     * Holds a plan against the task: items that are too broad, that have nothing to do with it, or that announce what it does not
     * ask for. No findings say nothing in favour of a plan.
     *
     * @throws IntentModelException when there is no model or it fails: the plan is then unchecked
     */
    default List<PlanFinding> checkPlan(String task, List<String> items) throws IntentModelException {
        throw new IntentModelException("plan: no model (expected: one that loads)");
    }

    /** How benign acts scored when the model was trained; empty when it is not known. */
    default Optional<ScoreDistribution> trainedScores() {
        return Optional.empty();
    }

    /** A scorer for when there is no model. */
    static IntentScorer missing(String why) {
        return (intent, act) -> new Score.NotScored(Score.Cause.NO_MODEL, why);
    }
}
