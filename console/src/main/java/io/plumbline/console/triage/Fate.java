package io.plumbline.console.triage;

import io.plumbline.console.search.CauseRow;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What became of a decision that was sent. Nothing is assumed: it is requested until its cause's record names it. */
public sealed interface Fate {
    /** In the log; the search copy does not say yet whether it counts. */
    record Requested() implements Fate {}

    record Recorded(String word, Instant at) implements Fate {}

    /** @param sentence for the person who decided */
    record Refused(String sentence) implements Fate {}

    static Fate of(String event, CauseRow cause, Instant now) {
        Optional<CauseRow.Decision> accepted = cause.history().stream()
                .filter(decision -> decision.event().equals(event))
                .findFirst();
        if (accepted.isPresent()) {
            return new Recorded(accepted.get().word(), accepted.get().at());
        }
        return cause.refusals().stream()
                .filter(refusal -> refusal.event().equals(event))
                .findFirst()
                .<Fate>map(refusal -> new Refused(sentence(refusal, cause, now)))
                .orElseGet(Requested::new);
    }

    private static String sentence(CauseRow.Refusal refusal, CauseRow cause, Instant now) {
        if (!refusal.why().startsWith("decided by somebody else")) {
            return "refused: " + refusal.why();
        }
        List<CauseRow.Decision> others = cause.history();
        return others.isEmpty() ? "refused: " + refusal.why() : "refused: " + told(others.getLast(), now);
    }

    /** {@code Bea has taken it 4 s ago}. */
    static String told(CauseRow.Decision decision, Instant now) {
        String did =
                switch (decision.word()) {
                    case Words.ACKNOWLEDGED ->
                        decision.assignee().isEmpty() || decision.assignee().equals(decision.by())
                                ? "has taken it"
                                : "has given it to " + decision.assignee();
                    case Words.NOTED -> "has written a note";
                    case Words.REOPENED -> "has opened it again";
                    case Words.SUPPRESSED -> "has suppressed it";
                    default -> "has called it " + Words.spoken(decision.word());
                };
        return decision.by() + " " + did + " " + ago(Duration.between(decision.at(), now)) + " ago";
    }

    private static String ago(Duration age) {
        long seconds = Math.max(0, age.toSeconds());
        if (seconds < 120) {
            return seconds + " s";
        }
        return seconds < 7_200 ? seconds / 60 + " min" : seconds / 3_600 + " h";
    }
}
