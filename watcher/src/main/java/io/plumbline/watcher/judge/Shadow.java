package io.plumbline.watcher.judge;

import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ShadowCounted;
import io.plumbline.events.v1.ShadowHits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A candidate beside the judges in force: asked about the same events and only counted. What it remembers of sessions is its own and is
 * kept in this process alone, bounded; a restart begins anew. Not safe for use by several threads.
 */
public final class Shadow implements JudgeObserver {
    /** Sessions whose windows the candidate keeps. */
    static final int MAX_SESSIONS = 1_024;

    /** Rules that are counted one by one. */
    static final int MAX_RULES = 4_096;

    /** Rules that are told. */
    static final int MAX_TOLD = 100;

    private static final String OTHER = "other rules";

    private final String subject;
    private final String order;
    private final Judge candidate;
    private final Optional<IntentJudge> inForce;
    private final Map<String, Memory> sessions = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<String, long[]> hits = new TreeMap<>();
    private long events;
    private long agreed;
    private long scored;
    private double riskDifference;
    private long forgotten;

    /** What the candidate remembers of one session. */
    private static final class Memory implements JudgeMemory {
        private final Map<String, Object> values = new HashMap<>();

        @Override
        @SuppressWarnings("unchecked")
        public <T> T of(String kind, Supplier<T> fresh, Function<byte[], T> read, Function<T, byte[]> write) {
            // A candidate is of one kind, and its values are its own.
            return (T) values.computeIfAbsent(kind, ignored -> fresh.get());
        }
    }

    /**
     * @param subject rules or model
     * @param order id of the activation
     * @param inForce the model that judges, to compare scores with
     */
    public Shadow(String subject, String order, Judge candidate, Optional<IntentJudge> inForce) {
        this.inForce = inForce;
        this.subject = subject;
        this.order = order;
        this.candidate = candidate;
    }

    public Judge candidate() {
        return candidate;
    }

    /** Id of the activation. */
    public String order() {
        return order;
    }

    /** Events that both have judged. */
    public long events() {
        return events;
    }

    /** Events on which both said the same. */
    public long agreed() {
        return agreed;
    }

    /** Events that both the candidate and the model in force gave a score. */
    public long scored() {
        return scored;
    }

    /** By how much the candidate scores higher than the model in force, on average; 0 before both scored anything. */
    public double meanRiskDifference() {
        return scored == 0 ? 0 : riskDifference / scored;
    }

    /** The candidate's own drift, see {@link IntentJudge#drift}; empty for rules. */
    public OptionalDouble drift() {
        return candidate instanceof IntentJudge model ? model.drift() : OptionalDouble.empty();
    }

    /** Matches that only the candidate has, over all rules. */
    public long gained() {
        return hits.values().stream().mapToLong(counts -> counts[1]).sum();
    }

    /** Matches that the candidate has not. */
    public long lost() {
        return hits.values().stream().mapToLong(counts -> counts[2]).sum();
    }

    @Override
    public void judged(Event event, EventContext context, List<Finding> findings) {
        String session = event.getTenant() + "/" + event.getSession();
        Memory memory = sessions.computeIfAbsent(session, ignored -> new Memory());
        if (sessions.size() > MAX_SESSIONS) {
            sessions.remove(sessions.keySet().iterator().next());
            forgotten++;
        }
        Set<String> found = clauses(candidate.judge(event, context, memory));
        compareRisks();
        Set<String> active = clauses(findings);
        events++;
        agreed += found.equals(active) ? 1 : 0;
        Set<String> all = new TreeSet<>(found);
        all.addAll(active);
        for (String clause : all) {
            boolean both = found.contains(clause) && active.contains(clause);
            counts(clause)[both ? 0 : found.contains(clause) ? 1 : 2]++;
        }
    }

    private void compareRisks() {
        if (candidate instanceof IntentJudge model && inForce.isPresent()) {
            Optional<Double> candidateRisk = model.lastRisk();
            Optional<Double> activeRisk = inForce.get().lastRisk();
            if (candidateRisk.isPresent() && activeRisk.isPresent()) {
                scored++;
                riskDifference += candidateRisk.get() - activeRisk.get();
            }
        }
    }

    private long[] counts(String clause) {
        return hits.containsKey(clause) || hits.size() < MAX_RULES
                ? hits.computeIfAbsent(clause, ignored -> new long[3])
                : hits.computeIfAbsent(OTHER, ignored -> new long[3]);
    }

    /** What is found of the candidate's own kind. */
    private Set<String> clauses(List<Finding> findings) {
        boolean model = candidate instanceof IntentJudge;
        return findings.stream()
                .filter(finding -> (finding.kind() == DeviationKind.OFF_PLAN) == model)
                .map(finding -> model
                        ? finding.clause() + " " + finding.consequence().name().toLowerCase(Locale.ROOT)
                        : finding.clause())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The counts so far. */
    public ShadowCounted.Builder counted() {
        List<Map.Entry<String, long[]>> sorted = new ArrayList<>(hits.entrySet());
        sorted.sort(
                Comparator.comparingLong((Map.Entry<String, long[]> entry) -> entry.getValue()[1] + entry.getValue()[2])
                        .reversed()
                        .thenComparing(Map.Entry::getKey));
        ShadowCounted.Builder counted = ShadowCounted.newBuilder()
                .setSubject(subject)
                .setCause(order)
                .setVersion(candidate.version())
                .setEvents(events)
                .setAgreed(agreed)
                .setScored(scored)
                .setRiskDifference(riskDifference)
                .setSessionsForgotten(forgotten)
                .setMore(sorted.size() > MAX_TOLD);
        sorted.stream()
                .limit(MAX_TOLD)
                .forEach(entry -> counted.addHits(ShadowHits.newBuilder()
                        .setRule(entry.getKey())
                        .setBoth(entry.getValue()[0])
                        .setGained(entry.getValue()[1])
                        .setLost(entry.getValue()[2])));
        return counted;
    }
}
