package io.plumbline.console.orders;

import io.plumbline.console.orders.Outcome.Refusal;
import io.plumbline.console.orders.Outcome.Refused;
import io.plumbline.console.search.ApprovalRow;
import java.time.Duration;
import java.util.Optional;

/**
 * What a person answers to an agent that waits.
 *
 * @param session how long an approval holds for the same bytes; zero: once
 * @param reason of a denial it goes to the agent
 */
public record ApprovalAnswer(boolean approved, Duration session, String reason) {
    public static ApprovalAnswer once(String reason) {
        return new ApprovalAnswer(true, Duration.ZERO, reason);
    }

    /** @param session whole seconds; the policy says how long at most */
    public static ApprovalAnswer forSession(Duration session, String reason) {
        return new ApprovalAnswer(true, session, reason);
    }

    public static ApprovalAnswer denied(String reason) {
        return new ApprovalAnswer(false, Duration.ZERO, reason);
    }

    /** Why it cannot be the answer to this question. */
    Optional<Outcome> objection(ApprovalRow asked, String by) {
        if (!approved) {
            return session.isZero()
                    ? Optional.empty()
                    : Optional.of(new Refused(Refusal.WORD, "session_seconds: expected none with a denial."));
        }
        long seconds = session.toSeconds();
        if (seconds < 0 || seconds > asked.sessionSeconds()) {
            return Optional.of(new Refused(
                    Refusal.WORD,
                    "session_seconds: " + seconds + " (expected: "
                            + (asked.sessionSeconds() == 0
                                    ? "none, the policy has approvals for one call only"
                                    : "at most " + asked.sessionSeconds() + ", as the policy says")
                            + ")."));
        }
        return asked.approvedBy().contains(by)
                ? Optional.of(new Refused(
                        Refusal.SAME_PERSON, by + " has approved it already; another person has to as well."))
                : Optional.empty();
    }
}
