package io.plumbline.watcher.attribution;

import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ProcessExited;
import io.plumbline.events.v1.ProcessForked;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.watcher.attribution.EgressOwners.Owners;
import io.plumbline.watcher.intent.Executions;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.Pending;
import io.plumbline.watcher.state.v1.Process;
import io.plumbline.watcher.state.v1.ProxyConnection;
import io.plumbline.watcher.state.v1.Role;
import io.plumbline.watcher.state.v1.Taint;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The processes of a session and what explains them. A process belongs to the call whose command its first ancestor below
 * the agent executed, for ever: by the clone tree, whatever the time, the parent id or the session id say later. What the server of
 * an MCP tool does belongs to the call of it that is under way.
 */
public final class ProcessTable {
    /** How long an announcement may come after the act that it explains, for agents that only tell through their telemetry. */
    static final long GRACE_NANOS = 10_000_000_000L;

    /** Ancestors followed towards the agent; deeper trees are cut for people only, roles are inherited. */
    private static final int MAX_PARENTS = 16;

    /** Calls named where it cannot be told whose an act is. */
    private static final int MAX_CALLS = 4;

    private final WatchState.Builder state;
    private final Map<String, Process> processes;
    private final IntentLedger ledger;
    private final long nowNanos;

    /** @param nowNanos time of the act that is looked at, on the clock of the session's evidence */
    public ProcessTable(SessionState session, IntentLedger ledger, long nowNanos) {
        this.nowNanos = nowNanos;
        this.state = session.values();
        this.processes = session.processes();
        this.ledger = ledger;
    }

    /** A process or thread was created. */
    public void forked(ProcessForked fork) {
        String parentKey = key(fork.getActor().getProcess());
        String childKey = key(fork.getChild());
        if (parentKey.equals(childKey)) {
            return;
        }
        Process parent = process(fork.getActor());
        Process.Builder child = Process.newBuilder()
                .setParent(parentKey)
                .setThreadGroup(fork.getChild().getThreadGroup())
                .setBinary(parent.getBinary())
                .setCommandLine(parent.getCommandLine());
        switch (parent.getRole()) {
            // What the host's relay forks before it becomes the agent is the relay's serving half.
            case HOST_RELAY -> child.setRole(Role.HOST_RELAY);
            case AGENT -> child.setRole(ordered() ? Role.CALL : Role.UNDECIDED);
            case CALL, HOUSEKEEPING, MCP_SERVER, UNANNOUNCED, UNDECIDED, PENDING, UNRECOGNIZED ->
                child.setRole(parent.getRole())
                        .setCall(parent.getCall())
                        .setMcpServer(parent.getMcpServer())
                        .setPendingRoot(parent.getPendingRoot());
        }
        put(childKey, child.addAllTaints(parent.getTaintsList()));
    }

