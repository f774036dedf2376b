package io.plumbline.watcher.attribution;

import io.plumbline.events.SteeringVariables;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.SteeringVariable;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variables of an execution that decide what code runs. Values are known by their digests alone. */
public final class Steering {
    private Steering() {}

    /** Whether there were more of them than the event tells. */
    public static boolean isCut(Event event) {
        return event.getTruncatedList().contains("steering");
    }

    /**
     * Remembers those of the agent. Where they are not all told nothing can be held against them.
     *
     * @param event with a {@link ProcessStarted}
     */
    static void keep(Event event, WatchState.Builder state) {
        List<SteeringVariable> own = of(event.getProcessStarted());
        boolean known = !isCut(event) && own.size() <= SteeringVariables.MAX;
        state.setSteeringKnown(known).clearSteering().addAllSteering(known ? own : List.of());
    }

    /** One of each name. Of an older host names alone. */
    private static List<SteeringVariable> of(ProcessStarted start) {
        Map<String, SteeringVariable> variables = new LinkedHashMap<>();
        start.getSteeringList()
                .forEach(variable -> variables.merge(
                        variable.getName(),
                        variable,
                        (one, other) -> one.equals(other)
                                ? one
                                : one.toBuilder().setSeveral(true).build()));
        start.getEnvNamesList().stream()
                .filter(SteeringVariables::contains)
                .forEach(name -> variables.putIfAbsent(
                        name, SteeringVariable.newBuilder().setName(name).build()));
        return List.copyOf(variables.values());
    }

    /**
     * The names of those that an execution has and the agent had not, or had with another value. Where no digest of one of the two values is
     * known, only the name is compared; several values of one name are never the agent's: which one counts, programs decide.
     *
     * @param agent as the agent was started
     */
    public static List<String> beside(List<SteeringVariable> agent, ProcessStarted start) {
        Map<String, SteeringVariable> before = new LinkedHashMap<>();
        agent.forEach(variable -> before.put(variable.getName(), variable));
        return of(start).stream()
                .filter(variable -> !isSame(before.get(variable.getName()), variable))
                .map(SteeringVariable::getName)
                .toList();
    }

    private static boolean isSame(@Nullable SteeringVariable known, SteeringVariable variable) {
        return known != null
                && !known.getSeveral()
                && !variable.getSeveral()
                && (known.getSha256().isEmpty()
                        || variable.getSha256().isEmpty()
                        || known.getSha256().equals(variable.getSha256()));
    }
}
