package io.plumbline.watcher.deviation;

import io.plumbline.events.SteeringVariables;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileEdited;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.attribution.AgentProfile;
import io.plumbline.watcher.attribution.AgentProfiles;
import io.plumbline.watcher.attribution.Attribution;
import io.plumbline.watcher.attribution.Steering;
import io.plumbline.watcher.intent.Executions;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.Role;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Holds what ran against what was announced, beyond the command itself: the folder and the environment in which the call was executed, and
 * the content that an edit left. A person who approved a call approved these too; then a difference is a proof.
 */
public final class BindingCheck {
    private final WatchState.Builder state;
    private final IntentLedger ledger;

    public BindingCheck(SessionState session, IntentLedger ledger) {
        this.state = session.values();
        this.ledger = ledger;
    }

    /**
     * A program was executed. Of a call only its own execution counts: what its command starts may have other folders and variables. Codex's
     * setup has no variables yet; those of what it becomes count.
     *
     * @param event with a {@link ProcessStarted}
     */
    public List<Deviation> started(Event event, Attribution by) {
        ProcessStarted start = event.getProcessStarted();
        List<Deviation> found = new ArrayList<>();
        Optional<Call> known = by.role() == Role.CALL ? ledger.call(by.call()) : Optional.empty();
        known.filter(call -> call.getRootEvent().equals(event.getId()))
                .flatMap(call -> folder(start, call, by))
                .ifPresent(found::add);
        known.filter(call -> call.getRoot().equals(by.process())
                        && !call.getEnvironmentSeen()
                        && !Executions.isSetup(start.getArgvList()))
                .ifPresent(call -> {
                    found.addAll(environment(event, call, by));
                    ledger.environmentSeen(call.getCall());
                });
        return List.copyOf(found);
    }

    /**
     * Announced folders are names, and the kernel's have no links in them: which folder a name is the host has told, or it is the workspace
     * itself; of another one a link may be the reason. Where Codex goes to the folder only after its first execution, that one has a name,
     * too: it may be the announced one, and another name may be a link.
     */
    private Optional<Deviation> folder(ProcessStarted start, Call call, Attribution by) {
        String folder = withoutLastSlash(Executions.folder(start));
        boolean resolved = !call.getRealCwd().isEmpty();
        String announced = withoutLastSlash(resolved ? call.getRealCwd() : call.getCwd());
        boolean named = Executions.isSetup(start.getArgvList());
        return announced.isEmpty()
                        || folder.isEmpty()
                        || folder.equals(announced)
                        || named && folder.equals(withoutLastSlash(call.getCwd()))
                ? Optional.empty()
                : Optional.of(otherwise(
                        call,
                        resolved && !named || announced.equals(state.getTask().getWorkspace()),
                        "folder|" + call.getCall(),
                        "call ran in another folder than announced",
                        by.description() + " was executed in " + folder,
                        "The call was announced for " + call.getCwd()
                                + (announced.equals(withoutLastSlash(call.getCwd()))
                                        ? "."
                                        : ", which was " + announced + "."),
                        "announce.folder"));
    }

    private static String withoutLastSlash(String folder) {
        return folder.length() > 1 && folder.endsWith("/") ? folder.substring(0, folder.length() - 1) : folder;
    }

    private List<Deviation> environment(Event event, Call call, Attribution by) {
        if (!state.getSteeringKnown()) {
            return List.of();
        }
        AgentProfile profile =
                AgentProfiles.of(state.getAgent(), state.getAgentVersion()).profile();
        List<Deviation> found = new ArrayList<>();
        Steering.beside(state.getSteeringList(), event.getProcessStarted()).stream()
                .filter(variable -> !profile.setsItself(variable))
                .map(variable -> otherwise(
                        call,
                        true,
                        // One that stays is one deviation, and one for each call that a person approved.
                        "environment|" + (call.getApproval().isEmpty() ? "" : call.getCall() + "|") + variable,
                        "call ran with a variable that decides what code runs",
                        by.description() + " was executed with another " + variable + " than the agent has",
                        "Neither the command says so, nor is it known of this agent.",
                        "announce.environment"))
                .forEach(found::add);
        if (Steering.isCut(event)) {
            found.add(otherwise(
                    call,
                    false,
                    "environment-cut|" + (call.getApproval().isEmpty() ? "" : call.getCall()),
                    "call ran with more variables that decide what code runs than are read",
                    by.description() + " was executed with more than " + SteeringVariables.MAX + " of them",
                    "The agent has fewer, and the rest was not compared.",
                    "announce.environment"));
        }
        return List.copyOf(found);
    }

    /** The host has held an edited file against its announcement. */
    public Optional<Deviation> edited(FileEdited edited) {
        boolean differs = edited.getUncompared().isEmpty()
                && !edited.getBlanksOnly()
                && !edited.getAnnouncedSha256().equals(edited.getWrittenSha256());
        // A refused edit that was made all the same is found by the opening of its file.
        return ledger.call(edited.getCall())
                .filter(call -> differs && !call.getDenied())
                .map(call -> otherwise(
                        call,
                        // What failed is not what was approved, and somebody else may have changed the file since.
                        !edited.getFailed(),
                        "content|" + edited.getCall() + "|" + edited.getPath(),
                        "edit left another content than announced",
                        edited.getPath() + " has " + content(edited.getWrittenSha256())
                                + (edited.getUntold() ? ", and no result was told" : "")
                                + (edited.getFailed() ? ", and the call failed, as the agent tells it" : ""),
                        "Its arguments make " + content(edited.getAnnouncedSha256()) + " of what was there.",
                        "announce.content"));
    }

    private static String content(String sha256) {
        return sha256.isEmpty() ? "no content" : "the content with SHA-256 " + sha256;
    }

    /** @param exact whether a difference cannot be anything else; of an approved call it is a proof then */
    private static Deviation otherwise(
            Call call, boolean exact, String key, String what, String seen, String why, String clause) {
        boolean approved = !call.getApproval().isEmpty();
        boolean proof = approved && exact;
        Deviation found = new Deviation(
                        DeviationKind.UNANNOUNCED,
                        proof ? Severity.HIGH : Severity.LOW,
                        key,
                        (approved ? "An approved " : "A ") + what,
                        seen,
                        why + (proof ? " A person approved that, not this." : ""),
                        clause,
                        call.getCall(),
                        proof ? 40 : 10,
                        proof)
                .restingOn(List.of(call.getEvent()));
        return proof ? found : found.softly();
    }
}
