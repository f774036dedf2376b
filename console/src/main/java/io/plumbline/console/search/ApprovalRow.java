package io.plumbline.console.search;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One approval.
 *
 * @param degraded whether its session runs without the kernel's own evidence
 * @param subject the exact bytes that would run, as text
 * @param tier severity word; {@code tierNumber} 1 to 5
 * @param expected what the watcher says that the call can honestly need, one line
 * @param peopleNeeded how many different people have to approve
 * @param sessionSeconds longest time that it may be approved for; 0: once only
 * @param state pending, approved, denied, timed_out, reviewer_failed, superseded
 * @param settled what the watcher made of it, needs_second among others; empty: nothing yet
 * @param people who the watcher says approved or denied
 * @param wantedSeconds how long the newest decision wants it to hold; 0: once
 * @param sessionUntil until when it holds for the same bytes; empty: once
 */
public record ApprovalRow(
        String id,
        Instant at,
        String session,
        String agent,
        String agentVersion,
        String task,
        String workspace,
        boolean degraded,
        String policy,
        long policyRevision,
        String call,
        String tool,
        String subject,
        String subjectSha256,
        String clause,
        String tier,
        int tierNumber,
        String statedReason,
        Optional<Instant> deadline,
        List<SessionSummary.PlanItem> plan,
        String expected,
        List<String> uninspectable,
        long peopleNeeded,
        long sessionSeconds,
        String state,
        String settled,
        List<String> people,
        long wantedSeconds,
        Optional<Instant> sessionUntil,
        String decidedBy,
        String decisionReason) {
    /** Whether one person has approved and another one must. */
    public boolean needsSecond() {
        return settled.equals("needs_second");
    }

    /** Who has approved while another person must; empty when nobody has or it is over. */
    public List<String> approvedBy() {
        return needsSecond() ? people : List.of();
    }

    /** Whether a decision now would still count. */
    public boolean isPending(Instant now) {
        return state.equals("pending") && deadline.map(now::isBefore).orElse(true);
    }
}
