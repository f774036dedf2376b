package io.plumbline.rules.agent;

import java.util.List;

/**
 * What is known about an act beside its own event.
 *
 * @param announced true: a call, a person, the agent's profile or the host explains it
 * @param role what the acting process is in its session, in lower case; empty: not an act of a process
 * @param call the announced call that explains it; may be empty
 * @param image executable of the acting process; empty: not known
 * @param commandLine of the acting process; empty: not known
 * @param parents command lines from the actor's parent up to the agent, nearest first
 * @param parentImage executable of the actor's parent; empty: not known
 * @param plan items of the agent's plan that are not completed, those in progress first; the agent's text. Agents do not say which item an
 *     act belongs to
 * @param verdict what the policy says about it, one word; {@link #SERVICE} of a connection to one of the agent's own services, such as its
 *     model; empty: nothing
 */
public record ActContext(
        boolean announced,
        String role,
        String call,
        String image,
        String commandLine,
        List<String> parents,
        String parentImage,
        List<String> plan,
        String verdict) {
    /** The policy names the destination as a service of the agent. */
    public static final String SERVICE = "service";

    /** Nothing is known; also what a claim has. */
    public static final ActContext NONE = new ActContext(false, "", "", "", "", List.of(), "", List.of(), "");

    public ActContext {
        parents = List.copyOf(parents);
        plan = List.copyOf(plan);
    }
}
