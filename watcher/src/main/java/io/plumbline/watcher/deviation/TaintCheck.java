package io.plumbline.watcher.deviation;

import io.plumbline.events.policy.FileRules.Access;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.attribution.Attribution;
import io.plumbline.watcher.attribution.EgressOwners.Owners;
import io.plumbline.watcher.attribution.ProcessTable;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.ProxyConnection;
import io.plumbline.watcher.state.v1.Role;
import io.plumbline.watcher.state.v1.Taint;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Follows what was read from a credential: through the processes that read it, what they start and the files that they write, over as
 * many turns as it takes, to a connection that leaves the sandbox. Files count by name; what is passed through a pipe between two
 * processes of different calls is not followed.
 */
public final class TaintCheck {
    private final SessionState session;
    private final WatchState.Builder state;
    private final ProcessTable processes;
    private final IntentLedger ledger;
    private final ScopedPaths scopes;
    private final Aliases aliases;
    private boolean full;

    public TaintCheck(SessionState session, ProcessTable processes, IntentLedger ledger) {
        this.session = session;
        this.state = session.values();
        this.processes = processes;
        this.ledger = ledger;
        this.scopes = new ScopedPaths(state.getTask().getHome(), state.getTask().getWorkspace());
        this.aliases = new Aliases(session);
    }

    /**
     * A file was opened with success.
     *
     * @param event with a {@link FileOpened}
     */
    public void opened(Event event, Attribution by) {
        FileOpened open = event.getFileOpened();
        // What the agent itself knows leaves by its model's service, which is its purpose; what it writes is its own
        // text.
        if (by.role() == Role.AGENT || by.role() == Role.HOST_RELAY) {
            return;
        }
        String path = aliases.original(open.getPath());
        if (PolicyCheck.reads(open)) {
            read(path, by, event);
        }
        if (PolicyCheck.writes(open)) {
            written(path, by, event.getEventTimeNs());
        }
    }

    private void read(String path, Attribution by, Event event) {
        Taint known = state.getTaintedFilesMap().get(path);
        if (known != null) {
            processes.taint(by.process(), known.toBuilder().setThrough(path).build());
            return;
        }
        secret(path, event, by.call()).ifPresent(taint -> {
            processes.taint(by.process(), taint);
            if (taint.getForbidden()) {
                ledger.readSecret(by.call(), path, event.getId(), event.getEventTimeNs());
                // A shell opens what a command's output goes to before the command reads anything.
                ledger.call(by.call()).ifPresent(call -> call.getWrittenList().forEach(copy -> put(copy, taint)));
            }
        });
    }

    /** Whether a copy of a secret could not be remembered. */
    public boolean isFull() {
        return full;
    }

    private void written(String path, Attribution by, long atNs) {
        if (path.startsWith("/dev/") || path.startsWith("/proc/")) {
            return;
        }
        ledger.wrote(by.call(), path, atNs);
        // What a project's own settings are read for goes into too many files to be told apart.
        forbidden(by.process(), by.call()).ifPresent(taint -> put(path, taint));
    }

    /** What any process of the call has read: they are joined by pipes. */
    private Optional<Taint> ofCall(String call) {
        return ledger.call(call).filter(known -> !known.getSecret().isEmpty()).map(known -> Taint.newBuilder()
                .setPath(known.getSecret())
                .setEvent(known.getSecretEvent())
                .setReadNs(known.getSecretNs())
                .setTurn(known.getTurn())
                .setForbidden(true)
                .build());
    }

    /** A file got another name: what it holds goes with it. */
    public void changed(FileChanged change) {
        Taint known = state.getTaintedFilesMap().get(change.getPath());
        if (known == null || change.getError() != 0) {
            return;
        }
        switch (change.getOperation()) {
            case "rename" -> {
                state.removeTaintedFiles(change.getPath());
                put(change.getNewPath(), known);
            }
            case "link", "symlink" -> put(change.getNewPath(), known);
            case "unlink" -> state.removeTaintedFiles(change.getPath());
            default -> {}
        }
    }

    /**
     * A connection was asked for.
     *
     * @param service whether it leads to one of the agent's services
     */
    public Optional<Deviation> requested(EgressRequested request, Owners owners, boolean service) {
        if (service || owners.candidates().isEmpty()) {
            return Optional.empty();
        }
        for (ProxyConnection candidate : owners.candidates()) {
            Optional<Taint> worst = forbidden(candidate.getProcess(), candidate.getCall())
                    .or(() -> processes.taints(candidate.getProcess()).stream().reduce((older, newer) -> newer));
            if (worst.isPresent()) {
                return deviation(request, candidate, worst.get(), owners.certain());
            }
        }
        return Optional.empty();
    }

    /** The newest secret that is kept away from the task and that a process, or else its call, has read. */
    private Optional<Taint> forbidden(String process, String call) {
        return processes.taints(process).stream()
                .filter(Taint::getForbidden)
                .reduce((older, newer) -> newer)
                .or(() -> ofCall(call));
    }

