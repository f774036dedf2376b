package io.plumbline.watcher.judge;

import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.watcher.attribution.Attribution;
import java.util.List;

/**
 * What the watcher knows about an event when a judge is asked.
 *
 * @param task the task that a person gave, with the policy in force; the only prose that may lower a score
 * @param plan the plan in force, agent's text
 * @param attribution who acted and which announced call explains it; {@link Attribution#none()} for claims
 * @param parents command lines from the actor's parent up to the agent, nearest first
 */
public record EventContext(TaskAssigned task, List<PlanItem> plan, Attribution attribution, List<String> parents) {
    public EventContext {
        plan = List.copyOf(plan);
        parents = List.copyOf(parents);
    }
}
