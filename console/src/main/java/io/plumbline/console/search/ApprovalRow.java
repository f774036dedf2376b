package io.plumbline.console.search;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One approval.
 *
 * @param subject the exact bytes that would run, as text
 * @param tier severity word; {@code tierNumber} 1 to 5
 * @param state pending, approved, denied, timed_out
 */
public record ApprovalRow(
        String id,
        Instant at,
        String session,
        String agent,
        String agentVersion,
        String task,
        String workspace,
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
        String state,
        String decidedBy,
        String decisionReason) {
    /** Whether a decision now would still count. */
    public boolean isPending(Instant now) {
        return state.equals("pending") && deadline.map(now::isBefore).orElse(true);
    }
}