    /**
     * A program was executed. Where its arguments are not all in the event ({@link #isCut}), no announcement and no profile
     * explains it: what was cut off could be anything.
     *
     * @param event with a {@link ProcessStarted}
     * @return true when this made the process unannounced: nothing explains it, and nothing did before
     */
    public boolean started(Event event) {
        ProcessStarted start = event.getProcessStarted();
        String key = key(start.getActor().getProcess());
        boolean known = processes.containsKey(key);
        Process before = process(start.getActor());
        Process.Builder process = before.toBuilder()
                .setBinary(start.getBinary())
                .setCommandLine(EventLimits.commandLine(String.join(" ", start.getArgvList())))
                .setEvent(event.getId())
                .setExecuted(true);
        if (start.getFirst()) {
            put(key, process.setRole(Role.HOST_RELAY));
            return false;
        }
        boolean begins =
                before.getRole() == Role.HOST_RELAY && before.getParent().isEmpty();
        if (begins || before.getRole() == Role.AGENT && state.getCallsSeen() == 0) {
            // Until it announces something it may still become the agent: env, a shell that executes it, its own
            // launcher.
            Steering.keep(event, state);
        }
        if (begins) {
            put(key, process.setRole(Role.AGENT));
            return false;
        }
        Role role = before.getRole();
        if (role == Role.UNDECIDED || role == Role.HOUSEKEEPING) {
            boolean whole = !isCut(event);
            Optional<Call> call = whole
                    ? ledger.explaining(start.getBinary(), start.getArgvList(), Executions.folder(start), key)
                    : Optional.empty();
            boolean prelude = whole && role == Role.UNDECIDED && ledger.leadsToCall(start.getArgvList());
            boolean refused = call.isEmpty()
                    && !prelude
                    && ledger.refused(start.getArgvList()).isPresent();
            if (call.isPresent()) {
                ledger.started(call.get().getCall(), key, event.getId());
                process.setRole(Role.CALL).setCall(call.get().getCall());
            } else if (refused) {
                process.setRole(Role.UNANNOUNCED);
            } else if (prelude) {
                process.setRole(Role.UNDECIDED);
            } else if (role == Role.HOUSEKEEPING) {
                if (!AgentProfile.belongsToHousekeeping(before.getBinary(), start.getBinary())) {
                    process.setRole(Role.UNANNOUNCED);
                }
            } else {
                Optional<String> server =
                        whole ? McpServers.started(state.getMcpServersList(), start) : Optional.empty();
                AgentProfile profile = AgentProfiles.of(state.getAgent(), state.getAgentVersion())
                        .profile();
                boolean ownHelper = whole
                        && profile.keepsHouseWith(start.getBinary(), start.getArgvList())
                        && start.getArgvList().stream()
                                .allMatch(argument -> Executions.namesOwnSnapshots(
                                        argument, state.getTask().getWorkspace()));
                if (server.isPresent()) {
                    process.setRole(Role.MCP_SERVER).setMcpServer(server.get());
                } else if (ownHelper) {
                    process.setRole(Role.HOUSEKEEPING);
                } else if (!profile.announces() && whole && await(event, key)) {
                    process.setRole(Role.PENDING).setPendingRoot(key);
                } else {
                    process.setRole(Role.UNANNOUNCED);
                }
            }
        }
        if ((role == Role.CALL || role == Role.MCP_SERVER)
                && ledger.isOnlyRefused(start.getBinary(), start.getArgvList())) {
            // Another call that runs the refused one does not make it its own.
            process.setRole(Role.UNANNOUNCED).clearCall().clearMcpServer();
        } else if (role == Role.MCP_SERVER && process.getCall().isEmpty() && isOfAServer(before.getParent())) {
            List<Call> served = ledger.served(before.getMcpServer(), nowNanos);
            boolean certain = served.size() == 1 && !ledger.isNamedAlike(before.getMcpServer());
            if (certain) {
                process.setCall(served.getFirst().getCall());
            }
            process.setCallUnknown(!served.isEmpty() && !certain);
        }
        put(key, process);
        return process.getRole() == Role.UNANNOUNCED && (role != Role.UNANNOUNCED || !known);
    }

    /** The agent starts the server itself, and what that one does when it starts anew is of no call. */
    private boolean isOfAServer(String key) {
        Process process = processes.get(key);
        return process != null && process.getRole() == Role.MCP_SERVER;
    }

    /** Lets an execution wait for its announcement; false: there is no room for it. */
    private boolean await(Event event, String key) {
        ProcessStarted start = event.getProcessStarted();
        long bytes = start.getArgvList().stream().mapToLong(String::length).sum();
        if (state.getPendingCount() >= StateLimits.PENDING || bytes > StateLimits.PENDING_ARGUMENTS) {
            state.getEvictedBuilder().setPending(state.getEvicted().getPending() + 1);
            return false;
        }
        state.addPending(Pending.newBuilder()
                .setProcess(key)
                .setEvent(event.getId())
                .setBinary(start.getBinary())
                .addAllArgv(start.getArgvList())
                .setFolder(Executions.folder(start))
                .setDeadlineNs(event.getEventTimeNs() + GRACE_NANOS));
        return true;
    }

    /** A call was announced: what waits for it, and all below, belongs to it from now on. */
    public void announced(String call) {
        for (int i = 0; i < state.getPendingCount(); i++) {
            Pending pending = state.getPending(i);
            boolean explained = ledger.explaining(
                            pending.getBinary(), pending.getArgvList(), pending.getFolder(), pending.getProcess())
                    .filter(known -> known.getCall().equals(call))
                    .isPresent();
            if (explained) {
                state.removePending(i);
                ledger.started(call, pending.getProcess(), pending.getEvent());
                settle(pending.getProcess(), process -> process.setRole(Role.CALL)
                        .setCall(call));
                return;
            }
        }
    }

    /**
     * The executions whose announcement has not come in time; they are unannounced, and so is all below.
     *
     * @param nowNanos on the clock of the session's evidence
     */
    public List<Pending> overdue(long nowNanos) {
        if (state.getPendingCount() == 0) {
            return List.of();
        }
        List<Pending> overdue = state.getPendingList().stream()
                .filter(pending -> pending.getDeadlineNs() < nowNanos)
                .toList();
        if (!overdue.isEmpty()) {
            List<Pending> left = state.getPendingList().stream()
                    .filter(pending -> pending.getDeadlineNs() >= nowNanos)
                    .toList();
            state.clearPending().addAllPending(left);
            overdue.forEach(pending -> settle(pending.getProcess(), process -> process.setRole(Role.UNANNOUNCED)));
        }
        return overdue;
    }

