package io.plumbline.intent;

import java.util.ArrayList;
import java.util.List;

/** Says how likely it is that an act does not serve an intent. Never throws, and never gives a low score for lack of a model. */
@FunctionalInterface
public interface IntentScorer {
    Score score(Intent intent, Act act);

    /** The acts of one intent, in order. */
    default List<Score> scoreAll(Intent intent, List<Act> acts) {
        List<Score> scores = new ArrayList<>(acts.size());
        for (Act act : acts) {
            scores.add(score(intent, act));
        }
        return scores;
    }

    /** A scorer for when there is no model. */
    static IntentScorer missing(String why) {
        return (intent, act) -> new Score.NotScored(Score.Cause.NO_MODEL, why);
    }
}
