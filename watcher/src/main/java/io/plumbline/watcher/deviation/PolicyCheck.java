package io.plumbline.watcher.deviation;

import io.plumbline.events.EventIds;
import io.plumbline.events.HidingCalls;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.policy.FileRules.Access;
import io.plumbline.events.policy.FileRules.Refusal;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.policy.Scope.Answer;
import io.plumbline.events.v1.Connected;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.NamedSyscall;
import io.plumbline.events.v1.ProcessForked;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.RawSyscall;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.attribution.AgentProfiles;
import io.plumbline.watcher.attribution.Attribution;
import io.plumbline.watcher.attribution.EgressOwners;
import io.plumbline.watcher.attribution.ProcessTable;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.risk.Ladder;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.Pending;
import io.plumbline.watcher.state.v1.Process;
import io.plumbline.watcher.state.v1.Role;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Holds what was seen against the files and hosts that the task was given, and against what was announced. */
public final class PolicyCheck {
    // open(2) on Linux x86-64
    private static final int O_PATH = 0x200000;
    private static final int O_DIRECTORY = 0x10000;

    /** Flags of clone(2): mount namespace, user namespace. */
    private static final long NAMESPACES = 0x20000L | 0x10000000L;

    private static final Pattern HIDDEN = Pattern.compile(
            "/proc/(?:self|thread-self|[0-9]{1,10})(?:/task/[0-9]{1,10})?/(?:(?:root|cwd)/.+|fd/[0-9]{1,9}/\\.\\.(?:/.*)?)",
            Pattern.DOTALL);

    /** Errno of Linux: the file lies on a mount that is only read. */
    private static final int EROFS = 30;

    /** What programs write beside their work and do without: caches, locks of git; nothing that others run. */
    private static final Pattern BY_THE_WAY = Pattern.compile(
            "/\\.(?!git/(?:hooks/|config$)|github/|gitlab-ci\\.yml$)|/__pycache__(?:/|$)|\\.(?:lock|log|tmp|pyc)$");

    /** By the executable: the name of a thread is what the workload chooses. */
    private static final Pattern PROCESS_LISTER =
            Pattern.compile("(?:/usr)?/bin/(?:ps|top|htop|pgrep|pkill|lsof|fuser)");

    /** The option {@code e} of ps, which has no dash, first or beside others of its kind; and a command line that was cut. */
    private static final Pattern PRINTS_ENVIRONMENTS =
            Pattern.compile("(?:^\\S+ [A-Za-z]*e[A-Za-z]*| [aefuwx]*e[aefuwx]*)(?: |$)|environ|…$");

    private static final Pattern ENVIRONMENT = Pattern.compile("/proc/[0-9]{1,10}(?:/task/[0-9]{1,10})?/environ");

    /** Before host and port, in the keys of what was found. */
    private static final String REFUSED_HOST = "egress|";

    /** Word of the egress proxy. */
    private static final String PLACEHOLDER_ELSEWHERE = "placeholder-elsewhere";

    private final SessionState session;
    private final IntentLedger ledger;
    private final Aliases aliases;

    public PolicyCheck(SessionState session, IntentLedger ledger) {
        this.session = session;
        this.ledger = ledger;
        this.aliases = new Aliases(session);
    }

