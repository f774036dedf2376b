package io.plumbline.console.search;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One session as the index job describes it.
 *
 * @param state the state that the runtime confirmed: unknown, created, running, frozen, killed, exited, failed
 * @param policyRefused the newest revision that was ordered, when the host did not take it over
 * @param latency from the cause of the confirmed state to the state itself; empty when it was not measured
 * @param requested a person's order that the runtime has not confirmed
 * @param ordered the watcher's order that the runtime has not confirmed
 * @param refused the newest order, when the host has answered it and not carried it out
 * @param severity highest severity of its alerts, 0 to 5
 * @param missing sequence numbers that were skipped
 * @param dropped messages that the sandbox runtime lost
 */
public record SessionSummary(
        String tenant,
        String session,
        String host,
        String agent,
        String agentVersion,
        String model,
        String task,
        String workspace,
        String policy,
        long policyRevision,
        boolean policyConfirmed,
        Optional<RefusedPolicy> policyRefused,
        int freezeAt,
        String runtime,
        String mechanism,
        boolean degraded,
        String state,
        Optional<Instant> since,
        String stateReason,
        Optional<Duration> latency,
        Optional<OrderInFlight> requested,
        Optional<OrderInFlight> ordered,
        Optional<OrderInFlight> lastOrder,
        Optional<RefusedOrder> refused,
        int risk,
        int severity,
        Optional<Instant> started,
        Optional<Instant> lastSeen,
        Optional<Instant> ended,
        long events,
        long claims,
        long evidence,
        long alerts,
        long openAlerts,
        long missing,
        long dropped,
        long pendingApprovals,
        Daemon daemon,
        List<PlanItem> plan) {
    /**
     * The host's daemon, as its newest heartbeat in the session says.
     *
     * @param version empty when none said
     * @param spoolBytes what waits on the host's disk for the platform, of all its sessions
     * @param spoolLimit beyond it sessions freeze; 0: not known
     */
    public record Daemon(String version, long spoolBytes, long spoolLimit) {}

    /** @param action freeze, thaw, kill */
    public record OrderInFlight(String action, String id, String by, String reason, Optional<Instant> at) {}

    /**
     * @param action freeze, thaw, kill
     * @param reason the host's, one sentence
     * @param order id of the person's order, or of the event that the watcher gave it for
     */
    public record RefusedOrder(String action, String by, String reason, String order) {}

    /** @param order id of the person's order */
    public record RefusedPolicy(long revision, String reason, String order) {}

    public record PlanItem(String text, String status) {}

    /** The agent with its version; for a program that nobody hears, that there are no claims to hold the evidence against. */
    public String agentLabel() {
        return agent.isEmpty() || agent.equals("none") ? "no claims" : (agent + " " + agentVersion).strip();
    }

    /** Whether nothing can happen in it any more. */
    public boolean isOver() {
        return state.equals("killed") || state.equals("exited") || state.equals("failed");
    }

    /** Whether the host has answered the person's order with this id, and not carried it out. */
    public boolean hasRefused(String order) {
        return refused.filter(one -> one.order().equals(order)).isPresent();
    }

    /** Whether no sequence number is missing and nothing was dropped. */
    public boolean isComplete() {
        return missing == 0 && dropped == 0;
    }
}
