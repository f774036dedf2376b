package io.plumbline.rules;

import io.plumbline.rules.sigma.Level;
import java.util.List;
import java.util.Map;

/**
 * A rule matched.
 *
 * @param rule its id
 * @param version date of its last change; may be empty
 * @param ruleSet content hash of the rule set that it was loaded with
 * @param author and licence as the rule names them; some licences want both shown with a match
 * @param events ids of the events: one for a rule, the newest 100 at most for a correlation, oldest first
 * @param timeNs event time of the match, nanoseconds since the epoch
 * @param group values of a correlation's group-by, in their order; empty for a rule
 * @param degraded true: state that could have counted had been dropped before
 */
public record RuleMatch(
        String rule,
        String title,
        Level level,
        String version,
        String ruleSet,
        String author,
        String licence,
        List<String> tags,
        List<String> events,
        long timeNs,
        Map<String, String> group,
        boolean degraded) {
    public RuleMatch {
        tags = List.copyOf(tags);
        events = List.copyOf(events);
    }
}
