package io.plumbline.watcher.intent;

import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.watcher.footprint.Footprint;
import io.plumbline.watcher.footprint.Footprints;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the agent said it would do. Everything here is the agent's word, and is only ever used as that. */
public final class IntentLedger {
    private static final String GEMINI_BEGIN = "shopt -u promptvars nullglob extglob nocaseglob dotglob; _bgpids_file=";
    private static final String GEMINI_END = "\n)\n__code=$?\nexit $__code";
    private static final String GEMINI_TRAP = "\n(\n  trap 'jobs -p > \"$_bgpids_file\"' EXIT\n";
    private static final Pattern GEMINI_FILE = Pattern.compile("'?[A-Za-z0-9_./-]{1,200}'?");

    private final SessionState session;
    private final WatchState.Builder state;

    public IntentLedger(SessionState session) {
        this.session = session;
        this.state = session.values();
    }

    /** Takes over a plan, or a change to it. */
    public void plan(Plan plan) {
        if (!plan.getIncremental()) {
            state.clearPlan();
        }
        for (PlanItem item : plan.getItemsList()) {
            int known = plan.getIncremental() ? indexOf(item) : -1;
            if (known >= 0) {
                PlanItem.Builder merged = state.getPlanBuilder(known);
                if (!item.getText().isEmpty()) {
                    merged.setText(item.getText());
                }
                if (!item.getStatus().isEmpty()) {
                    merged.setStatus(item.getStatus());
                }
            } else if (state.getPlanCount() < StateLimits.PLAN_ITEMS) {
                state.addPlan(item);
            }
        }
    }

    /** Announces a call. A second announcement under the same id replaces the first only while nothing was attributed to it. */
    public void announce(ToolCall call, String event) {
        Call known = state.getCallsMap().get(call.getCall());
        if (known != null && (known.getStarted() || known.getFinished())) {
            return;
        }
        if (known == null && state.getCallsCount() >= StateLimits.CALLS) {
            forgetOldest();
        }
        state.setCallsSeen(state.getCallsSeen() + 1);
        state.putCalls(
                call.getCall(),
                Call.newBuilder()
                        .setCall(call.getCall())
                        .setTool(call.getTool())
                        .setCommand(call.getCommand())
                        .addAllPaths(call.getPathsList())
                        .setStatedReason(call.getStatedReason())
                        .setEvent(event)
                        .setNumber(state.getCallsSeen())
                        .setCwd(call.getCwd())
                        .setTurn(state.getTurn())
                        .build());
    }

    /** The calls announced before this one, oldest first, at most {@code limit}. */
    public List<Call> before(String call, int limit) {
        long number = call(call).map(Call::getNumber).orElse(Long.MAX_VALUE);
        List<Call> earlier = state.getCallsMap().values().stream()
                .filter(known -> known.getNumber() < number)
                .sorted(Comparator.comparingLong(Call::getNumber))
                .toList();
        return earlier.subList(Math.max(0, earlier.size() - limit), earlier.size());
    }

    /** What the call can honestly need; of one that is not known, anything. */
    public Footprint footprint(String call) {
        Call known = state.getCallsMap().get(call);
        return known == null ? Footprint.OPEN : session.footprint(known.getEvent(), () -> footprint(known));
    }

    private Footprint footprint(Call call) {
        String cwd = call.getCwd().isEmpty() ? state.getTask().getWorkspace() : call.getCwd();
        String home = state.getTask().getHome();
        return call.getCommand().isBlank()
                ? Footprints.ofTool(call.getTool(), call.getPathsList(), "", cwd, home)
                : Footprints.ofCommand(call.getCommand(), cwd, home);
    }

    /** False when the result belongs to a call that nobody announced: a hook was missing or bypassed. */
    public boolean finish(ToolResult result) {
        Call call = state.getCallsMap().get(result.getCall());
        if (call == null) {
            return false;
        }
        Call.Builder finished = call.toBuilder().setFinished(true);
        if (result.hasExitCode()) {
            finished.setExitCode(result.getExitCode());
        }
        state.putCalls(result.getCall(), finished.build());
        return true;
    }

    public void deny(String call) {
        change(call, known -> known.setDenied(true));
    }

    public void allow(String call) {
        change(call, known -> known.setDenied(false));
    }

    /**
     * A process executes the call.
     *
     * @param root its key; of several the first one counts
     * @param event that told of it
     */
    public void started(String call, String root, String event) {
        change(
                call,
                known -> known.getStarted()
                        ? known
                        : known.setStarted(true).setRoot(root).setRootEvent(event));
    }

    /** The first process of a call has ended. */
    public void ended(String call, String process, int waitStatus) {
        change(call, known -> known.getRoot().equals(process) ? known.setWaitStatus(waitStatus) : known);
    }

    /** A process of the call has written a file of the workspace. Beyond a hundred the number says no more. */
    public void wroteInWorkspace(String call) {
        if (call(call).filter(known -> known.getWrites() < 100).isPresent()) {
            change(call, known -> known.setWrites(known.getWrites() + 1));
        }
    }

