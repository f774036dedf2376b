package io.plumbline.watcher.intent;

import io.plumbline.events.EventIds;
import io.plumbline.events.EventLimits;
import io.plumbline.events.claims.AgentDialect;
import io.plumbline.events.v1.McpServer;
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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the agent said it would do. Everything here is the agent's word, and is only ever used as that. */
public final class IntentLedger {
    private static final String PATCHING = "apply_patch";

    /** Claude Code's argument for a command whose result is told when it starts. */
    private static final Pattern BACKGROUND = Pattern.compile("\"run_in_background\"\\s*:\\s*true");

    /** How much later than its result something of a call may be seen. */
    private static final long LAG_NS = 10_000_000_000L;

    private static final Pattern SERVER_NAME = Pattern.compile("[^A-Za-z0-9_-]");

    private final SessionState session;
    private final WatchState.Builder state;
    private final SequencedMap<String, Call> calls;

    public IntentLedger(SessionState session) {
        this.session = session;
        this.state = session.values();
        this.calls = session.calls();
    }

    /** Takes over a plan, or a change to it. */
    public void plan(Plan plan) {
        if (!plan.getIncremental()) {
            state.clearPlan();
        }
        for (PlanItem told : plan.getItemsList()) {
            PlanItem item = PlanItem.newBuilder()
                    .setItem(EventLimits.cut(told.getItem(), StateLimits.PLAN_ITEM_ID))
                    .setText(EventLimits.cut(told.getText(), StateLimits.PLAN_TEXT))
                    .setStatus(EventLimits.cut(told.getStatus(), StateLimits.PLAN_ITEM_ID))
                    .build();
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
            } else {
                state.getEvictedBuilder().setPlanItems(state.getEvicted().getPlanItems() + 1);
            }
        }
    }

    /**
     * Announces a call.
     *
     * @param heardNs when the host heard it, nanoseconds since the epoch
     * @return false when its id has been used for something else: the call before stays as it is, and this one is none
     */
    public boolean announce(ToolCall call, String event, long heardNs) {
        Call known = calls.get(call.getCall());
        boolean same = known != null && says(known, call);
        if (known != null && known.getGated() && call.getGated()) {
            return same;
        }
        if (known != null && (known.getStarted() || known.getFinished())) {
            return same || !call.getGated();
        }
        if (known == null && StateLimits.isTimeToForget(calls.size(), StateLimits.SETTLED_CALLS, StateLimits.CALLS)) {
            forgetOldest();
        }
        if (session.callBytes() > StateLimits.CALL_BYTES) {
            forgetBytes();
        }
        state.setCallsSeen(state.getCallsSeen() + 1);
        session.forget(call.getCall());
        boolean served = !call.getMcpServer().isEmpty();
        session.keep(Call.newBuilder()
                .setCall(call.getCall())
                .setTool(call.getTool())
                .setMcpServer(served ? server(call) : "")
                .setAnnouncedNs(served ? heardNs : 0)
                .setCommand(call.getCommand())
                .addAllPaths(call.getPathsList())
                .setStatedReason(call.getStatedReason())
                .setEvent(event)
                .setNumber(state.getCallsSeen())
                .setCwd(call.getCwd())
                .setRealCwd(call.getRealCwd())
                .setTurn(state.getTurn())
                .setGated(call.getGated())
                .setArgumentsSha256(EventIds.sha256Hex(call.getArgumentsJson()))
                .addAllHosts(hosts(call))
                .setBackground(BACKGROUND.matcher(call.getArgumentsJson()).find())
                .build());
        return true;
    }

    /**
     * The configured server whose tool it is, by the longest name that the tool's begins with: names may hold what agents join them with.
     * Else as the claim has it.
     */
    private String server(ToolCall call) {
        return state.getMcpServersList().stream()
                .map(server -> inToolNames(server.getName()))
                .filter(name -> !name.isEmpty()
                        && (call.getTool().startsWith("mcp__" + name + "__")
                                || call.getTool().startsWith("mcp_" + name + "_")))
                .max(Comparator.comparingInt(String::length))
                .orElse(call.getMcpServer());
    }

    /** Whether the tools of another configured server have the same names. One that several files configure is one. */
    public boolean isNamedAlike(String server) {
        String name = inToolNames(server);
        return state.getMcpServersList().stream()
                .map(McpServer::getName)
                .anyMatch(other -> other.length() == name.length()
                        && !other.equals(server)
                        && inToolNames(other).equals(name));
    }

    /**
     * The same act. A request for more rights is told without what the announcement had beside it, and a call that was remembered by an
     * earlier version has no hash.
     */
    private static boolean says(Call known, ToolCall call) {
        boolean same = known.getTool().equals(call.getTool())
                && known.getCommand().equals(call.getCommand())
                && known.getPathsList().equals(call.getPathsList());
        boolean further = call.getEscalation() || known.getArgumentsSha256().isEmpty();
        return same
                && (further
                        || known.getCwd().equals(call.getCwd())
                                && known.getArgumentsSha256().equals(EventIds.sha256Hex(call.getArgumentsJson())));
    }

    /** Where a tool that is no shell says that it goes; of a command they stand in its text. */
    private static List<String> hosts(ToolCall call) {
        return call.getCommand().isBlank()
                ? Footprints.ofTool(call.getTool(), List.of(), call.getArgumentsJson(), "/", "").contacts().stream()
                        .limit(StateLimits.CALL_HOSTS)
                        .toList()
                : List.of();
    }

    /** The last announced call of this kind. */
    public Optional<Call> newest(Predicate<Call> kind) {
        return calls.values().stream().filter(kind).max(Comparator.comparingLong(Call::getNumber));
    }

    /** The calls announced before this one, oldest first, at most {@code limit}. */
    public List<Call> before(String call, int limit) {
        return below(call(call).map(Call::getNumber).orElse(Long.MAX_VALUE), limit);
    }

    /** The same with the call itself; of one that is not known, the newest. */
    public List<Call> upTo(String call, int limit) {
        return below(call(call).map(known -> known.getNumber() + 1).orElse(Long.MAX_VALUE), limit);
    }

    private List<Call> below(long number, int limit) {
        List<Call> earlier = new ArrayList<>(limit);
        for (Call known : calls.sequencedValues().reversed()) {
            if (earlier.size() == limit) {
                break;
            }
            if (known.getNumber() < number) {
                earlier.add(known);
            }
        }
        return List.copyOf(earlier.reversed());
    }

    /** What the call can honestly need; of one that is not known, anything. */
    public Footprint footprint(String call) {
        Call known = calls.get(call);
        return known == null ? Footprint.OPEN : session.footprint(known.getEvent(), () -> footprint(known));
    }

    /** What a call as it is announced can honestly need. */
    public Footprint footprint(ToolCall call) {
        Call known = calls.get(call.getCall());
        if (known != null && says(known, call) && known.getCwd().equals(call.getCwd())) {
            return footprint(call.getCall());
        }
        return footprint(call.getTool(), call.getCommand(), call.getPathsList(), call.getCwd());
    }

    private Footprint footprint(Call call) {
        return footprint(call.getTool(), call.getCommand(), call.getPathsList(), call.getCwd());
    }

    private Footprint footprint(String tool, String command, List<String> paths, String cwd) {
        String folder = cwd.isEmpty() ? state.getTask().getWorkspace() : cwd;
        String home = state.getTask().getHome();
        if (command.isBlank()) {
            return Footprints.ofTool(tool, paths, "", folder, home);
        }
        return tool.equals(Footprints.TYPING_TOOL)
                ? Footprints.ofTyped(command, folder, home)
                : Footprints.ofCommand(command, folder, home);
    }

    /**
     * Takes a call's result.
     *
     * @param heardNs when the host heard it, nanoseconds since the epoch
     * @return false when the result belongs to a call that nobody announced: a hook was missing or bypassed
     */
    public boolean finish(ToolResult result, long heardNs) {
        Call call = calls.get(result.getCall());
        if (call == null) {
            return false;
        }
        Call.Builder finished = call.toBuilder()
                .setFinished(true)
                // Of one in the background only the start is told.
                .setToldSuccess(result.getOutcome().equals("success") && !call.getBackground());
        if (!call.getFinished()) {
            finished.setFinishedNs(heardNs);
        }
        if (result.hasExitCode()) {
            finished.setExitCode(result.getExitCode());
        }
        boolean unseen = finished.getToldSuccess() && !call.getStarted() && !call.getDenied();
        // A patch Codex carries out itself.
        boolean runs = AgentDialect.isShell(call.getTool())
                && !call.getCommand().isBlank()
                && !call.getCommand().contains(PATCHING);
        finished.setToldUnseenNs(unseen && runs ? heardNs : 0);
        session.keep(finished.build());
        return true;
    }

    public void deny(String call) {
        change(call, known -> known.setDenied(true));
    }

    public void allow(String call) {
        change(call, known -> known.setDenied(false));
        overruleEqual(call);
    }

    /** Calls of tools that take no command are not equal by it. */
    private void overruleEqual(String allowed) {
        call(allowed)
                .filter(known -> !known.getCommand().isBlank())
                .ifPresent(known ->
                        overrule(call -> call.getDenied() && call.getCommand().equals(known.getCommand())));
    }

    /**
     * A person lets the call run, with exactly what was announced.
     *
     * @param approval id of the question
     */
    public void approve(String call, String approval) {
        change(call, known -> known.setDenied(false).setApproval(approval));
        overruleEqual(call);
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
                        : known.setStarted(true)
                                .setRoot(root)
                                .setRootEvent(event)
                                .setToldUnseenNs(0));
    }

    /** The calls whose result was told as a success before a time, and that nothing has executed; told once. */
    public List<Call> unseen(long beforeNs) {
        List<Call> unseen = calls.values().stream()
                .filter(call -> call.getToldUnseenNs() > 0 && call.getToldUnseenNs() <= beforeNs)
                .toList();
        unseen.forEach(call -> change(call.getCall(), known -> known.setToldUnseenNs(0)));
        return unseen;
    }

    /** The variables with which the call is executed have been looked at. */
    public void environmentSeen(String call) {
        change(call, known -> known.setEnvironmentSeen(true));
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

    /**
     * A process of the call has opened a file for writing; the first ones are remembered.
     *
     * @param atNs when, on the host's clock, nanoseconds since the epoch
     */
    public void wrote(String call, String path, long atNs) {
        Optional<Call> writer =
                call(call).filter(known -> !known.getWrittenList().contains(path));
        if (writer.isEmpty()) {
            return;
        }
        if (writer.get().getWrittenCount() < StateLimits.WRITTEN) {
            int later = writer.get().getWrittenLater();
            boolean until = isUntilResult(writer.get(), atNs);
            List<String> written = new ArrayList<>(writer.get().getWrittenList());
            written.add(until ? written.size() - later : written.size(), path);
            change(
                    call,
                    known -> known.clearWritten().addAllWritten(written).setWrittenLater(until ? later : later + 1));
        } else {
            state.getEvictedBuilder().setWritten(state.getEvicted().getWritten() + 1);
        }
    }

    /** Whether something was done before the first result of a call was told, on the host's clock. */
    public static boolean isUntilResult(Call call, long atNs) {
        return !call.getFinished() || atNs <= call.getFinishedNs();
    }

    /**
     * What the result of a call says of the whole of it; what was said first stays.
     *
     * @param nothingChanged the line that says so; empty: none does; likewise {@code nothingSent}
     */
    public void tells(String call, String nothingChanged, String nothingSent) {
        if (!nothingChanged.isEmpty() || !nothingSent.isEmpty()) {
            change(call, known -> known.setNothingChanged(
                            known.getNothingChanged().isEmpty() ? nothingChanged : known.getNothingChanged())
                    .setNothingSent(known.getNothingSent().isEmpty() ? nothingSent : known.getNothingSent()));
        }
    }

    /** Bytes left by a connection of a process of the call. */
    public void sent(String call, long bytes) {
        change(call, known -> known.setBytesOut(known.getBytesOut() + bytes));
    }

    /**
     * A process of the call has read a credential.
     *
     * @param event that told of it
     * @param readNs its time
     */
    public void readSecret(String call, String path, String event, long readNs) {
        change(call, known -> known.setSecret(path).setSecretEvent(event).setSecretNs(readNs));
    }

    /** A person has looked at what the calls have read until now. */
    public void forgetSecrets() {
        List<String> readers = calls.values().stream()
                .filter(call -> !call.getSecret().isEmpty())
                .map(Call::getCall)
                .toList();
        readers.forEach(call ->
                change(call, known -> known.clearSecret().clearSecretEvent().clearSecretNs()));
    }

    public Optional<Call> call(String call) {
        return Optional.ofNullable(calls.get(call));
    }

    /**
     * The announced, allowed and unfinished call that a process executes, in one of the shapes of {@link Executions}; of several equal
     * calls the first one that nothing was attributed to, before others one that was announced for the same folder. A call is executed once:
     * another process with the same command is not it.
     *
     * @param binary as the kernel executed it
     * @param folder where it is executed; may be empty
     * @param process its key
     */
    public Optional<Call> explaining(String binary, List<String> argv, String folder, String process) {
        Comparator<Call> better = Comparator.comparing(Call::getStarted)
                .thenComparing(call -> !isAnnouncedFor(call, folder))
                .thenComparing(Call::getNumber);
        String workspace = state.getTask().getWorkspace();
        @Nullable Call found = null;
        for (Call call : calls.values()) {
            if (isOpen(call)
                    // What is typed is carried out by a process that is there, which another call explains.
                    && !call.getTool().equals(Footprints.TYPING_TOOL)
                    && (!call.getStarted() || call.getRoot().equals(process))
                    && Executions.isExactly(binary, argv, call.getCommand(), workspace)
                    && (found == null || better.compare(call, found) < 0)) {
                found = call;
            }
        }
        return Optional.ofNullable(found);
    }

    /** By the name that its announcement has, or as the host found it, which is how the kernel calls it. */
    private static boolean isAnnouncedFor(Call call, String folder) {
        return call.getCwd().equals(folder)
                || !folder.isEmpty() && call.getRealCwd().equals(folder);
    }

    /**
     * The allowed calls of an MCP server that were under way, in the order of their announcement. Not every agent tells each result: with
     * a new prompt those of before are over.
     *
     * @param server by its name in the agent's configuration
     * @param atNs on the host's clock, nanoseconds since the epoch
     */
    public List<Call> served(String server, long atNs) {
        String name = inToolNames(server);
        return calls.values().stream()
                .filter(call -> !call.getDenied()
                        && (call.getFinished() ? atNs <= call.getFinishedNs() : call.getTurn() == state.getTurn()))
                .filter(call -> isOf(name, call) && call.getAnnouncedNs() <= atNs)
                .sorted(Comparator.comparing(Call::getNumber))
                .toList();
    }

    /** The last call of an MCP server before a time, where it was refused or is still asked about. */
    public Optional<Call> refusedBy(String server, long atNs) {
        String name = inToolNames(server);
        return calls.values().stream()
                .filter(call -> isOf(name, call) && call.getAnnouncedNs() <= atNs)
                .max(Comparator.comparing(Call::getNumber))
                .filter(call -> call.getDenied() && !call.getOverruled() && !isNamedAlike(server));
    }

    /** Whether a person is still asked about a call. */
    public boolean isAsked(String call) {
        return call(call).filter(this::isAsked).isPresent();
    }

    /** @param name as {@link #inToolNames} has it */
    private static boolean isOf(String name, Call call) {
        // As long as the name, or another one: each act of a server asks this of every call.
        return call.getMcpServer().length() == name.length()
                && !name.isEmpty()
                && inToolNames(call.getMcpServer()).equals(name);
    }

    /** Agents write other characters of a server's name as an underscore into the names of its tools. */
    private static String inToolNames(String server) {
        return SERVER_NAME.matcher(server).replaceAll("_");
    }

    /** Whether what is executed leads up to an announced and allowed call, in the same process. */
    public boolean leadsToCall(List<String> argv) {
        for (Call call : calls.values()) {
            if (isOpen(call) && Executions.isPrelude(argv, call.getCommand())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOpen(Call call) {
        return !call.getDenied() && !call.getFinished();
    }

    /** The call that was announced and refused, and whose command stands in what is executed all the same. */
    public Optional<Call> refused(List<String> argv) {
        return calls.values().stream()
                .filter(call -> call.getDenied() && Executions.contains(argv, call.getCommand()))
                .min(Comparator.comparing(Call::getNumber));
    }

    /** Whether this is the execution of a command that was announced and refused, and that no allowed call has. */
    public boolean isOnlyRefused(String binary, List<String> argv) {
        String workspace = state.getTask().getWorkspace();
        // One word alone is a program that others start as well.
        Predicate<Call> same = call ->
                call.getCommand().indexOf(' ') > 0 && Executions.isExactly(binary, argv, call.getCommand(), workspace);
        return calls.values().stream()
                        .filter(call -> call.getDenied() && !call.getOverruled() && !isAsked(call))
                        .anyMatch(same)
                && calls.values().stream().filter(call -> !call.getDenied()).noneMatch(same);
    }

    private boolean isAsked(Call call) {
        return state.getApprovalsMap().values().stream()
                .anyMatch(
                        question -> !question.getDecided() && question.getCall().equals(call.getCall()));
    }

    /** What was refused before may be allowed now. */
    public void revised() {
        overrule(Call::getDenied);
    }

    private void overrule(Predicate<Call> refused) {
        List.copyOf(calls.values()).stream()
                .filter(refused)
                .forEach(call -> change(call.getCall(), known -> known.setOverruled(true)));
    }

    /**
     * Whether a call that was not refused, and that was not over for long, names a host, itself or in its command.
     *
     * @param atNs on the host's clock, nanoseconds since the epoch
     */
    public boolean names(String host, long atNs) {
        return calls.values().stream()
                .filter(call -> !call.getDenied() && explainsTheAgent(call, atNs))
                .anyMatch(call -> call.getHostsList().contains(host)
                        || call.getCommand().toLowerCase(Locale.ROOT).contains(host)
                                && footprint(call.getCall()).contacts().contains(host));
    }

    /**
     * The last announced fetch from {@code host}, where it was refused or is still asked about and no allowed one is open. A command is no
     * fetch: it connects from a process of its own, never from the agent's.
     */
    public Optional<Call> refusedFetch(String host) {
        List<Call> fetches = calls.values().stream()
                .filter(call -> call.getHostsList().contains(host))
                .toList();
        return fetches.stream().anyMatch(IntentLedger::isOpen)
                ? Optional.empty()
                : fetches.stream().max(Comparator.comparing(Call::getNumber)).filter(Call::getDenied);
    }

    /**
     * Whether a call explains what the agent itself does: until a while after its result, which may be told before all that was done is
     * heard of.
     */
    private static boolean explainsTheAgent(Call call, long atNs) {
        return call.getFinishedNs() == 0 || atNs <= call.getFinishedNs() + LAG_NS;
    }

    /**
     * A call, not over for long, by which the agent may itself write {@code path}.
     *
     * @param atNs on the host's clock, nanoseconds since the epoch
     */
    public Optional<Call> editing(String path, long atNs) {
        return calls.values().stream()
                .filter(call -> !call.getDenied() && explainsTheAgent(call, atNs) && mayEdit(call, path))
                .max(Comparator.comparing(Call::getNumber));
    }

    /** Whether a call, over for however long, was one by which the agent may itself write {@code path}. */
    public boolean hasEdited(String path) {
        return calls.values().stream().anyMatch(call -> !call.getDenied() && mayEdit(call, path));
    }

    /**
     * The last announced edit of {@code path}, where it was refused or is still asked about and no allowed one of that file is open: what
     * the agent itself writes there now is that one.
     */
    public Optional<Call> refusedEdit(String path) {
        return calls.values().stream()
                .filter(call -> namesEdit(call, path))
                .max(Comparator.comparing(Call::getNumber))
                .filter(Call::getDenied)
                // A patch that is handed to a shell edits too, and the agent carries it out itself.
                .filter(refused -> calls.values().stream()
                        .noneMatch(call -> isOpen(call)
                                && (namesEdit(call, path)
                                        || call.getCommand().contains(PATCHING) && mayEdit(call, path))));
    }

    /**
     * The last call that was to read {@code path}, where it was refused or is still asked about, no allowed one has named the file since,
     * and none before it was still under way: what the agent itself reads there then no call allows.
     *
     * @param atNs on the host's clock, nanoseconds since the epoch
     */
    public Optional<Call> refusedRead(String path, long atNs) {
        return calls.values().stream()
                .filter(call -> call.getDenied()
                        && !call.getOverruled()
                        && !Footprints.EDITING_TOOLS.contains(call.getTool())
                        && namesFile(call, path))
                .max(Comparator.comparing(Call::getNumber))
                .filter(refused -> calls.values().stream()
                        .noneMatch(call -> !call.getDenied()
                                && (call.getNumber() > refused.getNumber() || isUntilResult(call, atNs))
                                && namesFile(call, path)));
    }

    private static boolean namesFile(Call call, String path) {
        return call.getCommand().isBlank()
                && call.getPathsList().stream()
                        .anyMatch(named -> absolute(named, call.getCwd()).equals(path));
    }

    private static boolean namesEdit(Call call, String path) {
        return Footprints.EDITING_TOOLS.contains(call.getTool())
                && call.getPathsList().stream()
                        .map(named -> absolute(named, call.getCwd()))
                        .anyMatch(named -> path.equals(named) || path.startsWith(named + ".tmp."));
    }

    private static String absolute(String path, String cwd) {
        return path.startsWith("/") || cwd.isEmpty() ? path : Footprints.normalised(cwd + "/" + path);
    }

    private boolean mayEdit(Call call, String path) {
        if (call.getCommand().contains(PATCHING)) {
            // Codex carries it out itself, without a process.
            Footprint footprint = footprint(call.getCall());
            return footprint.programs().contains(PATCHING) && footprint.expectsWrite(path);
        }
        if (!Footprints.EDITING_TOOLS.contains(call.getTool())) {
            return false;
        }
        // A temporary name beside the file ends up as the file by rename, which carries no names in the trace.
        return call.getPathsCount() == 0
                || call.getPathsList().stream()
                        .map(named -> absolute(named, call.getCwd()))
                        .anyMatch(named -> path.equals(named) || path.startsWith(named + "."));
    }

    private void change(String call, java.util.function.UnaryOperator<Call.Builder> change) {
        Call known = calls.get(call);
        if (known != null) {
            session.keep(change.apply(known.toBuilder()).build());
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

    /**
     * Those that are settled: finished, not refused, have read no secret, and nothing of them runs any more. While there is room for all, no
     * others.
     */
    private void forgetOldest() {
        boolean full = calls.size() >= StateLimits.CALLS;
        List<String> running = session.runningCalls();
        forget(oldestFirst(running).stream()
                .filter(call -> full || isSettled(call, running))
                .limit(StateLimits.FORGOTTEN_AT_ONCE)
                .toList());
    }

    /** In the same order, as few as possible: they are large. */
    private void forgetBytes() {
        long over = session.callBytes() - StateLimits.CALL_BYTES;
        List<Call> least = new ArrayList<>();
        for (Call call : oldestFirst(session.runningCalls())) {
            if (over <= 0) {
                break;
            }
            over -= call.getSerializedSize();
            least.add(call);
        }
        forget(least);
    }

    private List<Call> oldestFirst(List<String> running) {
        return calls.values().stream()
                .sorted(Comparator.comparing((Call call) -> !isSettled(call, running))
                        .thenComparing(call -> !call.getFinished())
                        .thenComparing(Call::getNumber))
                .toList();
    }

    private void forget(List<Call> least) {
        least.forEach(call -> session.forget(call.getCall()));
        state.getEvictedBuilder().setCalls(state.getEvicted().getCalls() + least.size());
    }

    private static boolean isSettled(Call call, List<String> running) {
        return call.getFinished()
                && !call.getDenied()
                && call.getSecret().isEmpty()
                && !running.contains(call.getCall());
    }
}
