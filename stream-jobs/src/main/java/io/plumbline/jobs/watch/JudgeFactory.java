package io.plumbline.jobs.watch;

import io.plumbline.events.v1.Event;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.judge.RulesJudge;
import java.io.Serializable;
import java.util.List;

/** Makes the judges that are in force from what was activated through the control topic. */
@FunctionalInterface
public interface JudgeFactory extends Serializable {
    /** Variable of the job's environment that says which rules run: {@code shipped}, or {@code none}, the default. */
    String VARIABLE = "PLUMBLINE_RULES";

    /** No rules. */
    JudgeFactory NONE = activated -> List.of();

    /** The rules that come with the product, whatever was activated. */
    JudgeFactory SHIPPED = activated -> List.of(RulesJudge.shipped());

    /** @throws IllegalArgumentException when {@link #VARIABLE} has another value */
    static JudgeFactory fromEnvironment() {
        String rules = System.getenv().getOrDefault(VARIABLE, "none");
        return switch (rules) {
            case "none" -> NONE;
            case "shipped" -> SHIPPED;
            default -> throw new IllegalArgumentException(VARIABLE + ": " + rules + " (expected: none or shipped)");
        };
    }

    /** @param activated the last {@code RuleSetActivated} and {@code ModelActivated} events, at most one of each */
    List<Judge> judges(List<Event> activated);
}