    private void settle(String root, UnaryOperator<Process.Builder> change) {
        List<String> keys = processes.entrySet().stream()
                .filter(entry -> entry.getValue().getRole() == Role.PENDING
                        && entry.getValue().getPendingRoot().equals(root))
                .map(Map.Entry::getKey)
                .toList();
        for (String key : keys) {
            Process process = Objects.requireNonNull(processes.get(key));
            processes.put(
                    key, change.apply(process.toBuilder()).clearPendingRoot().build());
        }
    }

    /** Whether something of a command line is not in the event that tells of it. */
    public static boolean isCut(Event event) {
        return event.getTruncatedList().contains("argv");
    }

    /** A thread ended; with its last thread the process does. */
    public void exited(ProcessExited exit) {
        String key = key(exit.getActor().getProcess());
        Process process = processes.get(key);
        if (process != null && exit.getActor().getThread() == process.getThreadGroup() && !process.getExited()) {
            state.setLiveProcesses(Math.max(0, state.getLiveProcesses() - 1));
            put(key, process.toBuilder().setExited(true));
            if (process.getRole() == Role.CALL) {
                ledger.ended(process.getCall(), key, exit.getWaitStatus());
            }
        }
    }

    /** Who the actor is. A process that the trace never introduced is unannounced. */
    public Attribution attribute(Actor actor) {
        return attribution(key(actor.getProcess()), process(actor), actor.getName());
    }

    /** Who holds a connection of the proxy; nobody unless only one process can, and the table knows it. */
    public Attribution attribute(Owners owners) {
        if (!owners.certain() || owners.candidates().isEmpty()) {
            return Attribution.none();
        }
        String key = owners.candidates().getFirst().getProcess();
        Process known = processes.get(key);
        return known == null ? Attribution.none() : attribution(key, known, "");
    }

    private Attribution attribution(String key, Process process, String name) {
        if (process.getRole() == Role.MCP_SERVER) {
            return served(key, process, name);
        }
        return new Attribution(
                key,
                process.getRole(),
                process.getCall(),
                description(process, name),
                process.getEvent(),
                // Of a call that was forgotten nothing is in force any more.
                ledger.call(process.getCall())
                        .map(Call::getFinished)
                        .orElse(!process.getCall().isEmpty()),
                "");
    }

    /**
     * What a server does belongs to the only call of it that was under way; what was executed for one may go on for it when others are. Which
     * of several it was nobody can tell.
     */
    private Attribution served(String key, Process process, String name) {
        List<String> open = ledger.served(process.getMcpServer(), nowNanos).stream()
                .map(Call::getCall)
                .toList();
        Set<String> calls = new LinkedHashSet<>(open);
        if (!process.getCall().isEmpty()) {
            calls.add(process.getCall());
        }
        boolean certain =
                calls.size() == 1 && !process.getCallUnknown() && !ledger.isNamedAlike(process.getMcpServer());
        String call = certain ? calls.iterator().next() : "";
        return new Attribution(
                key,
                process.getRole(),
                call,
                description(process, name) + " of the MCP server " + process.getMcpServer()
                        + (calls.isEmpty() || certain ? "" : ", for one of the calls " + named(calls)),
                process.getEvent(),
                certain && open.isEmpty(),
                open.isEmpty()
                        ? ledger.refusedBy(process.getMcpServer(), nowNanos)
                                .filter(refused -> isAfter(refused, process.getCall()))
                                .map(Call::getCall)
                                .orElse("")
                        : "");
    }

    /** Whether it was announced after a call that a process was executed for; after none, always. */
    private boolean isAfter(Call refused, String call) {
        return ledger.call(call).map(Call::getNumber).orElse(0L) < refused.getNumber();
    }

    private static String named(Set<String> calls) {
        return calls.stream().limit(MAX_CALLS).collect(Collectors.joining(", "))
                + (calls.size() > MAX_CALLS ? ", …" : "");
    }

    private static String description(Process process, String name) {
        return AgentProfile.fileName(process.getBinary().isEmpty() ? name : process.getBinary()) + " ("
                + process.getThreadGroup() + ")";
    }

    /** What the process has read that is a secret, itself or through its ancestors and their files. */
    public List<Taint> taints(String process) {
        Process known = processes.get(process);
        return known == null ? List.of() : known.getTaintsList();
    }

    /** A person has looked at what was read until now. */
    public void forgetTaints() {
        List<String> tainted = processes.entrySet().stream()
                .filter(entry -> entry.getValue().getTaintsCount() > 0)
                .map(Map.Entry::getKey)
                .toList();
        tainted.forEach(key -> processes.put(
                key,
                Objects.requireNonNull(processes.get(key)).toBuilder()
                        .clearTaints()
                        .build()));
        ledger.forgetSecrets();
    }

