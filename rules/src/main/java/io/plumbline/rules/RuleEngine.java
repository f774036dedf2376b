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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Runs a rule set over events, one at a time and in one thread. Its only memory of events is the state that is passed in. */
public final class RuleEngine {
    private final RuleSet set;
    private final Map<List<LogSource>, Route> routes = new HashMap<>();

    /** The rules for some log sources, and what matches them. */
    private record Route(int[] rules, Matcher matcher) {}

    /** A match on its way into a correlation; taken in the order of the correlations, so that chains see all of theirs. */
    private record Pending(Use use, Hit hit) {}

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
        PriorityQueue<Pending> pending = new PriorityQueue<>((a, b) -> {
            int byCorrelation = Integer.compare(a.use().correlation(), b.use().correlation());
            return byCorrelation != 0
                    ? byCorrelation
                    : Integer.compare(a.use().position(), b.use().position());
        });
        Hit hit = Hit.of(event);
        for (int i = 0; i < count; i++) {
            int rule = route.rules()[matcher.matched(i)];
            if (set.detectionReports(rule)) {
                matches.add(match(set.detections().get(rule).metadata(), hit, false));
            }
            set.detectionUses(rule).forEach(use -> pending.add(new Pending(use, hit)));
        }
        if (!pending.isEmpty()) {
            correlate(pending, state, matches);
        }
        return matches;
    }

    private void correlate(PriorityQueue<Pending> pending, CorrelationState state, List<RuleMatch> matches) {
        long sequence = Correlator.nextSequence(state);
        for (Pending next = pending.poll(); next != null; next = pending.poll()) {
            int index = next.use().correlation();
            Correlator.accept(set.correlations().get(index), next.use().position(), next.hit(), sequence, state)
                    .ifPresent(outcome -> {
                        if (set.correlationReports(index)) {
                            matches.add(match(
                                    set.correlations().get(index).definition().metadata(),
                                    outcome.hit(),
                                    outcome.degraded()));
                        }
                        set.correlationUses(index).forEach(use -> pending.add(new Pending(use, outcome.hit())));
                    });
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