    /** A process of the call has opened a file for writing; the first ones are remembered. */
    public void wrote(String call, String path) {
        boolean more = call(call)
                .filter(known -> known.getWrittenCount() < StateLimits.WRITTEN
                        && !known.getWrittenList().contains(path))
                .isPresent();
        if (more) {
            change(call, known -> known.addWritten(path));
        }
    }

    /**
     * A process of the call has read a credential.
     *
     * @param event that told of it
     */
    public void readSecret(String call, String path, String event) {
        change(call, known -> known.setSecret(path).setSecretEvent(event));
    }

    /** A person has looked at what the calls have read until now. */
    public void forgetSecrets() {
        List<String> calls = state.getCallsMap().values().stream()
                .filter(call -> !call.getSecret().isEmpty())
                .map(Call::getCall)
                .toList();
        calls.forEach(call -> change(call, known -> known.clearSecret().clearSecretEvent()));
    }

    public Optional<Call> call(String call) {
        return Optional.ofNullable(state.getCallsMap().get(call));
    }

    /**
     * The announced, allowed and unfinished call that {@code argv} executes: its command is one whole argument, or the one
     * that Claude Code's wrapper evaluates. Of several equal calls the first one that nothing was attributed to.
     */
    public Optional<Call> explaining(List<String> argv) {
        return state.getCallsMap().values().stream()
                .filter(call -> !call.getDenied() && !call.getFinished() && executes(argv, call))
                .min(Comparator.comparing(Call::getStarted).thenComparing(Call::getNumber));
    }

    /** The call that was announced and refused, and that {@code argv} executes all the same; unless an equal one is allowed. */
    public Optional<Call> refused(List<String> argv) {
        return state.getCallsMap().values().stream()
                .filter(call -> call.getDenied() && executes(argv, call))
                .min(Comparator.comparing(Call::getNumber));
    }

    /** An open or finished call by which the agent may itself write {@code path}. */
    public Optional<Call> editing(String path) {
        return state.getCallsMap().values().stream()
                .filter(call -> !call.getDenied() && mayEdit(call, path))
                .max(Comparator.comparing(Call::getNumber));
    }

    private static boolean mayEdit(Call call, String path) {
        if (call.getCommand().contains("apply_patch")) {
            return true;
        }
        if (!Footprints.EDITING_TOOLS.contains(call.getTool())) {
            return false;
        }
        // A temporary name beside the file ends up as the file by rename, which carries no names in the trace.
        return call.getPathsCount() == 0
                || call.getPathsList().stream().anyMatch(named -> path.equals(named) || path.startsWith(named + "."));
    }

    private static boolean executes(List<String> argv, Call call) {
        String command = call.getCommand();
        return !command.isBlank() && argv.stream().anyMatch(argument -> carries(argument, command));
    }

    /**
     * Whether an argument is the command, or a wrapper around nothing but the command. Claude Code 2.1.330 runs
     * {@code source SNAPSHOT … && eval 'COMMAND' < /dev/null && pwd -P >| FILE}; Codex 0.169.0 re-executes
     * {@code …; exec '/bin/bash' -c 'COMMAND'} before the plain command; Gemini CLI 0.61.0 puts it in a subshell that notes its
     * background jobs.
     */
    private static boolean carries(String argument, String command) {
        if (argument.equals(command)) {
            return true;
        }
        String claude = "'" + command.replace("'", "'\"'\"'") + "'";
        if (argument.startsWith("source ") && argument.contains(" && eval " + claude + " ")) {
            return argument.indexOf(" && eval ") == argument.lastIndexOf(" && eval " + claude + " ");
        }
        if (argument.startsWith(GEMINI_BEGIN)) {
            int trap = argument.indexOf(GEMINI_TRAP);
            return trap > 0
                    && GEMINI_FILE
                            .matcher(argument.substring(GEMINI_BEGIN.length(), trap))
                            .matches()
                    && argument.substring(trap).equals(GEMINI_TRAP + command.strip() + GEMINI_END);
        }
        String codex = "'" + command.replace("'", "'\\''") + "'";
        return argument.endsWith("exec '/bin/bash' -c " + codex)
                || argument.endsWith("exec '/bin/bash' -c '" + command.replace("'", "'\"'\"'") + "'");
    }

    private void change(String call, java.util.function.UnaryOperator<Call.Builder> change) {
        Call known = state.getCallsMap().get(call);
        if (known != null) {
            state.putCalls(call, change.apply(known.toBuilder()).build());
        }
    }

    private int indexOf(PlanItem item) {
        for (int i = 0; i < state.getPlanCount(); i++) {
            PlanItem known = state.getPlan(i);
            boolean same = item.getItem().isEmpty()
                    ? known.getText().equals(item.getText())
                    : known.getItem().equals(item.getItem());
            if (same) {
                return i;
            }
        }
        return -1;
    }

    private void forgetOldest() {
        state.getCallsMap().values().stream()
                .min(Comparator.comparing((Call call) -> !call.getFinished()).thenComparing(Call::getNumber))
                .ifPresent(call -> {
                    state.removeCalls(call.getCall());
                    state.getEvictedBuilder().setCalls(state.getEvicted().getCalls() + 1);
                });
    }
}