    /** The process has read something secret. Of one that the table does not know, nothing can be remembered. */
    public void taint(String process, Taint taint) {
        Process known = processes.get(process);
        boolean repeated = known != null
                && known.getTaintsList().stream().anyMatch(one -> one.getPath().equals(taint.getPath()));
        if (known == null || repeated) {
            return;
        }
        Process.Builder tainted = known.toBuilder();
        if (tainted.getTaintsCount() >= StateLimits.TAINTS) {
            state.getEvictedBuilder().setTaints(state.getEvicted().getTaints() + 1);
            // A forbidden file is never given up for one that is not.
            if (!taint.getForbidden()) {
                return;
            }
            tainted.removeTaints(0);
        }
        List<Taint> sorted = new ArrayList<>(tainted.getTaintsList());
        sorted.add(taint);
        sorted.sort(Comparator.comparing(Taint::getForbidden));
        processes.put(process, tainted.clearTaints().addAllTaints(sorted).build());
    }

    /** The executable of a process; empty when it is not known. */
    public String image(Attribution attribution) {
        Process known = processes.get(attribution.process());
        return known == null ? "" : known.getBinary();
    }

    /** The command line of a process, at most {@link EventLimits#COMMAND_LINE} characters; empty when it is not known. */
    public String commandLine(Attribution attribution) {
        Process known = processes.get(attribution.process());
        return known == null ? "" : known.getCommandLine();
    }

    /** The executable of a process's parent; empty when it is not known. */
    public String parentImage(Attribution attribution) {
        Process known = processes.get(attribution.process());
        Process parent = known == null ? null : processes.get(known.getParent());
        return parent == null ? "" : parent.getBinary();
    }

    /** Command lines of the ancestors, nearest first. */
    public List<String> parents(Attribution attribution) {
        List<String> lines = new ArrayList<>();
        Process process = processes.get(attribution.process());
        while (process != null && lines.size() < MAX_PARENTS) {
            process = processes.get(process.getParent());
            if (process != null) {
                lines.add(process.getCommandLine());
            }
        }
        return lines;
    }

    /** True when there is no agent in between: a person gave the command itself. */
    private boolean ordered() {
        return state.getAgent().isEmpty() || state.getAgent().equals("none");
    }

    private Process process(Actor actor) {
        Process known = processes.get(key(actor.getProcess()));
        return known != null
                ? known
                : Process.newBuilder()
                        .setRole(state.getProcessesSeen() == 0 ? Role.UNDECIDED : Role.UNANNOUNCED)
                        .setThreadGroup(actor.getProcess().getThreadGroup())
                        .build();
    }

    private void put(String key, Process.Builder process) {
        Process known = processes.get(key);
        if (known != null) {
            process.setNumber(known.getNumber());
        } else {
            if (StateLimits.isTimeToForget(processes.size(), StateLimits.SETTLED_PROCESSES, StateLimits.PROCESSES)) {
                forgetOldest();
            }
            state.setProcessesSeen(state.getProcessesSeen() + 1);
            state.setLiveProcesses(state.getLiveProcesses() + 1);
            process.setNumber(state.getProcessesSeen());
        }
        processes.put(key, process.build());
    }

    /** Those that have exited and own no connection to the proxy; while there is room for all, no others. */
    private void forgetOldest() {
        boolean full = processes.size() >= StateLimits.PROCESSES;
        Set<String> owners = Stream.concat(
                        state.getProxyConnectionsList().stream(), state.getEgressOwnersMap().values().stream())
                .map(ProxyConnection::getProcess)
                .collect(Collectors.toSet());
        List<String> oldest = processes.entrySet().stream()
                .filter(entry -> full || entry.getValue().getExited() && !owners.contains(entry.getKey()))
                .sorted(Comparator.comparing((Map.Entry<String, Process> entry) ->
                                !entry.getValue().getExited())
                        .thenComparing(entry -> entry.getValue().getNumber()))
                .limit(StateLimits.FORGOTTEN_AT_ONCE)
                .map(Map.Entry::getKey)
                .toList();
        long live = oldest.stream()
                .filter(key -> !Objects.requireNonNull(processes.get(key)).getExited())
                .count();
        state.setLiveProcesses(Math.max(0, state.getLiveProcesses() - live));
        processes.keySet().removeAll(oldest);
        state.getEvictedBuilder().setProcesses(state.getEvicted().getProcesses() + oldest.size());
    }

    private static String key(ProcessRef process) {
        return process.getThreadGroup() + ":" + process.getStartTimeNs();
    }
}