    /**
     * A file was opened. An open that failed, or that only names the file (O_PATH), gave no access to it; one that a read-only workspace
     * refused still says what was tried.
     *
     * @param atNs when, on the host's clock
     */
    public Optional<Deviation> opened(FileOpened open, Attribution by, long atNs) {
        if (by.role() == Role.HOST_RELAY) {
            return Optional.empty();
        }
        if (open.getError() == EROFS) {
            return writes(open) ? refusedByMount(open.getPath(), "opened for writing", by) : Optional.empty();
        }
        if (!givesAccess(open)) {
            return Optional.empty();
        }
        String path = aliases.original(open.getPath());
        boolean writes = writes(open);
        String seen = by.description() + " opened " + open.getPath() + (writes ? " for writing" : " for reading")
                + (path.equals(open.getPath()) ? "" : ", a name that the workload made for " + path);
        if (aliases.isDecoy(path)) {
            return Optional.of(honeytoken("A decoy was read", "decoy|" + path, seen, Severity.CRITICAL, by, 80));
        }
        if (hidesItsTarget(path)) {
            return Optional.of(hidden(path, "A file was opened by a name that hides which one it is", seen, by));
        }
        if (ENVIRONMENT.matcher(path).matches()) {
            // No proof, and less than that of a program that lists processes: it looks there as well.
            return Optional.of(outOfPolicy(
                            listsProcesses(by) ? Severity.LOW : Severity.MEDIUM,
                            "environment",
                            "The environment of a process was read by its number",
                            seen,
                            "What a process was given, credentials among it, is in there; a program reads its own as /proc/self.",
                            "files.environment",
                            by,
                            10)
                    .about(Optional.of(Scope.CREDENTIALS))
                    .softly());
        }
        Optional<Refusal> refusal = session.fileRules().refusal(path, writes ? Access.WRITE : Access.READ);
        if (refusal.isPresent()) {
            return Optional.of(refused(refusal.get(), path, writes, seen, by).about(scope(path, writes)));
        }
        // What an agent keeps of its own state it writes all the time, whatever it was refused.
        boolean meant = writes
                && by.role() == Role.AGENT
                && (inWorkspace(path) || scope(path, true).isPresent());
        Optional<Call> refusedEdit = meant ? ledger.refusedEdit(path) : Optional.empty();
        if (refusedEdit.isPresent()) {
            return Optional.of(new Deviation(
                    DeviationKind.UNANNOUNCED,
                    Severity.CRITICAL,
                    "refused-edit|" + path,
                    "A refused call ran anyway",
                    seen,
                    "Call " + refusedEdit.get().getCall()
                            + " was refused; the agent's hook failed open or was bypassed.",
                    "announce",
                    refusedEdit.get().getCall(),
                    80,
                    true));
        }
        // A folder that was not to be listed or searched is opened for much else: agents look for what is new in it.
        if (!writes && by.role() == Role.AGENT && (open.getFlags() & O_DIRECTORY) == 0) {
            return ledger.refusedRead(path, atNs).map(call -> refusedRead(call, seen));
        }
        if (writes
                && by.role() == Role.AGENT
                && inWorkspace(path)
                && ledger.editing(path, atNs).isEmpty()) {
            // An agent that tells of its calls afterwards, or never, cannot have announced it.
            boolean freezes = unannouncedFreezes() && announces();
            Deviation found = new Deviation(
                    DeviationKind.UNANNOUNCED,
                    freezes ? Severity.CRITICAL : Severity.LOW,
                    "edit|" + path,
                    "The agent wrote a file that it did not announce",
                    seen,
                    "No announced call edits this file now.",
                    "announce",
                    "",
                    freezes ? Ladder.MAX : 5,
                    freezes);
            // A person who has an agent undo its edits has it write many files again that it has announced once.
            return Optional.of(!freezes && ledger.hasEdited(path) ? found.softly() : found);
        }
        return Optional.empty();
    }

    /** No proof: an agent may open a file on its own account. A policy that freezes what nothing announced does so here, too. */
    private Deviation refusedRead(Call call, String seen) {
        boolean asked = ledger.isAsked(call.getCall());
        boolean freezes = unannouncedFreezes() && announces() && !asked;
        Deviation found = new Deviation(
                        DeviationKind.UNANNOUNCED,
                        freezes ? Severity.CRITICAL : Severity.LOW,
                        "refused-read|" + call.getCall(),
                        freezes ? "A refused call ran anyway" : "A file of a refused call was read",
                        seen,
                        "Call " + call.getCall() + (asked ? " is not approved yet" : " was refused")
                                + ", and no later one names the file.",
                        "announce",
                        call.getCall(),
                        freezes ? Ladder.MAX : 10,
                        freezes)
                .restingOn(List.of(call.getEvent()));
        return freezes ? found : found.softly();
    }

