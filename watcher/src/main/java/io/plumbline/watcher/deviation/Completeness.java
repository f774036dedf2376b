package io.plumbline.watcher.deviation;

import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.TraceLoss;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.List;
import java.util.Optional;

/** Whether everything that was reported arrived: "nothing was seen" is never taken for "nothing happened". */
public final class Completeness {
    /** How an event stands in its channel's sequence. */
    public enum Place {
        NEXT,
        /** Seen before: a repeated delivery. */
        REPEATED,
        /** Events between the last one and this are missing. */
        AFTER_A_GAP
    }

    private final WatchState.Builder state;

    public Completeness(SessionState state) {
        this.state = state.values();
    }

    /** Where the event stands; moves the channel's sequence on. Events without a sequence number are always next. */
    public Place place(Event event) {
        long seq = event.getSeq();
        if (seq == 0) {
            return Place.NEXT;
        }
        if (isRepeated(event)) {
            return Place.REPEATED;
        }
        long last = last(event);
        switch (event.getChannel()) {
            case CLAIMS -> state.setLastClaimsSeq(seq);
            case EVIDENCE -> state.setLastEvidenceSeq(seq);
            case CONTROL, VERDICTS, CHANNEL_UNSPECIFIED, UNRECOGNIZED -> state.setLastControlSeq(seq);
        }
        return seq == last + 1 ? Place.NEXT : Place.AFTER_A_GAP;
    }

    /** Whether the event, or a later one of its channel, was taken before. */
    public boolean isRepeated(Event event) {
        return event.getSeq() != 0 && event.getSeq() <= last(event);
    }

    private long last(Event event) {
        return switch (event.getChannel()) {
            case CLAIMS -> state.getLastClaimsSeq();
            case EVIDENCE -> state.getLastEvidenceSeq();
            case CONTROL, VERDICTS, CHANNEL_UNSPECIFIED, UNRECOGNIZED -> state.getLastControlSeq();
        };
    }

    /** The deviation for a hole in a channel's sequence. */
    public static Deviation gap(Event event) {
        String channel = event.getChannel().name().toLowerCase(java.util.Locale.ROOT);
        return gap(
                channel + ":" + event.getSeq(),
                "Events are missing",
                "the " + channel + " of this session jump to number " + event.getSeq(),
                "What happened in between is unknown.",
                Severity.HIGH,
                40);
    }

    /**
     * The deviation for windows of correlations that were lost.
     *
     * @param judges their versions
     */
    public static Deviation memoryUnreadable(String judges) {
        return gap(
                        "judge-memory|" + judges,
                        "What the rules remembered is lost",
                        "the memory of " + judges + " in the session's state could not be read",
                        "Correlations of this session begin anew; what they had counted is not known any more.",
                        Severity.MEDIUM,
                        10)
                .softly();
    }

    /**
     * The deviation for judges that were activated and could not be loaded, after an update of the product for example.
     *
     * @param missing one line for each, with the reason; empty: none
     */
    public static Optional<Deviation> notLoaded(List<String> missing) {
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        String seen = cut(String.join("; ", missing));
        return Optional.of(gap(
                        "judges-not-loaded|" + seen,
                        "What was activated does not judge this session",
                        seen,
                        "Rules or a model that people put in force could not be loaded; older ones or those of the product judge.",
                        Severity.HIGH,
                        10)
                .softly());
    }

    /** The deviation for a heartbeat that names more events than have arrived before it. */
    public Optional<Deviation> missingBefore(Heartbeat heartbeat) {
        if (heartbeat.getLastClaimsSeq() <= state.getLastClaimsSeq()
                && heartbeat.getLastEvidenceSeq() <= state.getLastEvidenceSeq()) {
            return Optional.empty();
        }
        return Optional.of(gap(
                "heartbeat:" + heartbeat.getLastClaimsSeq() + ":" + heartbeat.getLastEvidenceSeq(),
                "Events are missing",
                "the host has numbered " + heartbeat.getLastClaimsSeq() + " claims and "
                        + heartbeat.getLastEvidenceSeq() + " evidence events, "
                        + state.getLastClaimsSeq() + " and " + state.getLastEvidenceSeq() + " arrived",
                "What happened in between is unknown.",
                Severity.HIGH,
                40));
    }

