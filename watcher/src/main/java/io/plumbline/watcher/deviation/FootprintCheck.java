package io.plumbline.watcher.deviation;

import io.plumbline.events.policy.Scope;
import io.plumbline.events.policy.Scope.Answer;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.attribution.Attribution;
import io.plumbline.watcher.attribution.EgressOwners;
import io.plumbline.watcher.attribution.EgressOwners.Owners;
import io.plumbline.watcher.footprint.Footprint;
import io.plumbline.watcher.footprint.Footprint.Mention;
import io.plumbline.watcher.footprint.Footprints;
import io.plumbline.watcher.footprint.Tools;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.risk.Ladder;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.Process;
import io.plumbline.watcher.state.v1.Role;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Holds what the processes of a call did against what the call can honestly need. What fits the policy and only not the call is no
 * proof: shells have start files, programs have plugins.
 */
public final class FootprintCheck {
    /** Programs with which a command reaches further than its text says; others that are installed do no harm by running. */
    private static final Set<String> REACHING = Set.of(
            "curl", "wget", "nc", "ncat", "netcat", "socat", "ssh", "scp", "sftp", "rsync", "ftp", "telnet", "python",
            "perl", "ruby", "node", "nodejs", "php", "openssl", "gpg", "crontab", "at", "docker", "kubectl", "aws",
            "gcloud", "az");

    private static final List<String> INSTALLED =
            List.of("/bin/", "/sbin/", "/usr/", "/opt/", "/lib/", "/nix/store/", "/snap/");

    private static final List<String> MADE = List.of("/tmp/", "/var/tmp/", "/dev/shm/");

    private final SessionState session;
    private final WatchState.Builder state;
    private final IntentLedger ledger;
    private final ScopedPaths scopes;

    public FootprintCheck(SessionState session, IntentLedger ledger) {
        this.session = session;
        this.state = session.values();
        this.ledger = ledger;
        this.scopes = new ScopedPaths(state.getTask().getHome(), state.getTask().getWorkspace());
    }

    /** A program was executed. */
    public List<Deviation> started(ProcessStarted start, Attribution by) {
        List<Deviation> found = new ArrayList<>();
        if (isBelowServer(by)) {
            ofRefused(by, by.description() + " executed " + line(start)).ifPresent(found::add);
        }
        Footprint footprint = ledger.footprint(by.call());
        if (by.call().isEmpty()) {
            // No call of a server says what it does: which one it was makes no difference.
            if (isBelowServer(by)) {
                found.addAll(unannouncedScopes(footprint, start, by));
            }
            return found;
        }
        if (by.role() != Role.CALL && by.role() != Role.MCP_SERVER) {
            return found;
        }
        String program = fileName(start.getBinary());
        boolean installed = INSTALLED.stream().anyMatch(start.getBinary()::startsWith);
        boolean reaching = REACHING.contains(program) || REACHING.contains(Tools.stem(program)) || !installed;
        boolean expected = footprint.expectsProgram(program) && (footprint.anyProgram() || !isMade(start.getBinary()));
        if (reaching && !expected && !isNamed(start, footprint)) {
            found.add(outside(
                    "footprint-program|" + program,
                    "A call started a program that it cannot need",
                    by.description() + " executed " + line(start),
                    "Nothing in the command of the call starts " + program + ".",
                    "footprint.program",
                    by,
                    10));
        } else if (reaching && isOver(by.call()) && !footprint.namesProgram(program) && !isNamed(start, footprint)) {
            found.add(outside(
                    "footprint-program-late|" + program,
                    "A program was started after its call had ended",
                    by.description() + " executed " + line(start),
                    "Its command was over, and does not name " + program + ".",
                    "footprint.program",
                    by,
                    10));
        }
        found.addAll(unannouncedScopes(footprint, start, by));
        return found;
    }

    private List<Deviation> unannouncedScopes(Footprint footprint, ProcessStarted start, Attribution by) {
        return Footprints.mentions(start.getBinary(), tail(start.getArgvList())).stream()
                .flatMap(mention -> unannouncedScope(mention, footprint, start, by).stream())
                .toList();
    }

    /** What a policy wants asked or refused, done by something that the call did not say. */
    private Optional<Deviation> unannouncedScope(
            Mention mention, Footprint footprint, ProcessStarted start, Attribution by) {
        Scope scope = mention.scope();
        Answer answer = scope.answer(policy());
        boolean announced = footprint.mentions().stream().anyMatch(mention::isLike)
                // Who approves the call of a server is told that it may do anything that is asked about.
                || answer == Answer.ASK && by.role() == Role.MCP_SERVER && !by.expired() && isApproved(by.call());
        if (announced || answer.compareTo(Answer.ASK) < 0) {
            return Optional.empty();
        }
        return Optional.of(new Deviation(
                        DeviationKind.OUT_OF_POLICY,
                        answer == Answer.FREEZE ? Severity.CRITICAL : Severity.MEDIUM,
                        "scope-exec|" + scope.word()
                                + (answer == Answer.FREEZE
                                        ? "|" + PolicyCheck.distinct(String.join(" ", start.getArgvList()), line(start))
                                        : ""),
                        "A call did what its policy names without saying so",
                        by.description() + " executed " + line(start),
                        scope.why(),
                        "scopes." + scope.word(),
                        by.call(),
                        answer == Answer.FREEZE ? 100 : 20,
                        false)
                .about(Optional.of(scope))
                .restingOn(evidence(by)));
    }