    private static Deviation hidden(String path, String title, String seen, Attribution by) {
        return outOfPolicy(
                Severity.HIGH,
                "hidden|" + path,
                title,
                seen,
                "Names below /proc/PID/root and cwd lead anywhere.",
                "files.hidden",
                by,
                50);
    }

    /** @param act what stands in front of the path; an operation in it is the host's word, so this is no format */
    private Optional<Deviation> refusedByMount(String path, String act, Attribution by) {
        if (!inWorkspace(path) || BY_THE_WAY.matcher(path).find()) {
            return Optional.empty();
        }
        return Optional.of(outOfPolicy(
                        Severity.MEDIUM,
                        "read-only|" + path,
                        "A file of a read-only workspace was to be written",
                        by.description() + " " + act + " " + path + ", and the mount refused it",
                        "The policy gives the workspace to be read.",
                        "files.read-only",
                        by,
                        10)
                .softly());
    }

    /**
     * A process was made.
     *
     * @param live processes of the session that have not exited
     */
    public Optional<Deviation> forked(long live, Attribution by) {
        int limit = session.values().getTask().getPolicy().getProcesses();
        if (limit == 0 || live * 10 < limit * 9L) {
            return Optional.empty();
        }
        return Optional.of(outOfPolicy(
                        Severity.MEDIUM,
                        "processes",
                        "The session makes nearly as many processes as it may have",
                        by.description() + " made one more: " + live + " of " + limit + " live",
                        "At the limit its kernel refuses every further one; a loop that forks gets there within a moment.",
                        "limits.processes",
                        by,
                        10)
                .softly());
    }

    /** Whether the open succeeded and gave access to what is in the file. */
    public static boolean givesAccess(FileOpened open) {
        return open.getError() == 0 && (open.getFlags() & O_PATH) == 0;
    }

    /** Whether what was in the file before can be read. */
    public static boolean reads(FileOpened open) {
        return EcsDocument.openedFor(open).contains(EcsDocument.OPEN_READ);
    }

    /** Whether the file was opened so that it can be changed. */
    public static boolean writes(FileOpened open) {
        return EcsDocument.openedFor(open).contains(EcsDocument.OPEN_WRITE);
    }

    /** Whether programs write such a file beside their work: caches, locks, logs, names with a leading dot. */
    static boolean isByTheWay(String path) {
        return BY_THE_WAY.matcher(path).find();
    }

    /** Names or rights were changed. What failed changed nothing; what a read-only workspace refused says what was tried. */
    public List<Deviation> changed(FileChanged change, Attribution by) {
        if (by.role() == Role.HOST_RELAY) {
            return List.of();
        }
        if (change.getError() == EROFS) {
            // What a link leads to is not changed by it.
            boolean link = change.getOperation().equals("link")
                    || change.getOperation().equals("symlink");
            return (link ? Stream.of(change.getNewPath()) : Stream.of(change.getPath(), change.getNewPath()))
                    .flatMap(path -> refusedByMount(path, "called " + change.getOperation() + " on", by).stream())
                    .limit(1)
                    .toList();
        }
        if (change.getError() != 0) {
            return List.of();
        }
        String seen = by.description() + ": " + change.getOperation() + " " + change.getPath()
                + (change.getNewPath().isEmpty() ? "" : " -> " + change.getNewPath());
        if (change.getAmbiguous()) {
            return List.of(outOfPolicy(
                    Severity.HIGH,
                    "ambiguous|" + change.getOperation(),
                    "A file was changed by a name that can be read in two ways",
                    seen,
                    "The name imitates the kernel's own notation; honest names do not.",
                    "files.hidden",
                    by,
                    50));
        }
        Optional<String> hidden = Stream.of(change.getPath(), change.getNewPath())
                .map(aliases::original)
                .filter(PolicyCheck::hidesItsTarget)
                .findFirst();
        if (hidden.isPresent()) {
            return List.of(hidden(hidden.get(), "A file was changed by a name that hides which one it is", seen, by));
        }
        List<Deviation> found = new ArrayList<>();
        String path = aliases.original(change.getPath());
        boolean names = Aliases.makesName(change.getOperation());
        if (names && aliases.isDecoy(path)) {
            boolean link = change.getOperation().equals("symlink");
            found.add(honeytoken(
                    "A decoy was given another name",
                    "decoy-name|" + path,
                    seen,
                    link ? Severity.HIGH : Severity.CRITICAL,
                    by,
                    link ? 40 : 80));
        }
        if (!aliases.follow(change)) {
            found.add(new Deviation(
                    DeviationKind.TELEMETRY_GAP,
                    Severity.HIGH,
                    "aliases",
                    "More names for protected files than can be followed",
                    "more than " + StateLimits.ALIASES + " names",
                    "A protected file may be opened unseen.",
                    "limits",
                    by.call(),
                    40,
                    true));
        }
        // What is written: the name that comes into being, and the one that a rename or a removal takes away.
        if (!change.getOperation().equals("link") && !change.getOperation().equals("symlink")) {
            written(path, change.getOperation(), seen, by).ifPresent(found::add);
        } else if (change.getOperation().equals("link")) {
            refusedRead(path, seen, by).ifPresent(found::add);
        }
        if (!change.getNewPath().isEmpty()) {
            written(change.getNewPath(), change.getOperation(), seen, by).ifPresent(found::add);
        }
        return found;
    }