    /** Whether the silence that a tick tells is that of one ingest alone, and newer evidence came by another. */
    public static boolean isHeardElsewhere(Event tick, WatchState.Builder state) {
        return state.getLastEvidenceSeq() > tick.getTick().getLastEvidenceSeq()
                && tick.getTick().getSilentSinceNs() > 0;
    }

    /** The deviation for a session of which nothing comes any more, told once for each silence. */
    public Optional<Deviation> silent(Event event) {
        long since = event.getTick().getSilentSinceNs();
        // It adds no risk, and is no finding: those that a session makes must not use up the room of this one.
        return since == 0 || isHeardElsewhere(event, state)
                ? Optional.empty()
                : Optional.of(gap(
                        // Each life of ingest has its own time for it.
                        "silent|after " + state.getLastEvidenceSeq(),
                        "A session's host is silent",
                        "nothing has come of this session for " + (event.getEventTimeNs() - since) / 1_000_000_000
                                + " s",
                        "Its host reports each second. Nobody sees what the session does, and no order reaches it until the"
                                + " host is back; within the policy's patience the host stops it by itself.",
                        Severity.HIGH,
                        0));
    }

    /** The deviation for messages that the host could not see. */
    public Deviation lost(TraceLoss loss) {
        state.setDroppedTotal(Math.max(state.getDroppedTotal() + loss.getDropped(), loss.getDroppedTotal()));
        return gap(
                // Each time the total doubles it counts again: a loss that goes on ends in a freeze.
                "loss:" + loss.getCause() + ":" + (64 - Long.numberOfLeadingZeros(state.getDroppedTotal())),
                "Trace messages were lost",
                loss.getDropped() + " messages lost (" + loss.getCause() + "), " + state.getDroppedTotal() + " in all",
                "The workload may have done more than was seen.",
                Severity.HIGH,
                35);
    }

    /** The deviation for a table of the state that has no room left; nothing new leaves until somebody has looked. */
    public static Deviation tableFull(String what) {
        return new Deviation(
                DeviationKind.TELEMETRY_GAP,
                Severity.HIGH,
                "full:" + what,
                "More than can be followed",
                "more " + what + " than are remembered",
                "What was forgotten cannot be told apart any more.",
                "limits",
                "",
                40,
                true);
    }

    /** The deviation for a session whose end does not account for everything. */
    public static Optional<Deviation> unaccounted(SessionReconciled end) {
        return end.getComplete()
                ? Optional.empty()
                : Optional.of(gap(
                        "reconciled",
                        "The session's evidence is incomplete",
                        end.getReason(),
                        "The workload may have done more than was seen.",
                        Severity.HIGH,
                        35));
    }

    /** The deviation for a result of a call that no hook announced. */
    public static Deviation hookMissing(String call, String tool) {
        return gap(
                "hook:" + call,
                "A call ran without being announced",
                "a result for call " + call + " (" + tool + ") arrived, the call itself never did",
                "The agent's hook was missing, failed open or was bypassed.",
                Severity.HIGH,
                40);
    }

    /**
     * The deviation for a call that two channels tell differently.
     *
     * @param first what the first one told, one line; may be empty
     */
    public static Deviation contradicted(ToolCall call, String first) {
        String now = call.getCommand().isEmpty() ? call.getArgumentsJson() : call.getCommand();
        return new Deviation(
                DeviationKind.FALSE_REPORT,
                Severity.HIGH,
                "contradiction:" + call.getCall(),
                "Claims contradict each other",
                "call " + call.getCall() + ": " + call.getContradicts() + " told " + cut(first) + ", "
                        + call.getSource() + " tells " + cut(now),
                "One of the agent's own records is false.",
                "contradiction",
                call.getCall(),
                40,
                true);
    }

    /** What an analyst should know about the profile that the session is held against; adds no risk. */
    public static Deviation otherProfile(String note) {
        return new Deviation(
                DeviationKind.TELEMETRY_GAP,
                Severity.INFORMATIONAL,
                "profile",
                "The agent's version has no profile of its own",
                note,
                "What it runs on its own account may look different.",
                "profile",
                "",
                0,
                false);
    }

    private static String cut(String line) {
        return line.length() <= 300 ? line : line.substring(0, 300) + "…";
    }

    private static Deviation gap(String key, String title, String seen, String why, Severity severity, int risk) {
        return new Deviation(
                DeviationKind.TELEMETRY_GAP, severity, key, title, seen, why, "completeness", "", risk, true);
    }
}
