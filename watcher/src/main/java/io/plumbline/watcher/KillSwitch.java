package io.plumbline.watcher;

import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.deviation.Deviation;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.Optional;
import java.util.Set;

/** A host's proofs that it can still freeze and thaw: one that fails, and one that does not come, is an alert. */
final class KillSwitch {
    /** How a session is stopped when what runs it does not answer, as {@code RuntimeState.mechanism} names it. */
    private static final Set<String> FORCES = Set.of("sigstop", "cgroup-freezer");

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

    /** A kernel, or a container's runtime, that had to be passed by: the session stands still, and somebody has to know why. */
    static Optional<Deviation> byForce(Event event) {
        RuntimeState runtime = event.getRuntimeState();
        // Bubblewrap has no other way: there it is no sign of anything.
        boolean forced =
                FORCES.contains(runtime.getMechanism()) && !runtime.getRuntime().startsWith("bubblewrap");
        return runtime.getState() != RuntimeState.State.FROZEN || !forced
                ? Optional.empty()
                : Optional.of(new Deviation(
                        DeviationKind.TELEMETRY_GAP,
                        Severity.HIGH,
                        "by-force|" + event.getId(),
                        "A session had to be frozen by force",
                        "host " + event.getHost() + ": " + runtime.getReason(),
                        "What runs the session did not answer in time; it was stopped from outside.",
                        "kill-switch",
                        "",
                        0,
                        false));
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
