package io.plumbline.watcher.judge;

import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.watcher.attribution.Attribution;
import io.plumbline.watcher.state.v1.Call;
import java.util.List;
import java.util.Optional;

/**
 * What the watcher knows about an event when a judge is asked.
 *
 * @param task the task that a person gave, with the policy in force; the only prose that may lower a score
 * @param plan the plan in force, agent's text
 * @param attribution who acted and which announced call explains it; {@link Attribution#none()} for claims
 * @param parents command lines from the actor's parent up to the agent, nearest first
 * @param parentImage executable of the actor's parent; empty: not known
 * @param image executable of the acting process; empty: not known
 * @param commandLine of the acting process, at most {@link io.plumbline.events.EventLimits#COMMAND_LINE} characters; empty: not known
 * @param policyVerdict what the policy says about it: allow, log, ask, deny, freeze, or service; empty: it is no act, or there is no policy
 * @param announced of a call that is announced for the first time, of a connection, and of an execution that nothing announced
 */
public record EventContext(
        TaskAssigned task,
        List<PlanItem> plan,
        Attribution attribution,
        List<String> parents,
        String parentImage,
        String image,
        String commandLine,
        String policyVerdict,
        Optional<Announced> announced) {
    /**
     * What is known beside an announcement, a connection, or an execution that nothing announced.
     *
     * @param recent the calls before it, oldest first, at most {@link #MAX_RECENT}; of a connection with the call that opened it
     * @param highRisk whether it needs the network, falls into a named scope, leaves the workspace, or cannot be told to do neither; false of
     *     what no gate holds
     */
    public record Announced(List<Call> recent, boolean highRisk) {
        /** As many as the intent model looks at. */
        public static final int MAX_RECENT = 8;

        public Announced {
            recent = List.copyOf(recent);
        }
    }

    public EventContext {
        plan = List.copyOf(plan);
        parents = List.copyOf(parents);
    }
}
