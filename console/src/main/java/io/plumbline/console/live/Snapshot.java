package io.plumbline.console.live;

import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.ApprovalRow;
import io.plumbline.console.search.SessionSummary;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What every open page looks at: the newest sessions, alerts and pending approvals, each bounded.
 *
 * @param isRead false until the search copy has answered once; everything is empty then
 * @param waiting open causes by severity
 * @param problem one sentence when the search copy does not answer; the lists are then the last known ones
 */
public record Snapshot(
        boolean isRead,
        List<SessionSummary> sessions,
        List<AlertRow> alerts,
        List<ApprovalRow> approvals,
        Map<String, Long> waiting,
        Optional<String> problem) {
    static final Snapshot EMPTY = new Snapshot(false, List.of(), List.of(), List.of(), Map.of(), Optional.empty());

    /** What stands where nothing is listed: that it is so, or why that is not known. */
    public String emptiness(String nothing) {
        return isRead ? nothing : problem.orElse("Reading…");
    }

    public Optional<SessionSummary> session(String id) {
        return sessions.stream().filter(row -> row.session().equals(id)).findFirst();
    }

    /** Causes of alerts that nobody has decided on. */
    public long openCauses() {
        return waiting.values().stream().mapToLong(Long::longValue).sum();
    }

    public long pendingApprovals(Instant now) {
        return approvals.stream().filter(row -> row.isPending(now)).count();
    }

    public long liveSessions() {
        return sessions.stream().filter(row -> !row.isOver()).count();
    }
}
