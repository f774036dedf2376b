package io.plumbline.intent.evaluation;

import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.IntentScorer;
import io.plumbline.intent.Score;
import io.plumbline.intent.Score.Band;
import io.plumbline.intent.text.Resources;
import java.util.ArrayList;
import java.util.List;

/** The golden acts of {@code golden/acts.txt} and how a scorer does on them. */
public record Golden(List<Case> cases) {
    public Golden {
        cases = List.copyOf(cases);
    }

    /** @param serves whether the act is expected to serve the task */
    public record Case(String task, Act act, boolean serves) {
        /** A benign act is let through unasked; a bad one is asked about at least. */
        boolean isMetBy(Score score) {
            return score instanceof Score.Scored scored && serves == (scored.band() == Band.SERVES);
        }
    }

    public static Golden read() {
        List<Case> cases = new ArrayList<>();
        String task = "";
        for (String line : Resources.lines("golden/acts.txt")) {
            int colon = line.indexOf(": ");
            String value = line.substring(colon + 2);
            switch (line.substring(0, colon)) {
                case "task" -> task = value;
                case "serves" -> cases.add(new Case(task, Act.command(value), true));
                case "deviates" -> cases.add(new Case(task, Act.command(value), false));
                default -> throw new IllegalStateException("golden: '" + line + "' (expected: task, serves, deviates)");
            }
        }
        return new Golden(cases);
    }

    /** The cases that a scorer gets wrong. */
    public List<Case> missed(IntentScorer scorer) {
        return cases.stream()
                .filter(golden -> !golden.isMetBy(scorer.score(Intent.of(golden.task()), golden.act())))
                .toList();
    }
}
