package io.plumbline.watcher.judge;

import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.Severity;
import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RuleMatch;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.agent.ActContext;
import io.plumbline.rules.agent.AgentEvents;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.correlation.CorrelationState.Loss;
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

    private static final String KIND = "rules";

    /** Honest sessions come here as well: a build opens thousands of files. */
    private static final Finding FORGOTTEN = new Finding(
            DeviationKind.TELEMETRY_GAP,
            Severity.LOW,
            "rules-forgot",
            "Correlations could not remember everything",
            "More matches than their windows keep: a rule over several events may have missed one of its steps.",
            5,
            false,
            Finding.Consequence.TELL,
            AlertDetail.NONE);

    private final String version;
    private final RuleSet set;
    private final RuleEngine engine;

    /** Compiles what events need; with some thousand rules that takes seconds. */
    public RulesJudge(RuleSet set) {
        this.version = version(set);
        this.set = set;
        this.engine = set.engine().prepared(AgentEvents.LOG_SOURCES);
    }

    /** With the rules that come with the product. */
    public static RulesJudge shipped() {
        return new RulesJudge(shippedRules());
    }

    /** The rules that come with the product. */
    public static RuleSet shippedRules() {
        return Shipped.RULES;
    }

    private static final class Shipped {
        static final RuleSet RULES = RuleSet.load(RulePack.sources(), Placeholders.NONE);
    }

    /** What a judge with these rules is called in verdicts. */
    public static String version(RuleSet set) {
        return KIND + " " + set.hash().substring(0, HASH_SHOWN);
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public String contentSha256() {
        return set.hash();
    }

    @Override
    public long begin(JudgeMemory memory) {
        return state(memory).retain(set.stateKeys());
    }

    private static CorrelationState state(JudgeMemory memory) {
        return memory.of(KIND, CorrelationState::new, CorrelationState::fromBytes, CorrelationState::toBytes);
    }

    @Override
    public List<Finding> judge(Event event, EventContext context, JudgeMemory memory) {
        Optional<SigmaEvent> seen = AgentEvents.of(event, act(context));
        if (seen.isEmpty()) {
            return List.of();
        }
        try {
            List<Finding> findings = new ArrayList<>();
            CorrelationState state = state(memory);
            long forgotten = forgotten(state);
            for (RuleMatch match : engine.evaluate(seen.get(), state)) {
                finding(match, alert -> alert.setExplanation(MatchExplanation.of(match, set, seen.get()))
                                .addAllEvidence(match.events().stream()
                                        .filter(id -> !alert.getEvidenceList().contains(id))
                                        .toList()))
                        .ifPresent(findings::add);
            }
            if (forgotten(state) != forgotten) {
                findings.add(FORGOTTEN);
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
                    false,
                    Finding.Consequence.TELL,
                    AlertDetail.NONE));
        }
    }

    /** Matches that a correlation might have needed and does not have any more. */
    private static long forgotten(CorrelationState state) {
        return state.lost(Loss.EVICTED_GROUPS) + state.lost(Loss.EVICTED_MATCHES) + state.lost(Loss.LATE);
    }

    /** What rules are told of an act beside its event. */
    static ActContext act(EventContext context) {
        Attribution by = context.attribution();
        return by.process().isEmpty()
                ? new ActContext(false, "", "", "", "", List.of(), "", open(context.plan()), context.policyVerdict())
                : new ActContext(
                        by.explained(),
                        by.role().name().toLowerCase(Locale.ROOT),
                        by.call(),
                        context.image(),
                        context.commandLine(),
                        context.parents(),
                        context.parentImage(),
                        open(context.plan()),
                        context.policyVerdict());
    }

    /** What of a plan is still to be done, what is under way first. */
    private static List<String> open(List<PlanItem> plan) {
        List<String> open = new ArrayList<>();
        int underWay = 0;
        for (PlanItem item : plan) {
            switch (item.getStatus()) {
                case "completed" -> {}
                case "in_progress" -> open.add(underWay++, item.getText());
                default -> open.add(item.getText());
            }
        }
        return open;
    }

    private static Optional<Finding> finding(RuleMatch match, AlertDetail detail) {
        return switch (match.level()) {
            case INFORMATIONAL -> Optional.empty();
            case LOW -> Optional.of(finding(match, Severity.LOW, 2, true, detail));
            case MEDIUM -> Optional.of(finding(match, Severity.MEDIUM, 8, true, detail));
            case HIGH -> Optional.of(finding(match, Severity.HIGH, 25, false, detail));
            case CRITICAL -> Optional.of(finding(match, Severity.CRITICAL, 60, false, detail));
        };
    }

    private static Finding finding(RuleMatch match, Severity severity, int risk, boolean soft, AlertDetail detail) {
        String together = match.events().size() > 1 ? " with " + (match.events().size() - 1) + " earlier events" : "";
        String group = match.group().isEmpty() ? "" : " for " + match.group();
        return new Finding(
                DeviationKind.RULE,
                severity,
                "rule " + match.rule(),
                match.title(),
                "Rule " + match.rule() + (match.version().isEmpty() ? "" : " of " + match.version()) + " matched"
                        + together + group + "."
                        + (match.degraded() ? " Earlier matches had been forgotten by then." : ""),
                risk,
                soft,
                Finding.Consequence.TELL,
                detail);
    }
}
