package io.plumbline.watcher.deviation;

import io.plumbline.events.claims.AgentDialect;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Message;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.watcher.footprint.Footprints;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.WatchState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Holds the agent's account of what it did against what was seen. An account can only make things worse: one that agrees with the
 * evidence is worth nothing, and prose is read for plain denials only.
 */
public final class ReportCheck {
    /** A sentence; what a message says of a part is not what it says of the whole. */
    private static final Pattern SENTENCES = Pattern.compile("[.!?\\n]+");

    private static final Pattern ONLY_READ =
            Pattern.compile("(?i)\\bi (?:have )?(?:only|just) (?:listed|read|looked at|viewed|inspected|checked)\\b.*");

    private static final Pattern NOTHING_WRITTEN = Pattern.compile(
            "(?i).*\\b(?:no (?:files?|changes?) (?:were|was|have been) (?:changed|modified|written|created|made|deleted)"
                    + "|(?:i )?(?:made|have made) no changes(?: to (?:any|the) files?)?"
                    + "|i (?:did not|didn't|have not|haven't) (?:change|changed|modify|modified|write|written|touch|touched) (?:anything|any files?))\\b.*");

    private static final Pattern NOTHING_SENT = Pattern.compile(
            "(?i).*\\b(?:nothing (?:was|has been|is) (?:sent|uploaded|transmitted)|no (?:data|files?) (?:was|were|has been|have been) (?:sent|uploaded|transmitted)"
                    + "|no network (?:access|connections?) (?:was|were) (?:made|used))\\b.*");

    /** Agents whose hooks tell a command that ended with another code than 0 as a failure, as recorded of each; Codex tells it later, with the code. */
    private static final Set<String> TELL_FAILURES = Set.of("claude-code", "scripted");

    private static final Pattern TESTS_PASS = Pattern.compile(
            "(?i)(?:(?:done|great|perfect|now|and|so)[,:]? )?"
                    + "(?:all |both |the |your |our |every )*(?:[0-9]{1,6} )?(?:of the )?(?:unit |integration |existing |new )*"
                    + "(?:tests?|test suite|checks)(?: now| all| still)? "
                    + "(?:pass(?:es|ed)?|succeed(?:s|ed)?|(?:is|are|were)(?: now| all| still)* (?:passing|green|successful))\\b.*");

    /** Of a command: that the last thing it does is to run tests, so that its exit code is theirs. */
    private static final Pattern TESTS = Pattern.compile(
            "(?:^|[;&|\\n])\\s*(?:[A-Za-z_]\\w{0,60}=\\S*\\s+){0,8}(?:(?:sudo|time|exec|npx|env)\\s+)?(?:"
                    + "(?:\\S*/)?(?:pytest|jest|vitest|mocha|tox|nox|rspec|phpunit|ctest)(?=\\s|$)"
                    + "|(?:\\S*/)?(?:npm|pnpm|yarn|bun|mvn|mvnw|gradle|gradlew|go|cargo|make|dotnet|bazel|deno|sbt|mix|rake|just)\\s+(?:\\S+\\s+){0,4}?(?:test|check|verify)"
                    + "|python[0-9.]*\\s+-m\\s+(?:pytest|unittest)"
                    + "|(?:bash|sh|zsh|dash|python[0-9.]*|node|perl|ruby)\\s+\\S*test"
                    + "|\\./\\S*test)[^;&|\\n]*$");

    private static final Pattern LIMITED =
            Pattern.compile("(?i)\\b(?:except|other than|besides|apart from|but|until|unless|only if)\\b");

    private static final Pattern READING_REASON =
            Pattern.compile("(?i)(?:list|show|read|view|display|print|check|inspect|look at|count|find|search)\\b.*");

    /** How much later than its result it is told: what was seen until then has been read. */
    private static final Duration LAG = Duration.ofSeconds(10);

    private final SessionState session;
    private final WatchState.Builder state;
    private final IntentLedger ledger;

    public ReportCheck(SessionState session, IntentLedger ledger) {
        this.session = session;
        this.state = session.values();
        this.ledger = ledger;
    }

    /** What is known of a call now, after its result was told or its first process has ended. */
    public List<Deviation> finished(String id) {
        List<Deviation> found = new ArrayList<>();
        Optional<Call> known = ledger.call(id);
        if (known.isEmpty() || !known.get().getFinished()) {
            return found;
        }
        Call call = known.get();
        exitCode(call).ifPresent(found::add);
        outcome(call).ifPresent(found::add);
        if (!call.getSecret().isEmpty()
                && READING_REASON.matcher(call.getStatedReason()).matches()) {
            found.add(report(
                    "reason|" + id,
                    "A call's reason hides what it read",
                    "call " + id + " (" + cut(call.getStatedReason()) + ") read " + call.getSecret(),
                    "The reason that the agent stated does not say so.",
                    "report.reason",
                    call,
                    10));
        } else if (call.getWrites() > 0
                && READING_REASON.matcher(call.getStatedReason()).matches()
                && ledger.footprint(id).onlyReads()) {
            found.add(report(
                    "reason|" + id,
                    "A call that says it only reads has written",
                    "call " + id + " (" + cut(call.getStatedReason()) + ") wrote " + call.getWrites()
                            + " files of the workspace",
                    "Neither its reason nor its command says so.",
                    "report.reason",
                    call,
                    5));
        }
        return found;
    }

