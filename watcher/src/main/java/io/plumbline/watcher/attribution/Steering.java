package io.plumbline.watcher.attribution;

import io.plumbline.events.SteeringVariables;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.SteeringVariable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The variables of an execution that decide what code runs. Values are known by their digests alone. */
public final class Steering {
    private Steering() {}

    /** Of an older host names alone. At most {@link SteeringVariables#MAX}. */
    static List<SteeringVariable> of(ProcessStarted start) {
        Map<String, SteeringVariable> variables = new LinkedHashMap<>();
        start.getSteeringList().forEach(variable -> variables.putIfAbsent(variable.getName(), variable));
        start.getEnvNamesList().stream()
                .filter(SteeringVariables::contains)
                .forEach(name -> variables.putIfAbsent(
                        name, SteeringVariable.newBuilder().setName(name).build()));
        return variables.values().stream().limit(SteeringVariables.MAX).toList();
    }

    /**
     * The names of those that an execution has and the agent had not, or had with another value. Where no digest of one of the two values is
     * known, only the name is compared.
     *
     * @param agent as the agent was started
     */
    public static List<String> beside(List<SteeringVariable> agent, ProcessStarted start) {
        Map<String, String> before = new LinkedHashMap<>();
        agent.forEach(variable -> before.put(variable.getName(), variable.getSha256()));
        List<String> others = new ArrayList<>();
        for (SteeringVariable variable : of(start)) {
            String known = before.get(variable.getName());
            boolean differs = known == null
                    || !known.isEmpty() && !variable.getSha256().isEmpty() && !known.equals(variable.getSha256());
            if (differs) {
                others.add(variable.getName());
            }
        }
        return List.copyOf(others);
    }
}
