package io.plumbline.console.search;

import io.plumbline.events.v1.Event;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Alerts of one session that say the same, and what was decided about them. The texts are those of the newest alert.
 *
 * @param cause the deviation, or the id of an alert that has none
 * @param alert id of the newest alert
 * @param last when the newest alert was raised; {@code first} the oldest
 * @param isSessionKnown false for a moment after a verdict: agent, task and {@code degraded} say nothing then
 * @param degraded whether its session runs without the kernel's own evidence
 * @param severityNumber the highest, 1 informational to 5 critical
 * @param risk the session's highest risk at one of them, 0 to 100
 * @param status open, acknowledged, a verdict, or suppressed
 * @param version decisions that were accepted so far; the next one has to name it
 * @param suppressedBy the tenant's suppression that covers it; empty: none does
 * @param history accepted decisions, oldest first
 * @param refusals refused decisions, oldest first
 */
public record CauseRow(
        String cause,
        String session,
        String alert,
        Instant last,
        Instant first,
        String host,
        String agent,
        String task,
        boolean isSessionKnown,
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
        String expected,
        int risk,
        long alerts,
        String status,
        long version,
        String assignee,
        Optional<Suppressed> suppression,
        String suppressedBy,
        List<Decision> history,
        List<Refusal> refusals) {
    public record Suppressed(String owner, String scope, Optional<Instant> expires) {}

    /** @param event id of the order */
    public record Decision(
            String event,
            Instant at,
            String by,
            String word,
            String note,
            String assignee,
            String reasonCode,
            Optional<Suppressed> suppression) {}

    /** @param event id of the order */
    public record Refusal(String event, Instant at, String by, String word, String why) {}

    /**
     * The cause that begins with an alert.
     *
     * @param event with the alert
     * @param known what is known of its session; empty: nothing yet
     */
    public static CauseRow begun(Event event, Optional<SessionSummary> known) {
        AlertRow alert = AlertRow.raised(event, known);
        return new CauseRow(
                alert.cause(),
                alert.session(),
                alert.id(),
                alert.at(),
                alert.at(),
                event.getHost(),
                alert.agent(),
                alert.task(),
                known.isPresent(),
                alert.degraded(),
                alert.kind(),
                alert.severity(),
                alert.severityNumber(),
                alert.title(),
                alert.said(),
                alert.seen(),
                alert.why(),
                alert.clause(),
                alert.call(),
                event.getAlertRaised().getExpected(),
                alert.risk(),
                1,
                alert.status(),
                alert.version(),
                "",
                Optional.empty(),
                "",
                List.of(),
                List.of());
    }

    /** Unique in the tenant. */
    public String key() {
        return session + "/" + cause;
    }

    /** As somebody saw it who knew that version and alerts up to that time. */
    public CauseRow seenAt(long seenVersion, Instant seenLast) {
        return new CauseRow(
                cause,
                session,
                alert,
                seenLast,
                first,
                host,
                agent,
                task,
                isSessionKnown,
                degraded,
                kind,
                severity,
                severityNumber,
                title,
                said,
                seen,
                why,
                clause,
                call,
                expected,
                risk,
                alerts,
                status,
                seenVersion,
                assignee,
                suppression,
                suppressedBy,
                history,
                refusals);
    }

    public boolean isOpen() {
        return status.equals("open");
    }
}
