package io.plumbline.watcher.judge;

import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RuleMatch;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.agent.ActContext;
import io.plumbline.rules.agent.AgentEvents;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.EventLimitException;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.watcher.attribution.Attribution;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Sigma rules over a session's events. What a rule's level adds to the risk: informational nothing and no finding, as the specification
 * wants it; low 2 and medium 8, both without counting as proof; high 25, critical 60. Not safe for use by several threads.
 */
public final class RulesJudge implements Judge {
    private static final int HASH_SHOWN = 16;
    private static final String TOO_LARGE = "event-too-large";

    private final String version;
    private final RuleEngine engine;

    public RulesJudge(RuleSet set) {
        this.version = "rules " + set.hash().substring(0, HASH_SHOWN);
        this.engine = set.engine();
    }

    /** With the rules that come with the product. */
    public static RulesJudge shipped() {
        return new RulesJudge(Shipped.RULES);
    }

    private static final class Shipped {
        static final RuleSet RULES = RuleSet.load(RulePack.sources(), Placeholders.NONE);
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public List<Finding> judge(Event event, EventContext context, JudgeMemory memory) {
        Optional<SigmaEvent> seen = AgentEvents.of(event, act(context));
        if (seen.isEmpty()) {
            return List.of();
        }
        CorrelationState state =
                memory.of(version, CorrelationState::new, CorrelationState::fromBytes, CorrelationState::toBytes);
        try {
            List<Finding> findings = new ArrayList<>();
            for (RuleMatch match : engine.evaluate(seen.get(), state)) {
                finding(match).ifPresent(findings::add);
            }
            return findings;
        } catch (EventLimitException e) {
            return List.of(new Finding(
                    DeviationKind.TELEMETRY_GAP,
                    Severity.HIGH,
                    TOO_LARGE,
                    "An event was too large for the rules",
                    String.valueOf(e.getMessage()),
                    25,
                    false));
        }
    }

    private static ActContext act(EventContext context) {
        Attribution by = context.attribution();
        return by.process().isEmpty()
                ? ActContext.NONE
                : new ActContext(
                        by.explained(),
                        by.role().name().toLowerCase(Locale.ROOT),
                        by.call(),
                        "",
                        context.parents(),
                        "");
    }

    private static Optional<Finding> finding(RuleMatch match) {
        return switch (match.level()) {
            case INFORMATIONAL -> Optional.empty();
            case LOW -> Optional.of(finding(match, Severity.LOW, 2, true));
            case MEDIUM -> Optional.of(finding(match, Severity.MEDIUM, 8, true));
            case HIGH -> Optional.of(finding(match, Severity.HIGH, 25, false));
            case CRITICAL -> Optional.of(finding(match, Severity.CRITICAL, 60, false));
        };
    }

    private static Finding finding(RuleMatch match, Severity severity, int risk, boolean soft) {
        String together = match.events().size() > 1 ? " with " + (match.events().size() - 1) + " earlier events" : "";
        String group = match.group().isEmpty() ? "" : " for " + match.group();
        return new Finding(
                DeviationKind.RULE,
                severity,
                "rule " + match.rule(),
                match.title(),
                "Rule " + match.rule() + (match.version().isEmpty() ? "" : " of " + match.version()) + " matched"
                        + together + group + ".",
                risk,
                soft);
    }
}
