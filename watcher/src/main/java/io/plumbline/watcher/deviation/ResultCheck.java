package io.plumbline.watcher.deviation;

import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.watcher.attribution.EgressOwners;
import io.plumbline.watcher.attribution.EgressOwners.Owners;
import io.plumbline.watcher.footprint.Footprints;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Holds what the result of a call says of the whole of it, "no files were changed", "nothing was sent", against what its own processes wrote
 * and sent until then. The sentence is a line of its own, the first or the last one of the output, and the call is one command: what one of
 * several programs says of itself says nothing of the others. What goes on after the result is no part of what it tells.
 */
public final class ResultCheck {
    private static final String DRY = "(?:(?:this (?:is|was) a )?dry[- ]run(?: mode| only)?|\\(dry[- ]run\\))";
    private static final String AHEAD = "(?:" + DRY + "[:;,.-]? +|(?:ok|done|success|finished)[:;,.!-]? +)?";

    private static final Pattern NOTHING_CHANGED = Pattern.compile(
            "(?:" + AHEAD
                    + "(?:(?:no|0|zero) (?:files?|changes?)(?: (?:were|was|have been|has been))? (?:changed|modified|written|created|updated|made|touched)"
                    + "|nothing (?:was |has been )?(?:changed|modified|written|updated)|nothing to (?:do|change|write|update))"
                    + "|" + DRY + "(?: (?:complete|completed|finished|done))?)[.!]{0,3}",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern NOTHING_SENT = Pattern.compile(
            AHEAD
                    + "(?:(?:no|0|zero) (?:data|bytes?|files?|requests?)(?: (?:were|was|have been|has been))? (?:sent|uploaded|transmitted|transferred|published)"
                    + "|nothing (?:was |has been )?(?:sent|uploaded|transmitted|published)"
                    + "|no network(?: access| traffic| connections?)?(?: (?:was|were))? (?:used|made|needed))[.!]{0,3}",
            Pattern.CASE_INSENSITIVE);

    /** What makes a command several, or its output another one's; {@code 2>&1} and {@code &>file} do not. */
    private static final Pattern SEVERAL = Pattern.compile("[;|\\n`]|(?<![<>])&(?!>)|\\$\\(|<\\(");

    private static final int MAX_LINE = 120;

    private final WatchState.Builder state;
    private final IntentLedger ledger;

    public ResultCheck(SessionState session, IntentLedger ledger) {
        this.state = session.values();
        this.ledger = ledger;
    }

    /** A result was told, and the ledger has it. */
    public List<Deviation> told(ToolResult result) {
        Optional<Call> known = ledger.call(result.getCall())
                .filter(call -> !call.getBackground()
                        && !SEVERAL.matcher(call.getCommand()).find()
                        && !Footprints.EDITING_TOOLS.contains(call.getTool()));
        if (known.isEmpty()) {
            return List.of();
        }
        String call = result.getCall();
        List<String> lines = ends(result.getOutput());
        ledger.tells(call, sentence(lines, NOTHING_CHANGED), sentence(lines, NOTHING_SENT));
        return ledger.call(call)
                .map(now -> Stream.of(wrote(now), sent(now))
                        .flatMap(Optional::stream)
                        .toList())
                .orElse(List.of());
    }

    /**
     * A process of a call has opened a file for writing, and the ledger has it.
     *
     * @param atNs when, on the host's clock
     */
    public Optional<Deviation> wrote(String call, long atNs) {
        return ledger.call(call).filter(isBeforeResult(atNs)).flatMap(this::wrote);
    }

    /**
     * A connection is over.
     *
     * @param owners whose it is; nobody where several may have made it
     * @param bytes that went out by it
     * @param atNs when, on the host's clock
     */
    public Optional<Deviation> sent(Owners owners, long bytes, long atNs) {
        Optional<String> call = EgressOwners.call(owners);
        if (call.flatMap(ledger::call).filter(isBeforeResult(atNs)).isEmpty()) {
            return Optional.empty();
        }
        ledger.sent(call.get(), bytes);
        return ledger.call(call.get()).flatMap(this::sent);
    }

    private static Predicate<Call> isBeforeResult(long atNs) {
        return call -> IntentLedger.isUntilResult(call, atNs);
    }

    private Optional<Deviation> wrote(Call call) {
        String workspace = state.getTask().getWorkspace() + "/";
        // A result may be told again, by another channel, when what it is told of has gone on for long.
        List<String> written =
                call.getWrittenList().subList(0, call.getWrittenCount() - call.getWrittenLater()).stream()
                        .filter(path -> path.startsWith(workspace) && !PolicyCheck.isByTheWay(path))
                        .toList();
        return call.getNothingChanged().isEmpty() || written.isEmpty()
                ? Optional.empty()
                : Optional.of(deviation(
                        "result-wrote|" + call.getCall(),
                        "A call that tells of no change has written",
                        "call " + call.getCall() + " told \"" + call.getNothingChanged() + "\" and opened "
                                + written.getFirst() + " for writing",
                        call,
                        5));
    }

    private Optional<Deviation> sent(Call call) {
        return call.getNothingSent().isEmpty() || call.getBytesOut() == 0
                ? Optional.empty()
                : Optional.of(deviation(
                        "result-sent|" + call.getCall(),
                        "A call that tells of nothing sent has sent",
                        "call " + call.getCall() + " told \"" + call.getNothingSent() + "\" and sent "
                                + call.getBytesOut() + " bytes",
                        call,
                        10));
    }

    private static Deviation deviation(String key, String title, String seen, Call call, int risk) {
        return new Deviation(
                        DeviationKind.FALSE_REPORT,
                        Severity.LOW,
                        key,
                        title,
                        seen,
                        "The result that the agent works with is not what its processes did.",
                        "report.result",
                        call.getCall(),
                        risk,
                        false)
                .restingOn(List.of(call.getEvent(), call.getRootEvent()))
                .softly();
    }

    /** The first and the last line that are not blank. */
    private static List<String> ends(String output) {
        String text = output.strip();
        int first = text.indexOf('\n');
        int last = text.lastIndexOf('\n');
        return first < 0
                ? List.of(text)
                : List.of(
                        text.substring(0, first).strip(),
                        text.substring(last + 1).strip());
    }

    private static String sentence(List<String> lines, Pattern sentence) {
        return lines.stream()
                .filter(line ->
                        line.length() <= MAX_LINE && sentence.matcher(line).matches())
                .findFirst()
                .orElse("");
    }
}