    private Optional<Deviation> written(String path, String operation, String seen, Attribution by) {
        if (!path.startsWith("/")) {
            return Optional.empty();
        }
        boolean folder = operation.equals("mkdir") || operation.equals("rmdir");
        return session.fileRules()
                .refusal(path, Access.WRITE)
                .map(refusal -> outOfPolicy(
                        refusal.denied() || !folder ? Severity.HIGH : Severity.MEDIUM,
                        operation + "|" + refusal.clause() + "|" + path,
                        refusal.denied()
                                ? "A protected file was changed"
                                : "A file outside the task's scope was changed",
                        seen,
                        refusal.denied()
                                ? "The policy keeps this file as it is."
                                : "The task was given no such file to write.",
                        refusal.clause(),
                        by,
                        refusal.denied() ? 50 : folder ? 15 : 40))
                .map(deviation -> deviation.about(scope(path, true)));
    }

    private Optional<Scope> scope(String path, boolean writes) {
        ScopedPaths scopes = new ScopedPaths(
                session.values().getTask().getHome(), session.values().getTask().getWorkspace());
        return writes ? scopes.written(path) : scopes.read(path);
    }

    private Optional<Deviation> refusedRead(String path, String seen, Attribution by) {
        return session.fileRules()
                .refusal(path, Access.READ)
                .filter(Refusal::denied)
                .map(refusal -> outOfPolicy(
                        Severity.HIGH,
                        "link|" + refusal.clause() + "|" + path,
                        "A forbidden file was given another name",
                        seen,
                        "The policy keeps this file away from every task that does not name it.",
                        refusal.clause(),
                        by,
                        50));
    }

    private static Deviation honeytoken(
            String title, String key, String seen, Severity severity, Attribution by, int risk) {
        return outOfPolicy(
                severity,
                key,
                title,
                seen,
                "The file is a decoy that the host planted; no task needs it.",
                "honeytoken",
                by,
                risk);
    }

    /** Something was sent past the proxy without a connection. */
    public Optional<Deviation> sent(NamedSyscall call, Attribution by) {
        return call.hasPeer()
                ? connected(
                        Connected.newBuilder()
                                .setActor(call.getActor())
                                .setPeer(call.getPeer())
                                .setError(call.getError())
                                .build(),
                        by)
                : Optional.empty();
    }

    /**
     * A process was made with mounts or rights of its own: the first step to {@link #hid}, and no proof where the policy wants that
     * frozen.
     */
    public Optional<Deviation> separated(ProcessForked fork, Attribution by) {
        return (fork.getFlags() & NAMESPACES) == 0
                ? Optional.empty()
                : namespaced(
                                "namespaces",
                                "A process was made in namespaces of its own",
                                by.description() + " called clone with flags 0x" + Long.toHexString(fork.getFlags()),
                                by,
                                Severity.MEDIUM,
                                10)
                        .map(Deviation::softly);
    }

