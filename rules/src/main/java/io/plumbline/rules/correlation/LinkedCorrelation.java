package io.plumbline.rules.correlation;

import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A correlation with its references resolved.
 *
 * @param stateKey names its windows in state; another definition, of it or of a rule that it names, has another
 */
public record LinkedCorrelation(Correlation definition, String stateKey) {
    /** The field that holds a group-by name in the events of the rule at a position. */
    String groupField(String name, int position) {
        Map<String, String> alias = definition.aliases().get(name);
        return alias == null ? name : alias.getOrDefault(definition.rules().get(position), name);
    }

    /** Names of the fields whose values it takes from events. */
    public Set<String> fields() {
        Set<String> fields = new HashSet<>(definition.groupBy());
        definition.aliases().values().forEach(byRule -> fields.addAll(byRule.values()));
        fields.addAll(definition.fields());
        return fields;
    }

    long timespanNs() {
        return definition.timespan().toNanos();
    }

    List<String> groupBy() {
        return definition.groupBy();
    }
}
