package io.plumbline.intent.evaluation;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.IntentScorer;
import io.plumbline.intent.PlanFinding;
import io.plumbline.intent.PlanFinding.Kind;
import io.plumbline.intent.text.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The golden plans of {@code golden/plans.txt} and how a check of plans does on them. */
public record GoldenPlans(List<Case> cases) {
    public GoldenPlans {
        cases = List.copyOf(cases);
    }

    /** @param wrong what is to be found in one of its items; empty: the plan fits, and nothing is to be found */
    public record Case(String task, List<String> items, Optional<Kind> wrong) {
        public Case {
            items = List.copyOf(items);
        }

        boolean isMetBy(List<PlanFinding> findings) {
            return wrong.isEmpty()
                    ? findings.isEmpty()
                    : findings.stream().anyMatch(finding -> finding.kind() == wrong.get());
        }
    }

    public static GoldenPlans read() {
        List<Case> cases = new ArrayList<>();
        String task = "";
        for (String line : Resources.lines("golden/plans.txt")) {
            int colon = line.indexOf(": ");
            String key = line.substring(0, colon);
            String value = line.substring(colon + 2);
            if (key.equals("task")) {
                task = value;
            } else {
                Optional<Kind> wrong =
                        key.equals("fits") ? Optional.empty() : Optional.of(Kind.valueOf(key.toUpperCase(Locale.ROOT)));
                cases.add(new Case(task, List.of(value.split(" [|] ", -1)), wrong));
            }
        }
        return new GoldenPlans(cases);
    }

    /** The plans of one kind that a scorer gets wrong: one that fits and has a finding, or one whose wrong item is not found. */
    public List<Case> missed(IntentScorer scorer, Optional<Kind> kind) throws IntentModelException {
        List<Case> missed = new ArrayList<>();
        for (Case plan : of(kind)) {
            if (!plan.isMetBy(scorer.checkPlan(plan.task(), plan.items()))) {
                missed.add(plan);
            }
        }
        return missed;
    }

    /** The plans of one kind. */
    public List<Case> of(Optional<Kind> kind) {
        return cases.stream().filter(plan -> plan.wrong().equals(kind)).toList();
    }
}