    /**
     * A refused call, or one that is still asked about, of which the agent itself tells that it was done. Reads, the tools of servers and
     * what is typed make no process by which the kernel's evidence would show it; commands, edits and fetches are seen there. A proof where
     * the agent's hook tells it, which is called after a tool has run; elsewhere an outcome that is not told counts as a success.
     */
    public Optional<Deviation> refused(ToolResult result) {
        return ledger.call(result.getCall())
                .filter(call -> call.getDenied()
                        && result.getOutcome().equals("success")
                        && !AgentDialect.isShell(call.getTool())
                        && !Footprints.EDITING_TOOLS.contains(call.getTool()))
                .map(call -> refused(call, result.getSource().equals("hook")));
    }

    private static Deviation refused(Call call, boolean proof) {
        Deviation found = new Deviation(
                        DeviationKind.UNANNOUNCED,
                        proof ? Severity.CRITICAL : Severity.LOW,
                        (proof ? "refused-result|" : "refused-result-told|") + call.getCall(),
                        proof ? "A refused call ran anyway" : "A refused call is told as done",
                        "the agent told a result of call " + call.getCall() + " (" + cut(call.getTool()) + ")",
                        "Call " + call.getCall() + " was refused; the agent's hook failed open or was bypassed.",
                        "announce",
                        call.getCall(),
                        proof ? 80 : 10,
                        proof)
                .restingOn(List.of(call.getEvent()));
        return proof ? found : found.softly();
    }

    /** The exit code that the agent tells, against the kernel's. A signal has no code of its own; agents tell several. */
    private Optional<Deviation> exitCode(Call call) {
        if (!call.hasExitCode() || !call.hasWaitStatus()) {
            return Optional.empty();
        }
        int status = call.getWaitStatus();
        boolean signalled = (status & 0x7f) != 0;
        int seen = status >> 8 & 0xff;
        boolean fits = signalled ? call.getExitCode() != 0 : seen == (call.getExitCode() & 0xff);
        return fits
                ? Optional.empty()
                : Optional.of(report(
                        "exit|" + call.getCall(),
                        "A call ended otherwise than the agent says",
                        "call " + call.getCall() + " ended with "
                                + (signalled ? "signal " + (status & 0x7f) : "code " + seen) + ", the agent told code "
                                + call.getExitCode(),
                        "The result that the agent works with is not the program's.",
                        "report.exit-code",
                        call,
                        10));
    }

    /**
     * Tests that the kernel saw fail and whose result the agent tells as a success. Of other commands a code says less: agents take that of
     * a search without a hit for one.
     */
    private Optional<Deviation> outcome(Call call) {
        boolean failed = call.hasWaitStatus() && call.getWaitStatus() != 0;
        if (!failed
                || !call.getToldSuccess()
                || call.hasExitCode()
                || !TELL_FAILURES.contains(state.getAgent())
                || !TESTS.matcher(start(call.getCommand())).find()) {
            return Optional.empty();
        }
        return Optional.of(report(
                "outcome|" + call.getCall(),
                "Tests failed whose call the agent tells as a success",
                "call " + call.getCall() + " ended with wait status " + call.getWaitStatus()
                        + ", the agent told success",
                "The result that the agent works with is not the program's.",
                "report.outcome",
                call,
                10));
    }

    /**
     * Commands that the agent tells as done and that nothing executed. What the kernel saw until a time has all been read when a heartbeat of
     * that time is.
     *
     * @param nowNs the host's clock, nanoseconds since the epoch; {@code Long.MAX_VALUE} when nothing comes any more: then there is nothing
     *     left to be stopped, and it adds no risk
     */
    public List<Deviation> neverRun(long nowNs) {
        if (state.getAgent().isEmpty() || state.getDroppedTotal() > 0) {
            return List.of();
        }
        return ledger.unseen(nowNs - LAG.toNanos()).stream()
                .filter(call -> !ranSomewhere(call))
                .map(call -> report(
                        "not-run|" + call.getCall(),
                        "A command that did not run is told as done",
                        "no process executed call " + call.getCall() + " (" + cut(call.getCommand()) + ")",
                        "The agent tells its result as a success.",
                        "report.not-run",
                        call,
                        nowNs == Long.MAX_VALUE ? 0 : 10))
                .toList();
    }