    /**
     * Something was mounted, or a process has another root: names of files mean others. A program that makes a sandbox of its own does both,
     * and is told once.
     *
     * @param image what runs in the process, as the kernel has it
     */
    public Optional<Deviation> hid(RawSyscall call, String image, Attribution by) {
        boolean freezes = Scope.NAMESPACES.answer(policy()) == Answer.FREEZE;
        return HidingCalls.name(call.getNumber(), call.getArgumentsList(), call.getError())
                .flatMap(name -> namespaced(
                        "names|" + image,
                        "Names of files were made to mean others",
                        by.description() + " called " + name,
                        by,
                        freezes ? Severity.CRITICAL : Severity.HIGH,
                        freezes ? 100 : 50));
    }

    /** It has happened: nobody can be asked before, and asking is refusing. */
    private Optional<Deviation> namespaced(
            String key, String title, String seen, Attribution by, Severity severity, int risk) {
        Scope scope = Scope.NAMESPACES;
        Answer answer = scope.answer(policy());
        if (answer == Answer.ALLOW) {
            return Optional.empty();
        }
        boolean logged = answer == Answer.LOG;
        Deviation found = outOfPolicy(
                        logged ? Severity.LOW : severity,
                        key,
                        title,
                        seen,
                        scope.why(),
                        "files.hidden",
                        by,
                        logged ? 0 : risk)
                .about(Optional.of(scope));
        return Optional.of(logged ? found.softly() : found);
    }

    private TaskPolicy policy() {
        return session.values().getTask().getPolicy();
    }

    private static Deviation refused(Refusal refusal, String path, boolean writes, String seen, Attribution by) {
        if (refusal.denied()) {
            return outOfPolicy(
                    Severity.HIGH,
                    refusal.clause() + "|" + path,
                    "A forbidden file was " + (writes ? "written" : "read"),
                    seen,
                    "The policy keeps this file away from every task that does not name it.",
                    refusal.clause(),
                    by,
                    50);
        }
        return outOfPolicy(
                writes ? Severity.HIGH : Severity.MEDIUM,
                refusal.clause() + "|" + path,
                writes ? "A file outside the task's scope was written" : "A file outside the task's scope was read",
                seen,
                "The task was given no such file.",
                refusal.clause(),
                by,
                writes ? 40 : 20);
    }

    /** A program ran that nothing explains. */
    public Deviation unannounced(Event event, Attribution by) {
        ProcessStarted start = event.getProcessStarted();
        String line = String.join(" ", start.getArgvList());
        String shown = line.length() > 200 ? line.substring(0, 200) + "…" : line;
        Optional<Call> refused = ledger.refused(start.getArgvList());
        Deviation found = new Deviation(
                DeviationKind.UNANNOUNCED,
                refused.isPresent() ? Severity.CRITICAL : unannounced().severity(),
                execution(start.getBinary(), line, shown),
                refused.isPresent() ? "A refused call ran anyway" : "A process ran that nothing announced",
                by.description() + " executed " + shown,
                refused.map(call -> "Call " + call.getCall()
                                + " was refused; the agent's hook failed open or was bypassed.")
                        .orElse(
                                ProcessTable.isCut(event)
                                        ? "Its command line is longer than what is kept of it, so nothing can explain it."
                                        : "No announced call, and nothing in the agent's own profile, explains it."),
                "announce",
                refused.map(Call::getCall).orElse(""),
                refused.isPresent() ? 80 : unannounced().risk(),
                true);
        return refused.isPresent() ? found : weighed(found);
    }

