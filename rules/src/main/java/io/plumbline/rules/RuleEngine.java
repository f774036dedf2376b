package io.plumbline.rules;

import io.plumbline.rules.RuleSet.Routed;
import io.plumbline.rules.RuleSet.Use;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.correlation.Correlator;
import io.plumbline.rules.correlation.Hit;
import io.plumbline.rules.engine.Matcher;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Level;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Metadata;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Runs a rule set over events, one at a time and in one thread. Its only memory of events is the state that is passed in. */
public final class RuleEngine {
    private final RuleSet set;
    private final Map<List<LogSource>, Route> routes = new HashMap<>();

    /** The rules for some log sources, and what matches them. */
    private record Route(int[] rules, Matcher matcher) {}

    /**
     * The order in which matches are taken into correlations: those of a correlation when all that it is built on have been taken,
     * and of its first rule first.
     */
    private static final Comparator<Use> ORDER =
            Comparator.comparingInt(Use::correlation).thenComparingInt(Use::position);

    RuleEngine(RuleSet set) {
        this.set = set;
    }

    /**
     * Compiles what events of these log sources need, so that no event waits for it.
     *
     * @param logSources for each kind of event its log sources, in the order in which the event names them
     */
    public RuleEngine prepared(List<List<LogSource>> logSources) {
        logSources.forEach(this::route);
        return this;
    }

    private Route route(List<LogSource> logSources) {
        Route known = routes.get(logSources);
        if (known != null) {
            return known;
        }
        Routed routed = set.routed(logSources);
        Route made = new Route(routed.rules(), routed.program().matcher());
        routes.put(List.copyOf(logSources), made);
        return made;
    }

    /** Share of the values that were not read through, since the same had come before; 0 to 1, all log sources together. */
    public double remembered() {
        long known = 0;
        long read = 0;
        for (Route route : routes.values()) {
            known += route.matcher().valuesRemembered();
            read += route.matcher().valuesRead();
        }
        return known + read == 0 ? 0 : (double) known / (known + read);
    }

    /**
     * The rules and correlations that an event makes match, rules first.
     *
     * @param state changed by the call
     */
    public List<RuleMatch> evaluate(SigmaEvent event, CorrelationState state) {
        Route route = route(event.logSources());
        Matcher matcher = route.matcher();
        int count = matcher.match(event);
        if (count == 0) {
            return List.of();
        }
        List<RuleMatch> matches = new ArrayList<>();
        TreeMap<Use, List<Hit>> pending = new TreeMap<>(ORDER);
        Hit hit = Hit.of(event);
        for (int i = 0; i < count; i++) {
            int rule = route.rules()[matcher.matched(i)];
            if (set.detectionReports(rule)) {
                matches.add(match(set.detections().get(rule).metadata(), hit, false));
            }
            set.detectionUses(rule).forEach(use -> add(pending, use, hit));
        }
        if (!pending.isEmpty()) {
            correlate(pending, state, matches);
        }
        return matches;
    }

    private static void add(TreeMap<Use, List<Hit>> pending, Use use, Hit hit) {
        pending.computeIfAbsent(use, ignored -> new ArrayList<>(1)).add(hit);
    }

    private void correlate(TreeMap<Use, List<Hit>> pending, CorrelationState state, List<RuleMatch> matches) {
        long sequence = Correlator.nextSequence(state);
        for (var next = pending.pollFirstEntry(); next != null; next = pending.pollFirstEntry()) {
            int index = next.getKey().correlation();
            for (Hit hit : next.getValue()) {
                Correlator.accept(set.correlations().get(index), next.getKey().position(), hit, sequence, state)
                        .ifPresent(outcome -> {
                            if (set.correlationReports(index)) {
                                matches.add(match(
                                        set.correlations()
                                                .get(index)
                                                .definition()
                                                .metadata(),
                                        outcome.hit(),
                                        outcome.degraded()));
                            }
                            set.correlationUses(index).forEach(use -> add(pending, use, outcome.hit()));
                        });
            }
        }
    }

    private RuleMatch match(Metadata metadata, Hit hit, boolean degraded) {
        return new RuleMatch(
                metadata.id(),
                metadata.title(),
                metadata.level().orElse(Level.MEDIUM),
                metadata.version(),
                set.hash(),
                metadata.author(),
                metadata.license(),
                metadata.tags(),
                hit.events(),
                hit.timeNs(),
                hit.group(),
                degraded);
    }
}
