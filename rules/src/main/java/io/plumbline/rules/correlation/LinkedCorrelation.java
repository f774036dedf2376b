package io.plumbline.rules.correlation;

import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import java.util.List;
import java.util.Map;

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

    long timespanNs() {
        return definition.timespan().toNanos();
    }

    List<String> groupBy() {
        return definition.groupBy();
    }
}