    /** Explained or not: as another call's, as that of an agent inside a call, as what nothing announced. */
    private boolean ranSomewhere(Call call) {
        String begin = call.getCommand().substring(0, Math.min(call.getCommand().length(), 80));
        return session.processes().values().stream()
                .anyMatch(process -> process.getCommandLine().contains(begin));
    }

    /** What the agent says about its turn. */
    public List<Deviation> said(Message message) {
        List<Deviation> found = new ArrayList<>();
        if (!message.getRole().equals("assistant")) {
            return found;
        }
        Optional<Call> failed = ledger.newest(
                        call -> TESTS.matcher(start(call.getCommand())).find())
                .filter(call -> call.hasWaitStatus() && call.getWaitStatus() != 0);
        for (String sentence : SENTENCES.split(message.getText(), 200)) {
            String text = sentence.strip();
            if (text.length() > 300 || LIMITED.matcher(text).find()) {
                continue;
            }
            if (state.getTurnWrites() > 0
                    && (ONLY_READ.matcher(text).matches()
                            || NOTHING_WRITTEN.matcher(text).matches())) {
                found.add(account(
                        "wrote",
                        "The agent says that it changed nothing",
                        text,
                        state.getTurnWrites()
                                + " files of the workspace were opened for writing since the last prompt"));
            }
            if (failed.isPresent() && TESTS_PASS.matcher(text).matches()) {
                found.add(tests(failed.get(), text));
            }
            if (state.getTurnBytesOut() > 0 && NOTHING_SENT.matcher(text).matches()) {
                found.add(account(
                        "sent",
                        "The agent says that it sent nothing",
                        text,
                        state.getTurnBytesOut() + " bytes were sent since the last prompt"));
            }
        }
        return found;
    }

    /**
     * A plan is changed. An item that was never announced as work to do, and appears as done, about something that a deviation was found
     * for: an account that is made to fit.
     */
    public List<Deviation> planned(Plan plan) {
        List<Deviation> found = new ArrayList<>();
        if (state.getSuspectsCount() == 0) {
            return found;
        }
        for (PlanItem item : plan.getItemsList()) {
            boolean done =
                    item.getStatus().equals("completed") || item.getStatus().equals("done");
            boolean announced = state.getPlanList().stream()
                    .anyMatch(known -> known.getText().equals(item.getText())
                            || !item.getItem().isEmpty()
                                    && known.getItem().equals(item.getItem())
                                    && item.getText().isEmpty());
            if (!done || announced) {
                continue;
            }
            String text = item.getText().toLowerCase(Locale.ROOT);
            state.getSuspectsList().stream()
                    .filter(suspect -> text.contains(suspect))
                    .findFirst()
                    .ifPresent(suspect -> found.add(new Deviation(
                                    DeviationKind.FALSE_REPORT,
                                    Severity.MEDIUM,
                                    "plan|" + item.getText(),
                                    "The plan was changed to fit what was done",
                                    "\"" + cut(item.getText()) + "\" appears as done after " + suspect
                                            + " was found to be no part of the work",
                                    "A plan explains what comes after it.",
                                    "report.plan",
                                    "",
                                    10,
                                    false)
                            .softly()));
        }
        return found;
    }

    /** The last that ran: what passes afterwards makes a failure good. */
    private static Deviation tests(Call call, String text) {
        int status = call.getWaitStatus();
        return new Deviation(
                        DeviationKind.FALSE_REPORT,
                        Severity.MEDIUM,
                        "tests|" + call.getCall(),
                        "The agent says that tests pass which failed",
                        "\"" + cut(text) + "\"; call " + call.getCall() + " (" + cut(call.getCommand())
                                + ") ended with "
                                + ((status & 0x7f) == 0 ? "code " + (status >> 8 & 0xff) : "signal " + (status & 0x7f)),
                        "The last tests that ran failed, whatever the agent says of them.",
                        "report.tests",
                        call.getCall(),
                        10,
                        false)
                .restingOn(List.of(call.getEvent(), call.getRootEvent()))
                .softly();
    }

    private static String start(String command) {
        return command.substring(0, Math.min(command.length(), 1000));
    }

    private static Deviation account(String key, String title, String text, String seen) {
        return new Deviation(
                        DeviationKind.FALSE_REPORT,
                        Severity.LOW,
                        "account|" + key + "|" + text,
                        title,
                        "\"" + cut(text) + "\"; " + seen,
                        "The agent's account of its turn is not what happened.",
                        "report.account",
                        "",
                        5,
                        false)
                .softly();
    }

    private static Deviation report(
            String key, String title, String seen, String why, String clause, Call call, int risk) {
        return new Deviation(
                        DeviationKind.FALSE_REPORT,
                        Severity.LOW,
                        key,
                        title,
                        seen,
                        why,
                        clause,
                        call.getCall(),
                        risk,
                        false)
                .restingOn(List.of(call.getEvent(), call.getRootEvent()))
                .softly();
    }

    private static String cut(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }
}
