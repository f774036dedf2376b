package io.plumbline.jobs.watch;

import io.plumbline.events.v1.Event;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.judge.RulesJudge;
import java.io.Serializable;
import java.util.List;

/** Makes the judges that are in force from what was activated through the control topic. */
@FunctionalInterface
public interface JudgeFactory extends Serializable {
    /** The rules that come with the product, whatever was activated. */
    JudgeFactory SHIPPED = activated -> List.of(RulesJudge.shipped());

    /** @param activated the last {@code RuleSetActivated} and {@code ModelActivated} events, at most one of each */
    List<Judge> judges(List<Event> activated);
}