    /** A file was opened, and the policy's file rules let it be. */
    public Optional<Deviation> opened(FileOpened open, boolean writes, Attribution by) {
        String path = open.getPath();
        String seen = by.description() + " opened " + path + (writes ? " for writing" : " for reading")
                + (by.expired() ? ", after its call had ended" : "");
        Optional<Scope> scope = writes ? scopes.written(path) : scopes.read(path);
        boolean outsideItsOwn =
                by.role() != Role.AGENT && by.role() != Role.HOUSEKEEPING && by.role() != Role.HOST_RELAY;
        Footprint footprint = ledger.footprint(by.call());
        boolean expected = !by.call().isEmpty() && expectsScoped(footprint, path, writes);
        if (scope.isPresent() && outsideItsOwn && !expected) {
            return Optional.of(scoped(scope.get(), path, writes, seen, by));
        }
        boolean workspace = path.startsWith(state.getTask().getWorkspace() + "/");
        if (writes && workspace && !by.refused().isEmpty()) {
            return ofRefused(by, seen);
        }
        if (writes && workspace && by.role() == Role.CALL && !by.call().isEmpty() && !footprint.expectsWrite(path)) {
            return Optional.of(outside(
                    "footprint-write|" + by.call(),
                    "A call wrote a file that it cannot need to write",
                    seen,
                    "Nothing in the command of the call writes it.",
                    "footprint.file",
                    by,
                    5));
        }
        return Optional.empty();
    }

    /** A folder or a pattern that holds it among much else does not announce a file of a scope. */
    private boolean expectsScoped(Footprint footprint, String path, boolean writes) {
        return footprint.files().stream()
                        .filter(file -> file.covers(path) && (file.write() || !writes))
                        .anyMatch(file -> file.path().equals(path)
                                || scopes.named(file.path(), writes).isPresent())
                || !writes && footprint.readsForItsOwnSake(path);
    }

    private Deviation scoped(Scope scope, String path, boolean writes, String seen, Attribution by) {
        boolean frozen = scope.answer(policy()) == Answer.FREEZE;
        Deviation found = new Deviation(
                        DeviationKind.OUT_OF_POLICY,
                        frozen ? Severity.CRITICAL : Severity.LOW,
                        "scope-file|" + scope.word() + "|" + path,
                        writes ? "A file of a named scope was written" : "A file of a named scope was read",
                        seen,
                        scope.why(),
                        "scopes." + scope.word(),
                        by.call(),
                        frozen ? 100 : 10,
                        frozen)
                .about(Optional.of(scope))
                .restingOn(evidence(by));
        return frozen ? found : found.softly();
    }

    /**
     * A host that the policy allows was asked for.
     *
     * @param by whose the connection is; nobody where that is not certain
     * @param atNs when, on the host's clock
     */
    public Optional<Deviation> requested(EgressRequested request, Owners owners, Attribution by, long atNs) {
        Optional<String> call = EgressOwners.call(owners);
        String host = request.getHost().toLowerCase(Locale.ROOT);
        if (!by.refused().isEmpty()) {
            return ofRefused(by, by.description() + " asked for a connection to " + host + ":" + request.getPort());
        }
        if (call.isEmpty()) {
            return isOfTheAgent(owners) ? unannounced(host, request.getPort(), owners, atNs) : Optional.empty();
        }
        Footprint footprint = ledger.footprint(call.get());
        boolean late = isOver(call.get()) && !footprint.namesHost(host);
        if (!late && footprint.expectsHost(host)) {
            return Optional.empty();
        }
        List<String> evidence = new ArrayList<>();
        owners.candidates().forEach(candidate -> evidence.add(candidate.getEvent()));
        ledger.call(call.get()).map(Call::getEvent).ifPresent(evidence::add);
        return Optional.of(new Deviation(
                        DeviationKind.UNANNOUNCED,
                        Severity.LOW,
                        (late ? "footprint-host-late|" : "footprint-host|") + host,
                        late
                                ? "A connection was asked for after its call had ended"
                                : "A call connected to a host that it cannot need",
                        "a connection to " + host + ":" + request.getPort() + " was asked for",
                        late
                                ? "Its command was over, and does not name the host."
                                : "Nothing in the command of the call connects there.",
                        "footprint.host",
                        call.get(),
                        10,
                        false)
                .restingOn(evidence)
                .softly());
    }

