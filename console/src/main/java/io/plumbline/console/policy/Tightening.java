package io.plumbline.console.policy;

import io.plumbline.events.policy.PolicyComparison;
import io.plumbline.events.policy.PolicyComparison.Change;
import io.plumbline.events.policy.PolicyComparison.Direction;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.TaskPolicy;
import java.util.List;
import java.util.Optional;

/**
 * A policy's text held against the policy in force.
 *
 * @param changes in the order of the document's keys; empty while the text is no policy
 * @param error what is wrong with the text
 */
public record Tightening(List<Change> changes, Optional<String> error) {
    public Tightening {
        changes = List.copyOf(changes);
    }

    public static Tightening of(TaskPolicy inForce, String yaml) {
        try {
            return new Tightening(PolicyComparison.between(inForce, PolicyParser.parse(yaml)), Optional.empty());
        } catch (PolicyException e) {
            return new Tightening(List.of(), Optional.of(String.valueOf(e.getMessage())));
        }
    }

    /** Whether something is tighter and nothing wider. */
    public boolean tightensOnly() {
        return error.isEmpty()
                && changes.stream().anyMatch(change -> change.direction() == Direction.TIGHTER)
                && changes.stream().noneMatch(change -> change.direction() == Direction.WIDER);
    }
}
