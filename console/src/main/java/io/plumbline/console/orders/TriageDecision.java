package io.plumbline.console.orders;

import io.plumbline.console.orders.Outcome.Refusal;
import io.plumbline.console.orders.Outcome.Refused;
import io.plumbline.console.triage.Words;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a person decides about a cause.
 *
 * @param word a verdict of {@link Words#VERDICTS}, or acknowledged, noted, suppressed, reopened
 * @param note needed for suppressed and noted; at most {@link Orders#MAX_REASON} characters
 * @param reasonCode one of {@link Words#REASON_CODES} for a verdict; empty otherwise
 * @param assignee who works on it from now on; empty: as before
 * @param suppressedUntil of suppressed only
 */
public record TriageDecision(
        String word, String note, String reasonCode, Optional<String> assignee, Optional<Instant> suppressedUntil) {
    /** The index job refuses a longer one. */
    public static final Duration LONGEST_SUPPRESSION = Duration.ofDays(90);

    private static final int MAX_ASSIGNEE = 100;

    /** Takes it: acknowledged, and assigned to who says so. */
    public static TriageDecision acknowledge(String person) {
        return new TriageDecision(Words.ACKNOWLEDGED, "", "", Optional.of(person), Optional.empty());
    }

    public static TriageDecision note(String note) {
        return new TriageDecision(Words.NOTED, note, "", Optional.empty(), Optional.empty());
    }

    public static TriageDecision verdict(String word, String reasonCode, String note) {
        return new TriageDecision(word, note, reasonCode, Optional.empty(), Optional.empty());
    }

    public static TriageDecision suppress(String reason, Instant until) {
        return new TriageDecision(Words.SUPPRESSED, reason, "", Optional.empty(), Optional.of(until));
    }

    public static TriageDecision reopen(String reason) {
        return new TriageDecision(Words.REOPENED, reason, "", Optional.empty(), Optional.empty());
    }

    Optional<Outcome> objection(Instant now) {
        if (note.length() > Orders.MAX_REASON) {
            return refused(Refusal.REASON, "The note is longer than " + Orders.MAX_REASON + " characters.");
        }
        if (assignee.filter(name -> name.length() > MAX_ASSIGNEE).isPresent()) {
            return refused(Refusal.WORD, "The name is longer than " + MAX_ASSIGNEE + " characters.");
        }
        boolean suppresses = word.equals(Words.SUPPRESSED);
        if ((suppresses || word.equals(Words.NOTED) || word.equals(Words.REOPENED)) && note.isBlank()) {
            return refused(Refusal.REASON, "A reason is required.");
        }
        if (suppresses) {
            boolean bounded = suppressedUntil
                    .filter(end -> end.isAfter(now) && !end.isAfter(now.plus(LONGEST_SUPPRESSION)))
                    .isPresent();
            return bounded ? Optional.empty() : refused(Refusal.WORD, "A suppression ends within 90 days.");
        }
        if (Words.VERDICTS.contains(word)) {
            List<String> codes = Words.REASON_CODES.getOrDefault(word, List.of());
            return codes.contains(reasonCode)
                    ? Optional.empty()
                    : refused(Refusal.WORD, "reason_code: expected one of " + String.join(", ", codes) + ".");
        }
        return word.equals(Words.ACKNOWLEDGED) || word.equals(Words.NOTED) || word.equals(Words.REOPENED)
                ? Optional.empty()
                : refused(Refusal.WORD, "Unknown triage word.");
    }

    private static Optional<Outcome> refused(Refusal refusal, String explanation) {
        return Optional.of(new Refused(refusal, explanation));
    }
}
