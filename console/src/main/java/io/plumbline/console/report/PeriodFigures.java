package io.plumbline.console.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.console.rules.RuleStatistics;
import io.plumbline.console.triage.QueueQuery;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What happened in a time.
 *
 * @param alerts by severity, the gravest first
 * @param verdicts alerts by what became of them
 * @param acts of each person, all kinds of acts
 * @param toolCalls that agents announced
 * @param approvals by what became of them
 * @param approvers decided approvals by person
 * @param toDecision how long approvals waited for a person, those that a person decided
 * @param toVerdict how long causes of alerts waited for their first decision
 * @param sessions that were active; of them {@code incomplete} have lost evidence: {@code missing} events never came, {@code dropped} the
 *     runtime could not tell; {@code degraded} ran without the kernel's own evidence
 * @param seenInPart those that are degraded or incomplete, the newest first
 * @param rules those with alerts, most alerts first
 * @param isCut whether one of the lists had more than is read at once
 */
public record PeriodFigures(
        Instant from,
        Instant to,
        Map<String, Long> alerts,
        Map<String, Long> verdicts,
        Map<String, Long> acts,
        long toolCalls,
        Map<String, Long> approvals,
        Map<String, Long> approvers,
        Optional<Duration> toDecision,
        Optional<Duration> toVerdict,
        long sessions,
        long incomplete,
        long missing,
        long dropped,
        long degraded,
        List<SeenInPart> seenInPart,
        List<RuleStatistics> rules,
        boolean isCut) {
    /** A session of which not everything is known that it did. */
    public record SeenInPart(
            String session, String host, String runtime, boolean degraded, long missing, long dropped) {}

    /** Documents of each kind that are read at once. */
    private static final int MAX_DOCUMENTS = 2_000;

    /**
     * @param approvalDocuments, causeDocuments, sessionDocuments as they stand in the search copy
     */
    public static PeriodFigures of(
            Instant from,
            Instant to,
            Map<String, Long> alerts,
            Map<String, Long> verdicts,
            Map<String, Long> acts,
            long toolCalls,
            List<? extends JsonNode> approvalDocuments,
            List<? extends JsonNode> causeDocuments,
            List<? extends JsonNode> sessionDocuments,
            Map<String, RuleStatistics> rules) {
        Map<String, Long> states = new LinkedHashMap<>();
        Map<String, Long> approvers = new LinkedHashMap<>();
        List<Duration> waited = new ArrayList<>();
        for (JsonNode approval : approvalDocuments) {
            states.merge(approval.path("state").asText("pending"), 1L, Long::sum);
            String person = approval.path("decided_by").asText();
            if (!person.isEmpty()) {
                approvers.merge(person, 1L, Long::sum);
                between(approval.path("@timestamp"), approval.path("decided")).ifPresent(waited::add);
            }
        }
        List<Duration> judged = new ArrayList<>();
        for (JsonNode cause : causeDocuments) {
            between(cause.path("first"), cause.at("/history/0/at")).ifPresent(judged::add);
        }
        long incomplete = 0;
        long missing = 0;
        long dropped = 0;
        long degraded = 0;
        List<SeenInPart> seenInPart = new ArrayList<>();
        for (JsonNode session : sessionDocuments) {
            long lost = session.at("/counts/missing").asLong();
            long untold = session.at("/counts/dropped").asLong();
            incomplete += lost + untold > 0 ? 1 : 0;
            missing += lost;
            dropped += untold;
            boolean unseen = session.at("/runtime/degraded").asBoolean();
            degraded += unseen ? 1 : 0;
            if (unseen || lost + untold > 0) {
                seenInPart.add(new SeenInPart(
                        session.path("session").asText(),
                        session.path("host").asText(),
                        session.at("/runtime/name").asText(),
                        unseen,
                        lost,
                        untold));
            }
        }
        return new PeriodFigures(
                from,
                to,
                byGravity(alerts),
                verdicts,
                acts,
                toolCalls,
                states,
                approvers,
                median(waited),
                median(judged),
                sessionDocuments.size(),
                incomplete,
                missing,
                dropped,
                degraded,
                List.copyOf(seenInPart),
                rules.values().stream()
                        .filter(rule -> rule.hits() > 0)
                        .sorted(Comparator.comparing(RuleStatistics::hits)
                                .reversed()
                                .thenComparing(RuleStatistics::rule))
                        .toList(),
                approvalDocuments.size() >= MAX_DOCUMENTS
                        || causeDocuments.size() >= MAX_DOCUMENTS
                        || sessionDocuments.size() >= MAX_DOCUMENTS);
    }

    /** How many of a hundred announced calls a person was asked about; empty without calls. */
    public Optional<Double> approvalsPerHundredCalls() {
        return toolCalls == 0 ? Optional.empty() : Optional.of(100.0 * sum(approvals.values()) / toolCalls);
    }

    /** Share of the approvals that people decided and said yes to. */
    public Optional<Double> accepted() {
        long yes = approvals.getOrDefault("approved", 0L);
        long no = approvals.getOrDefault("denied", 0L);
        return yes + no == 0 ? Optional.empty() : Optional.of((double) yes / (yes + no));
    }

    /** A word that is no severity comes last. */
    private static Map<String, Long> byGravity(Map<String, Long> counts) {
        Map<String, Long> sorted = new LinkedHashMap<>();
        counts.keySet().stream()
                .sorted(Comparator.comparingInt((String word) -> -QueueQuery.SEVERITIES.indexOf(word)))
                .forEach(word -> sorted.put(word, counts.getOrDefault(word, 0L)));
        return sorted;
    }

    private static long sum(Collection<Long> counts) {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    private static Optional<Duration> between(JsonNode begin, JsonNode end) {
        try {
            Duration waited = Duration.between(Instant.parse(begin.asText()), Instant.parse(end.asText()));
            return waited.isNegative() ? Optional.empty() : Optional.of(waited);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The middle one; the lower of two. */
    private static Optional<Duration> median(List<Duration> durations) {
        return durations.isEmpty()
                ? Optional.empty()
                : Optional.of(durations.stream().sorted().toList().get((durations.size() - 1) / 2));
    }
}
