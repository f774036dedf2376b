package io.plumbline.jobs.index;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TriageNoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was decided about one cause. A decision that names a version is compared with the number of decisions that were accepted
 * before it and refused when they differ; so of two people who decide on the same sight, the one whom the log has first is followed.
 * Depends on the order of the control topic alone, not on when alerts arrive.
 *
 * @param version decisions accepted so far
 * @param assignee empty: nobody
 * @param history accepted decisions, oldest first, the newest {@link #MAX_HISTORY}
 * @param refusals refused decisions, oldest first, the newest {@link #MAX_REFUSALS}
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record Triage(long version, String assignee, List<Decision> history, List<Refusal> refusals) {
    /** What a person reads; older decisions are in the log. */
    static final int MAX_HISTORY = 50;

    static final int MAX_REFUSALS = 20;

    /** Longest suppression. What bothers nobody for so long is for the policy or the rule to say. */
    static final long MAX_SUPPRESSION_NS = 90L * 24 * 3_600 * 1_000_000_000;

    static final Triage NONE = new Triage(0, "", List.of(), List.of());
    static final String OPEN = "open";

    static final String SUPPRESSED = "suppressed";
    private static final String NOTED = "noted";
    private static final String REOPENED = "reopened";
    private static final Set<String> WORDS = Set.of(
            "acknowledged", "true_positive", "benign", "expected_by_policy", "duplicate", SUPPRESSED, REOPENED, NOTED);

    Triage {
        assignee = Objects.requireNonNullElse(assignee, "");
        history = List.copyOf(Objects.requireNonNullElse(history, List.of()));
        refusals = List.copyOf(Objects.requireNonNullElse(refusals, List.of()));
    }

    /**
     * @param event id of the order
     * @param word one of {@link #WORDS}
     * @param coversNs alerts up to this time were seen, nanoseconds since the epoch
     * @param suppression of the word suppressed only
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Decision(
            String event,
            long atNs,
            String by,
            String word,
            String note,
            String assignee,
            String reasonCode,
            long coversNs,
            @Nullable Suppressing suppression) {}

    record Suppressing(String owner, String scope, long expiresNs) {}

    /**
     * @param onVersion what the decision was made on
     * @param version what it would have had to be made on
     * @param why one sentence
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Refusal(String event, long atNs, String by, String word, long onVersion, long version, String why) {}

    /** The same key for the alert and for what is decided about it. */
    static String cause(TriageNoted noted) {
        return noted.getCause().isEmpty() ? noted.getAlert() : noted.getCause();
    }

    Triage after(Event event) {
        String id = event.getId();
        boolean seen = history.stream().anyMatch(decision -> decision.event().equals(id))
                || refusals.stream().anyMatch(refusal -> refusal.event().equals(id));
        if (seen) {
            return this;
        }
        TriageNoted noted = event.getTriageNoted();
        Optional<String> objection = objection(event, noted);
        if (objection.isPresent()) {
            return new Triage(
                    version,
                    assignee,
                    history,
                    newest(
                            refusals,
                            new Refusal(
                                    id,
                                    event.getEventTimeNs(),
                                    noted.getNotedBy(),
                                    noted.getVerdict(),
                                    Integer.toUnsignedLong(noted.getVersion()),
                                    version,
                                    objection.get()),
                            MAX_REFUSALS));
        }
        Decision decision = new Decision(
                id,
                event.getEventTimeNs(),
                noted.getNotedBy(),
                noted.getVerdict(),
                noted.getNote(),
                noted.getAssignee(),
                noted.getReasonCode(),
                noted.getCoversUntilNs() == 0 ? event.getEventTimeNs() : noted.getCoversUntilNs(),
                noted.hasSuppression()
                        ? new Suppressing(
                                noted.getSuppression().getOwner(),
                                noted.getSuppression().getScope(),
                                noted.getSuppression().getExpiresNs())
                        : null);
        String assigned =
                noted.getVerdict().equals(REOPENED) || !noted.getAssignee().isEmpty() ? noted.getAssignee() : assignee;
        return new Triage(version + 1, assigned, newest(history, decision, MAX_HISTORY), refusals);
    }

    private Optional<String> objection(Event event, TriageNoted noted) {
        if (!WORDS.contains(noted.getVerdict())) {
            return Optional.of("unknown decision");
        }
        if (noted.hasVersion() && Integer.toUnsignedLong(noted.getVersion()) != version) {
            return Optional.of(history.isEmpty() ? "nothing was decided before" : "decided by somebody else before");
        }
        if (noted.getVerdict().equals(SUPPRESSED) != noted.hasSuppression()) {
            return Optional.of("a suppression needs owner, scope and expiry");
        }
        if (noted.hasSuppression()) {
            long lasts = noted.getSuppression().getExpiresNs() - event.getEventTimeNs();
            if (noted.getSuppression().getOwner().isBlank()
                    || !noted.getSuppression().getScope().equals("cause")
                    || noted.getNote().isBlank()) {
                return Optional.of("a suppression needs owner, scope and reason");
            }
            if (lasts <= 0 || lasts > MAX_SUPPRESSION_NS) {
                return Optional.of("a suppression lasts at most 90 days");
            }
        }
        return Optional.empty();
    }

    /**
     * What an alert of this cause waits for.
     *
     * @param raisedNs when it was raised, nanoseconds since the epoch
     * @return open, acknowledged, a verdict or suppressed
     */
    String status(long raisedNs) {
        return decided(raisedNs).orElse(OPEN);
    }

    /** Likewise; empty while nobody decided about it. */
    Optional<String> decided(long raisedNs) {
        boolean suppressionEnded = false;
        for (Decision decision : history.reversed()) {
            Suppressing suppression = decision.suppression();
            if (suppression != null) {
                if (!suppressionEnded && raisedNs <= suppression.expiresNs()) {
                    return Optional.of(SUPPRESSED);
                }
                continue;
            }
            boolean reopens = decision.word().equals(REOPENED);
            suppressionEnded |= reopens;
            if (decision.coversNs() >= raisedNs && !decision.word().equals(NOTED)) {
                return Optional.of(reopens ? OPEN : decision.word());
            }
        }
        return Optional.empty();
    }

    /** The decision that gave the alerts their status; empty while nothing but notes was written. */
    Optional<Decision> latest() {
        return history.reversed().stream()
                .filter(decision -> !decision.word().equals(NOTED))
                .findFirst();
    }

    private static <T> List<T> newest(List<T> list, T added, int limit) {
        List<T> all = new ArrayList<>(list);
        all.add(added);
        return all.size() > limit ? all.subList(all.size() - limit, all.size()) : all;
    }
}