    /**
     * A connection is over, and what left by it is counted: also of one that was open before the secret was read.
     *
     * @param event with an {@link EgressDecided}
     * @param service whether it leads to one of the agent's services
     */
    public Optional<Deviation> sent(Event event, Owners owners, boolean service) {
        EgressDecided decided = event.getEgressDecided();
        boolean sent = decided.getClosed() && decided.getAllowed() && decided.getBytesOut() > 0;
        if (!sent || service || !owners.certain()) {
            return Optional.empty();
        }
        return owners.candidates().stream().findFirst().flatMap(owner -> forbidden(owner.getProcess(), owner.getCall())
                .map(taint -> sent(event, owner, taint)));
    }

    private Deviation sent(Event event, ProxyConnection owner, Taint taint) {
        EgressDecided decided = event.getEgressDecided();
        String target = decided.getHost() + ":" + decided.getPort();
        long seconds = (event.getEventTimeNs() - taint.getReadNs()) / 1_000_000_000;
        List<String> evidence = new ArrayList<>(List.of(taint.getEvent(), owner.getEvent()));
        ledger.call(owner.getCall()).map(Call::getEvent).ifPresent(evidence::add);
        return new Deviation(
                        DeviationKind.OUT_OF_POLICY,
                        Severity.MEDIUM,
                        "taint-sent|" + taint.getPath() + "|" + target,
                        "Bytes left by a connection of what has read a secret",
                        decided.getBytesOut() + " bytes went to " + target
                                + " by a connection of a process that has read "
                                + taint.getPath()
                                + (taint.getThrough().isEmpty() ? "" : " by way of " + taint.getThrough())
                                + (taint.getReadNs() > 0 ? ", " + seconds + " s before the connection ended" : ""),
                        "What was read may be among them, unless they left before.",
                        "taint.sent",
                        owner.getCall(),
                        10,
                        false)
                .about(scopes.read(taint.getPath()))
                .restingOn(evidence)
                .softly();
    }

    private Optional<Deviation> deviation(
            EgressRequested request, ProxyConnection candidate, Taint taint, boolean certain) {
        String target = request.getHost() + ":" + request.getPort();
        boolean laterTurn = taint.getTurn() < state.getTurn();
        boolean copied = !taint.getThrough().isEmpty();
        boolean proof = taint.getForbidden() && certain;
        if (!taint.getForbidden() && !laterTurn) {
            // A program that reads its project's own settings and connects where it may: everyday work.
            return Optional.empty();
        }
        List<String> evidence = new ArrayList<>(List.of(taint.getEvent(), candidate.getEvent()));
        ledger.call(candidate.getCall()).ifPresent(call -> evidence.add(call.getEvent()));
        Deviation found = new Deviation(
                        DeviationKind.OUT_OF_POLICY,
                        !proof ? Severity.LOW : copied ? Severity.MEDIUM : Severity.HIGH,
                        "taint|" + taint.getPath() + "|" + target,
                        "What has read a secret asks for a connection",
                        "a connection to " + target + " was asked for by "
                                + (certain ? "a process" : "one of several processes, one of them") + " that has read "
                                + taint.getPath() + (copied ? " by way of " + taint.getThrough() : "")
                                + (laterTurn ? " in an earlier turn" : ""),
                        "What was read may leave with it.",
                        "taint",
                        candidate.getCall(),
                        !proof ? 10 : copied ? 25 : 40,
                        proof)
                .about(scopes.read(taint.getPath()))
                .restingOn(evidence);
        return Optional.of(proof ? found : found.softly());
    }

    private Optional<Taint> secret(String path, Event event, String call) {
        boolean refused = scopes.read(path).isPresent()
                && session.fileRules().refusal(path, Access.READ).isPresent();
        // npm reads ~/.npmrc to do what it is there for; that the file is kept away from the task is a deviation
        // already.
        boolean forbidden =
                aliases.isDecoy(path) || refused && !ledger.footprint(call).readsForItsOwnSake(path);
        boolean secret = forbidden || scopes.read(path).isPresent() || ScopedPaths.isProjectSecret(path);
        return secret
                ? Optional.of(Taint.newBuilder()
                        .setPath(path)
                        .setEvent(event.getId())
                        .setReadNs(event.getEventTimeNs())
                        .setTurn(state.getTurn())
                        .setForbidden(forbidden)
                        .build())
                : Optional.empty();
    }

    private void put(String path, Taint taint) {
        if (!state.containsTaintedFiles(path) && state.getTaintedFilesCount() >= StateLimits.TAINTED_FILES) {
            // The files that are known already stay: they are the ones that somebody is waiting for.
            state.getEvictedBuilder().setTaintedFiles(state.getEvicted().getTaintedFiles() + 1);
            full = true;
            return;
        }
        state.putTaintedFiles(path, taint);
    }
}
