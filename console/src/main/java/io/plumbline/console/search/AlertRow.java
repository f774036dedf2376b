package io.plumbline.console.search;

import java.time.Instant;
import java.util.List;

/**
 * One alert.
 *
 * @param id id of the alert's event
 * @param kind unannounced, out_of_policy, off_plan, rule, false_report, telemetry_gap, cross_session
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
    public boolean isOpen() {
        return status.equals("open");
    }
}
