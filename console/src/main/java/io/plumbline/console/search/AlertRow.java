package io.plumbline.console.search;

import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One alert.
 *
 * @param id id of the alert's event
 * @param kind unannounced, out_of_policy, off_plan, rule, false_report, telemetry_gap, cross_session
 * @param degraded whether its session runs without the kernel's own evidence
 * @param severityNumber 1 informational to 5 critical
 * @param evidence ids of the events that it rests on
 * @param status open, acknowledged, a verdict, or suppressed
 * @param cause the {@link CauseRow#cause} that it belongs to
 * @param version decisions on that cause so far
 */
public record AlertRow(
        String id,
        Instant at,
        String session,
        String agent,
        String task,
        boolean degraded,
        String kind,
        String severity,
        int severityNumber,
        String title,
        String said,
        String seen,
        String why,
        String clause,
        String call,
        List<String> evidence,
        int riskAdded,
        int risk,
        String status,
        String note,
        String notedBy,
        String cause,
        long version) {
    /**
     * An alert that was just raised, as the search copy will have it.
     *
     * @param event with the alert
     * @param known what is known of its session; empty: nothing yet, so agent, task and {@code degraded} say nothing
     */
    public static AlertRow raised(Event event, Optional<SessionSummary> known) {
        AlertRaised alert = event.getAlertRaised();
        return new AlertRow(
                event.getId(),
                Instant.ofEpochSecond(0, event.getEventTimeNs()),
                event.getSession(),
                known.map(SessionSummary::agent).orElse(""),
                known.map(SessionSummary::task).orElse(""),
                known.map(SessionSummary::degraded).orElse(false),
                alert.getKind().name().toLowerCase(Locale.ROOT),
                EcsDocument.severity(alert.getSeverity()),
                alert.getSeverity().getNumber(),
                alert.getTitle(),
                alert.getSaid(),
                alert.getSeen(),
                alert.getWhy(),
                alert.getClause(),
                alert.getCall(),
                List.copyOf(alert.getEvidenceList()),
                alert.getRiskAdded(),
                alert.getRisk(),
                "open",
                "",
                "",
                alert.getDeviation().isEmpty() ? event.getId() : alert.getDeviation(),
                0);
    }

    public boolean isOpen() {
        return status.equals("open");
    }
}