    /** A program ran whose announcement has not come in time. */
    public Deviation neverAnnounced(Pending pending) {
        String line = String.join(" ", pending.getArgvList());
        String shown = line.length() > 200 ? line.substring(0, 200) + "…" : line;
        return weighed(new Deviation(
                        DeviationKind.UNANNOUNCED,
                        unannounced().severity(),
                        execution(pending.getBinary(), line, shown),
                        "A process ran that nothing announced",
                        shown + " was executed",
                        "The agent tells of its calls afterwards, and has not told of this one in time.",
                        "announce",
                        "",
                        unannounced().risk(),
                        true)
                .restingOn(List.of(pending.getEvent())));
    }

    /** Where a policy wants to be told only, ten of them are no more than one. */
    private Deviation weighed(Deviation found) {
        return unannounced().risk() < 40 ? found.softly() : found;
    }

    private record Weight(Severity severity, int risk) {}

    /** What a process weighs that nothing announced. */
    private Weight unannounced() {
        return switch (session.values().getTask().getPolicy().getUnannounced()) {
            case "alert" -> new Weight(Severity.MEDIUM, 10);
            case "freeze" -> new Weight(Severity.CRITICAL, Ladder.MAX);
            default -> new Weight(Severity.HIGH, 40);
        };
    }

    private boolean unannouncedFreezes() {
        return session.values().getTask().getPolicy().getUnannounced().equals("freeze");
    }

    /** Whether the agent says before it acts, and has begun to. */
    private boolean announces() {
        WatchState.Builder state = session.values();
        return state.getCallsSeen() > 0
                && AgentProfiles.of(state.getAgent(), state.getAgentVersion())
                        .profile()
                        .announces();
    }

    private static String execution(String binary, String line, String shown) {
        return "exec|" + binary + "|" + distinct(line, shown);
    }

    /** What is cut for people is not cut for telling two executions apart. */
    static String distinct(String line, String shown) {
        return shown.equals(line) ? line : shown + EventIds.sha256Hex(line);
    }

    /** A connection was tried past the proxy. Loopback and Unix sockets lead nowhere outside. */
    public Optional<Deviation> connected(Connected connect, Attribution by) {
        String address = connect.getPeer().getAddress();
        String family = connect.getPeer().getFamily();
        boolean network = family.equals("inet") || family.equals("inet6");
        if (!network || isLoopback(address)) {
            return Optional.empty();
        }
        String target = address + ":" + connect.getPeer().getPort();
        if (MetadataService.is(address)) {
            return Optional.of(metadata(by.description() + " connected to " + target, by));
        }
        boolean own = by.role() == Role.AGENT || by.role() == Role.HOUSEKEEPING;
        Deviation tried = outOfPolicy(
                own ? Severity.LOW : Severity.MEDIUM,
                "connect|" + target,
                "A connection past the egress proxy was tried",
                by.description() + " connected to " + target,
                "The sandbox has no network; the only way out is the proxy.",
                "egress",
                by,
                own ? 2 : 15);
        // One that failed has done no harm: a program that tries ten addresses is no worse than one that tries one.
        return Optional.of(EgressOwners.made(connect) ? tried : tried.softly());
    }

    /** A destination was asked for that the policy does not list. */
    public Optional<Deviation> requested(EgressRequested request) {
        String target = request.getHost() + ":" + request.getPort();
        Attribution nobody = Attribution.none();
        if (MetadataService.is(request.getHost())) {
            return Optional.of(metadata("a connection to " + target + " was asked for", nobody));
        }
        if (allows(request) || asks(request)) {
            return Optional.empty();
        }
        Deviation asked = outOfPolicy(
                Severity.MEDIUM,
                REFUSED_HOST + target,
                "A destination outside the task's scope was asked for",
                "a connection to " + target + " was asked for (" + request.getMethod() + ")",
                "The task was given no such destination.",
                "egress",
                nobody,
                25);
        // The proxy refuses each of them: the second adds little to what the first one says.
        String refused = asked.kind().name() + "|" + REFUSED_HOST;
        boolean first = session.values().getDeviationsMap().keySet().stream()
                .noneMatch(key -> key.startsWith(refused) && !isAccepted(key));
        return Optional.of(first ? asked : asked.softly());
    }