    /**
     * Whether a call is over: its result is told, its first process has ended, and it was not said to go on in the background. What still
     * runs of it is its own, and what it may do beside what its command names has ended with it.
     */
    private boolean isOver(String call) {
        return ledger.call(call)
                .filter(known -> known.getFinished() && known.hasWaitStatus() && !known.getBackground())
                .isPresent();
    }

    /** Whether the agent's own process asks, and no other can. */
    private boolean isOfTheAgent(Owners owners) {
        return owners.certain()
                && owners.candidates().stream()
                        .map(candidate -> session.processes().get(candidate.getProcess()))
                        .anyMatch(process -> process != null && process.getRole() == Role.AGENT);
    }

    /** Tools that fetch have no process of their own. An agent that announces nothing is held to its policy alone. */
    private Optional<Deviation> unannounced(String host, int port, Owners owners, long atNs) {
        Optional<Call> refused = ledger.refusedFetch(host);
        if (state.getCallsSeen() == 0 || refused.isEmpty() && ledger.names(host, atNs)) {
            return Optional.empty();
        }
        List<String> evidence = new ArrayList<>();
        owners.candidates().forEach(candidate -> evidence.add(candidate.getEvent()));
        refused.map(Call::getEvent).ifPresent(evidence::add);
        boolean freezes = policy().getUnannounced().equals("freeze");
        boolean proof = refused.isPresent() || freezes;
        Deviation found = new Deviation(
                        DeviationKind.UNANNOUNCED,
                        proof ? Severity.CRITICAL : Severity.LOW,
                        "agent-host|" + host,
                        refused.isPresent()
                                ? "A refused call ran anyway"
                                : "The agent connected to a host that no call names",
                        "the agent itself asked for a connection to " + host + ":" + port,
                        refused.map(call -> "Call " + call.getCall()
                                        + " was refused; the agent's hook failed open or was bypassed.")
                                .orElse("No announced call connects there, and it is none of the agent's services."),
                        "announce",
                        refused.map(Call::getCall).orElse(""),
                        freezes ? Ladder.MAX : refused.isPresent() ? 80 : 5,
                        proof)
                .restingOn(evidence);
        return Optional.of(proof ? found : found.softly());
    }

    /** A server acts, and its last call was refused. It may do so on its own account: no proof. */
    private Optional<Deviation> ofRefused(Attribution by, String seen) {
        return ledger.call(by.refused()).map(call -> {
            // While a person thinks about it the server has its own work to do.
            boolean asked = ledger.isAsked(call.getCall());
            boolean freezes = policy().getUnannounced().equals("freeze") && !asked;
            Deviation found = new Deviation(
                            DeviationKind.UNANNOUNCED,
                            freezes ? Severity.CRITICAL : Severity.LOW,
                            "refused-server|" + (asked ? "asked|" : "") + call.getCall(),
                            "The server of a refused call acts",
                            seen,
                            "Call " + call.getCall() + " (" + call.getTool()
                                    + (asked ? ") is not approved yet" : ") was refused")
                                    + ", and no other call of that server is under way.",
                            "announce",
                            call.getCall(),
                            freezes ? Ladder.MAX : 10,
                            freezes)
                    .restingOn(List.of(call.getEvent(), by.execution()));
            return freezes ? found : found.softly();
        });
    }

    /** Whether the process was started by one of the same server; the agent starts the server itself. */
    private boolean isBelowServer(Attribution by) {
        Process process = session.processes().get(by.process());
        Process parent = process == null ? null : session.processes().get(process.getParent());
        return by.role() == Role.MCP_SERVER && parent != null && parent.getRole() == Role.MCP_SERVER;
    }

    private boolean isApproved(String call) {
        return ledger.call(call).filter(known -> !known.getApproval().isEmpty()).isPresent();
    }

    private Deviation outside(
            String key, String title, String seen, String why, String clause, Attribution by, int risk) {
        return new Deviation(
                        DeviationKind.UNANNOUNCED, Severity.LOW, key, title, seen, why, clause, by.call(), risk, false)
                .restingOn(evidence(by))
                .softly();
    }

    /** The announcement of the call, and the execution of the process. */
    private List<String> evidence(Attribution by) {
        return List.of(ledger.call(by.call()).map(Call::getEvent).orElse(""), by.execution());
    }

    private TaskPolicy policy() {
        return state.getTask().getPolicy();
    }

    /** A file that the call names, as its program or as what its program runs. */
    private static boolean isNamed(ProcessStarted start, Footprint footprint) {
        return footprint.files().stream().anyMatch(file -> file.covers(start.getBinary()));
    }

    /** Whether the session may have made the program itself, and given it the name of another. */
    private boolean isMade(String binary) {
        return binary.startsWith(state.getTask().getWorkspace() + "/")
                || MADE.stream().anyMatch(binary::startsWith);
    }

    private static List<String> tail(List<String> argv) {
        return argv.isEmpty() ? argv : argv.subList(1, argv.size());
    }

    private static String line(ProcessStarted start) {
        String line = String.join(" ", start.getArgvList());
        return line.length() > 200 ? line.substring(0, 200) + "…" : line;
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
