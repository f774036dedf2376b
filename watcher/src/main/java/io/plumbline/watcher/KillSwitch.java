package io.plumbline.watcher;

import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.deviation.Deviation;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.Optional;

/** A host's proofs that it can still freeze and thaw: one that fails, and one that does not come, is an alert. */
final class KillSwitch {
    private final WatchState.Builder state;

    KillSwitch(WatchState.Builder state) {
        this.state = state;
    }

    Optional<Deviation> reported(Event event) {
        CanaryReported report = event.getCanaryReported();
        state.setCanaryDueNs(report.getNextDueNs());
        return report.getProven()
                ? Optional.empty()
                : Optional.of(deviation(
                        "not-proven|" + report.getRound(),
                        "The kill switch of a host did not act",
                        "host " + event.getHost() + ": " + report.getProblem()));
    }

    /** By the host's own clock: only the time between its events counts. */
    Optional<Deviation> overdue(Event event) {
        long due = state.getCanaryDueNs();
        return due == 0 || event.getEventTimeNs() <= due
                ? Optional.empty()
                : Optional.of(deviation(
                        "overdue|" + due,
                        "A host has not proven its kill switch in time",
                        "host " + event.getHost() + ": the proof is overdue"));
    }

    /** No risk is added: there is no workload to freeze. */
    private static Deviation deviation(String key, String title, String seen) {
        return new Deviation(
                DeviationKind.TELEMETRY_GAP,
                Severity.CRITICAL,
                key,
                title,
                seen,
                "Sessions on this host may not stand still when they have to.",
                "kill-switch",
                "",
                0,
                false);
    }
}