    private boolean isAccepted(String key) {
        return session.values()
                .containsAccepted(Deviation.id(
                        session.values().getTenant(), session.values().getSession(), key));
    }

    /** A credential's placeholder was on its way to a host that it is not for. */
    public Optional<Deviation> decided(EgressDecided decided) {
        if (!decided.getReason().equals(PLACEHOLDER_ELSEWHERE)) {
            return Optional.empty();
        }
        String target = decided.getHost() + ":" + decided.getPort();
        return Optional.of(outOfPolicy(
                Severity.HIGH,
                "placeholder|" + target,
                "A credential was sent to a host that it is not for",
                "the placeholder of a credential was on its way to " + target,
                "It is meant for the host that the policy names with it; nothing of it has left.",
                "egress.credential",
                Attribution.none(),
                40));
    }

    /** Whether the policy says that a person is asked about this destination. */
    public boolean asks(EgressRequested request) {
        return request.getHeld()
                && request.getUnknown()
                && policy().getEgressUnknown().equals("ask");
    }

    /** Whether a rule of the policy names the destination. */
    public boolean allows(EgressRequested request) {
        return session.values().getTask().getPolicy().getEgressList().stream().anyMatch(rule -> names(rule, request));
    }

    /** Whether the destination is one of the agent's services, such as its model. */
    public boolean isService(EgressRequested request) {
        return session.values().getTask().getPolicy().getEgressList().stream()
                .anyMatch(rule -> !rule.getService().isEmpty() && names(rule, request));
    }

    /** Whether an address is that of one of the agent's services. */
    public boolean isService(String host, int port) {
        return isService(
                EgressRequested.newBuilder().setHost(host).setPort(port).build());
    }

    private static boolean names(EgressRule rule, EgressRequested request) {
        return names(rule, request.getHost(), request.getPort());
    }

    /** Whether an egress rule names a destination. */
    public static boolean names(EgressRule rule, String destination, int port) {
        String host = destination.toLowerCase(Locale.ROOT);
        boolean sameHost = rule.getHost().startsWith("*.")
                ? host.endsWith(rule.getHost().substring(1))
                : host.equals(rule.getHost());
        return sameHost && rule.getPort() == port;
    }

    private Deviation metadata(String seen, Attribution by) {
        return outOfPolicy(
                        Severity.CRITICAL,
                        "metadata",
                        "The cloud metadata service was asked for",
                        seen,
                        "It hands out the host's own credentials; no task needs it.",
                        "egress.metadata",
                        by,
                        session.values()
                                        .getTask()
                                        .getPolicy()
                                        .getMetadataFreeze()
                                        .equals("off")
                                ? 20
                                : 70)
                .about(Optional.of(Scope.METADATA_SERVICE));
    }

    /** A path through another process's root, folder or descriptors, which the host could not resolve to a name. */
    private static boolean hidesItsTarget(String path) {
        return HIDDEN.matcher(path).matches();
    }

    private boolean listsProcesses(Attribution by) {
        Process process = session.processes().get(by.process());
        if (process == null || !PROCESS_LISTER.matcher(process.getBinary()).matches()) {
            return false;
        }
        return !process.getBinary().endsWith("/ps")
                || !PRINTS_ENVIRONMENTS.matcher(process.getCommandLine()).find();
    }

    private boolean inWorkspace(String path) {
        return path.startsWith(session.values().getTask().getWorkspace() + "/");
    }

    private static boolean isLoopback(String address) {
        return address.startsWith("127.")
                || address.equals("::1")
                || address.startsWith("::ffff:127.")
                || address.equals("0.0.0.0")
                || address.equals("::");
    }

    private static Deviation outOfPolicy(
            Severity severity,
            String key,
            String title,
            String seen,
            String why,
            String clause,
            Attribution by,
            int risk) {
        return new Deviation(
                DeviationKind.OUT_OF_POLICY,
                severity,
                key,
                title,
                seen,
                why,
                clause,
                by.call(),
                risk,
                severity.getNumber() >= Severity.HIGH.getNumber());
    }
}
