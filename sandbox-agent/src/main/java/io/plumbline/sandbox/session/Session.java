package io.plumbline.sandbox.session;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.PolicyRefused;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SessionEnded;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.StartTimes;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.WorkspaceIdentified;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.agents.ConfigurationFiles;
import io.plumbline.sandbox.agents.Doors;
import io.plumbline.sandbox.agents.ManagedConfiguration;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.posix.BoundFolders;
import io.plumbline.sandbox.posix.TerminalSize;
import io.plumbline.sandbox.review.WorkspaceCopy;
import io.plumbline.sandbox.review.WorkspaceDecoys;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.rootfs.Groundwork;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Freezer;
import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import io.plumbline.sandbox.trace.TraceListener;
import io.plumbline.sandbox.trace.Tripwire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session, from its assignment to its end. Whatever fails on the way, nothing of it is left: no process, no mount, no
 * directory.
 */
final class Session {
    /** No beat waits for the last answer of the sandbox's kernel, and without it the session is told to be incomplete. */
    private static final Duration LAST_ANSWER_LIMIT = Duration.ofSeconds(5);

    private static final Duration TRACE_END_LIMIT = Duration.ofSeconds(3);
    private static final Duration TRACE_PUBLISH_LIMIT = Duration.ofSeconds(60);

    /** Of a workload that has begun: what starts it, and what it starts with. */
    private static final Duration FIRST_STEPS = Duration.ofMillis(250);

    private static final int MAX_EARLY_VERDICTS = 1000;
    private static final int KILLED_EXIT_CODE = 137;
    private static final String CONTROL_ENDED = "the sandbox's control socket has ended";
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final String id;
    private final SessionRequest request;
    private final HostServices host;
    private final SessionObserver observer;
    private final WorkloadInput input;
    private final Instant started = Instant.now();
    private final StartTimes.Builder times = StartTimes.newBuilder().setAskedNs(Clock.nowNanos());
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Object gate = new Object();

    // Guarded by gate.
    private final List<EarlyVerdict> early = new ArrayList<>();
    private final List<PolicyRevised> earlyRevisions = new ArrayList<>();
    private List<SessionPart> parts = List.of();
    private @Nullable Responder responder;
    private @Nullable WorkloadStreams workload;
    private String stopReason = "";

    private final PolicyInForce policyInForce;
    private volatile ControlGroups.Group group = ControlGroups.Group.none();
    private volatile @Nullable SessionJournal confirmations;
    private volatile @Nullable EditedFiles edits;
    private volatile String state = "CREATING";

    private record EarlyVerdict(Event verdict, StageTimes stages) {}

    Session(SessionRequest request, HostServices host, SessionObserver observer) {
        this.id = newId();
        this.request = request;
        this.host = host;
        this.observer = observer;
        this.input = new WorkloadInput(observer::inputTaken);
        this.policyInForce = new PolicyInForce(
                host.tenant(),
                id,
                host.policyKeys(),
                request.levels(),
                request.policy(),
                policy -> SessionLimits.groupLimits(policy, host.runtime()));
    }

    /** What is offered to the workload's standard input. */
    WorkloadInput input() {
        return input;
    }

    /** Gives the session's terminal another size; without one nothing happens. */
    void resize(TerminalSize size) throws IOException {
        WorkloadStreams streams;
        synchronized (gate) {
            streams = workload;
        }
        if (streams != null) {
            streams.resize(size);
        }
    }

    String id() {
        return id;
    }

    SessionRequest request() {
        return request;
    }

    Instant started() {
        return started;
    }

    /** CREATING, or the name of the last {@code RuntimeState.State} that was reached. */
    String state() {
        return state;
    }

    /** Lives the session on a thread of its own. */
    void start() {
        Thread.ofPlatform().name("session-" + id).start(this::live);
    }

    /** Ends the session; idempotent, returns at once. */
    void stop(String reason) {
        Responder current;
        synchronized (gate) {
            if (stopReason.isEmpty()) {
                stopReason = reason;
            }
            current = responder;
        }
        if (current != null) {
            current.killHere(reason);
        }
    }

    /** Waits until nothing of the session is left. */
    boolean awaitFinished(Duration limit) throws InterruptedException {
        return finished.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void live() {
        try {
            Opened opened = new Opened();
            try {
                int code = run(opened);
                String reason = reason(opened, code);
                end(opened);
                observer.exited(code, reason);
                giveBack(opened);
            } catch (Throwable e) {
                // Whatever it is, such as no further thread to be had: nothing of the session may be left.
                String message = String.valueOf(e.getMessage());
                attempt("word of its failure", () -> fail(opened, message));
                end(opened);
                attempt("answer", () -> observer.failed(message));
                giveBack(opened);
                LOG.warn("session {} failed", id, e);
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            finished.countDown();
        }
    }

    /** What has to be given back. */
    private static final class Opened {
        @Nullable
        SessionJournal journal;

        ControlGroups.@Nullable Haste haste;

        @Nullable
        PreparedSandbox prepared;

        @Nullable
        TraceListener trace;

        @Nullable
        WorkspaceDecoys decoys;

        @Nullable
        WorkspaceManifest manifest;

        @Nullable
        DiskUse disk;

        @Nullable
        Responder orders;

        @Nullable
        WorkloadStreams streams;

        @Nullable
        Pulse pulse;

        @Nullable
        Sandbox sandbox;
    }

    private int run(Opened opened) throws IOException, SandboxException, InterruptedException {
        TaskPolicy policy = request.policy();
        SessionJournal journal = new SessionJournal(
                host.link().open(host.tenant(), id, this::onVerdict, new RoutineReads(policyInForce::policy)),
                () -> policyInForce.policy().getRevision(),
                this::blind);
        opened.journal = journal;
        ControlGroups.Haste haste = host.groups().hasten();
        opened.haste = haste;
        PreparedSandbox prepared = host.pool().take();
        opened.prepared = prepared;
        Path directory = prepared.directory();
        Orphans.mark(directory, id);
        publish(
                journal,
                Channel.CONTROL,
                Event.newBuilder()
                        .setTaskAssigned(TaskAssigned.newBuilder()
                                .setTask(request.task())
                                .setPolicy(policy)
                                .setAgent(request.agent().id())
                                .setAgentName(request.agentName())
                                .setAssignedBy(request.assignedBy())
                                .setWorkspace(Bundle.WORKSPACE)
                                .setHome(Agent.HOME)
                                .addAllCommand(request.command())));
        publish(
                journal,
                Channel.EVIDENCE,
                Event.newBuilder()
                        .setWorkspaceIdentified(WorkspaceIdentified.newBuilder()
                                .setWorkspaceSha256(EventIds.sha256Hex(
                                        request.workspace().toRealPath().toString()))));

        Path sockets = Files.createDirectory(
                directory.resolve("s"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        prepared.boot();
        haste.prefer(prepared.group());
        times.setSandboxNs(Clock.nowNanos());
        Observation observation = Observation.of(policy, policyInForce::policy, this::tripped, journal);
        edits = observation.edits();
        TraceListener trace = prepared.listen(id, journal, this::blind, observation.tripwire(), observation.hashes());
        opened.trace = trace;
        List<SessionPart> openedParts = host.parts()
                .open(new SessionPart.Surroundings(
                        id,
                        sockets,
                        Bundle.home(directory.resolve("bundle")),
                        request.agent().id(),
                        request.agent().hooks(),
                        policy,
                        observation.outbox(),
                        trace));
        synchronized (gate) {
            parts = List.copyOf(openedParts);
        }
        times.setPartsNs(Clock.nowNanos());
        Optional<WorkspaceCopy> copy = policy.getWorkspaceMode().equals("review")
                ? Optional.of(WorkspaceCopy.make(request.workspace(), directory.resolve("w")))
                : Optional.empty();
        Optional<SandboxRuntime.Pinned> pinned = pinned(directory);
        // By descriptor, and with a dot: a walk does not begin at a link.
        Path workspace = copy.map(WorkspaceCopy::copy)
                .or(() -> request.pinned().map(open -> open.path().resolve(".")))
                .orElse(request.workspace());
        WorkspaceDecoys decoys = WorkspaceDecoys.make(directory, workspace, Bundle.workspaceDecoys(policy, id));
        opened.decoys = decoys;
        Instant unchanged = Instant.now();
        WorkspaceManifest manifest =
                policy.getWorkspaceMode().equals("read-write") ? WorkspaceManifest.begin(workspace, unchanged) : null;
        opened.manifest = manifest;
        Map<String, String> environment = new HashMap<>();
        openedParts.forEach(part -> environment.putAll(part.environment()));
        Bundle bundle = Bundle.assemble(new Bundle.Plan(
                request.image().isPresent()
                        ? Groundwork.image(
                                directory.resolve("image"), request.image().get(), host.guest())
                        : prepared.groundwork(),
                directory.resolve("bundle"),
                sockets,
                pinned.map(SandboxRuntime.Pinned::target).orElse(workspace),
                policy,
                request.agent(),
                request.command(),
                host.agents(),
                request.stdio() instanceof Stdio.Terminal terminal ? Optional.of(terminal.type()) : Optional.empty(),
                id,
                environment));
        Map<String, Path> binds = new HashMap<>(bundle.binds());
        binds.put(Bundle.WORKSPACE, workspace);
        observation.mounted(new BoundFolders(binds));
        publish(journal, Channel.EVIDENCE, configuration("start", directory, workspace));
        this.group = prepared.group();
        prepared.group().change(SessionLimits.groupLimits(policy, host.runtime()));
        DiskUse disk = DiskUse.of(List.of(workspace, bundle.directory().resolve("home")), prepared::holders);
        opened.disk = disk;
        SessionLimits limits = new SessionLimits(policy, prepared.group(), disk);
        WorkloadStreams streams = WorkloadStreams.open(directory, request.stdio(), observer, input);
        opened.streams = streams;
        times.setBundleNs(Clock.nowNanos());
        Sandbox sandbox = prepared.create(
                new SandboxRuntime.Creation(id, bundle.directory(), streams.forRuntime(), bundle.readOnly(), pinned));
        opened.sandbox = sandbox;
        times.setCreatedNs(Clock.nowNanos());
        streams.awaitTerminal();
        // The runtime has said that it holds the bundle as asked; nothing has run yet.
        publish(
                journal,
                Channel.CONTROL,
                Event.newBuilder()
                        .setPolicyConfirmed(PolicyConfirmed.newBuilder()
                                .setPolicy(policy.getName())
                                .setRevision(policy.getRevision())
                                .setSignedBy(request.policyKey())
                                .setRuntime(host.runtime().description() + " configuration "
                                        + bundle.configurationSha256()
                                        + request.image()
                                                .map(image -> " image " + image)
                                                .orElse(""))));
        Responder orders = new Responder(
                id,
                sandbox.brake(),
                new EvidenceCollection(
                        id,
                        journal,
                        FrozenSession.of(
                                sandbox,
                                journal,
                                new WorkspaceChanges.Place(
                                        workspace, unchanged, copy.orElse(null), decoys, journal::removed, manifest),
                                checkpoint(sandbox))),
                journal,
                host.runtimeState(),
                this::reached,
                this::tellParts);
        opened.orders = orders;
        reached(RuntimeState.State.CREATED, "");
        publishState(journal, RuntimeState.newBuilder().setState(RuntimeState.State.CREATED));
        journal.heartbeat(0);
        // From here on orders are carried out; what came before must not be lost, and what made the session blind ends
        // it.
        List<PolicyRevised> revisions;
        synchronized (gate) {
            if (!stopReason.isEmpty()) {
                throw new SandboxException(stopReason);
            }
            responder = orders;
            early.forEach(order -> orders.onVerdict(order.verdict(), order.stages()));
            early.clear();
            confirmations = journal;
            revisions = List.copyOf(earlyRevisions);
            earlyRevisions.clear();
        }
        // A policy that was tightened meanwhile holds from the first instruction on.
        revisions.forEach(this::revise);
        // From now on its silence stops the session.
        prepared.warden().pulse();
        times.setConfirmedNs(Clock.nowNanos());
        if (manifest != null) {
            manifest.workloadBegins();
        }
        sandbox.start();
        times.setStartedNs(Clock.nowNanos());
        haste.closeAfter(FIRST_STEPS);
        streams.handedOver(sandbox);
        synchronized (gate) {
            workload = streams;
        }
        if (orders.state() == Freezer.State.RUNNING) {
            reached(RuntimeState.State.RUNNING, "");
        }
        orders.whileRunning(() -> publishState(
                journal,
                RuntimeState.newBuilder().setState(RuntimeState.State.RUNNING).setStart(times)));
        Pulse pulse = new Pulse(
                new Pulse.Watched(
                        id,
                        started,
                        journal,
                        trace,
                        sandbox::droppedTraceMessages,
                        SessionLimits.Usage.of(sandbox),
                        orders,
                        prepared.warden(),
                        limits,
                        policyInForce),
                host.link()::disconnectedFor,
                host.groups()::keepWeight,
                this::freezeParts,
                this::blind);
        opened.pulse = pulse;
        pulse.start();
        OptionalInt code;
        try {
            code = sandbox.awaitExit();
            if (code.isEmpty() && orders.killReason().isEmpty()) {
                // Also a kernel that has been killed, until its parent knows of it.
                boolean alive = sandbox.alive();
                if (alive) {
                    orders.blind(CONTROL_ENDED);
                }
                pulse.close();
                Optional<SessionLimits.Reached> reached = limits.atEnd();
                reached.ifPresent(limit -> Pulse.publish(journal, limit));
                if (alive || reached.isPresent()) {
                    orders.killHere(reached.map(SessionLimits.Reached::reason).orElse(CONTROL_ENDED));
                }
            }
        } finally {
            pulse.close();
        }
        OptionalLong dropped = sandbox.droppedTraceMessages(
                orders.killReason().isEmpty() ? LAST_ANSWER_LIMIT : Pulse.INSPECTION_LIMIT);
        dropped.ifPresent(trace::runtimeDropped);
        orders.close();
        // The kernel of an ended sandbox stays for as long as somebody is connected to it.
        sandbox.close();
        // What the workload did last is in the log before its end is.
        boolean traceEnded = awaitEnd(trace, journal);
        if (!traceEnded) {
            trace.expectEnd();
        }
        for (SessionPart part : openedParts) {
            part.finish();
        }
        publish(journal, Channel.EVIDENCE, configuration("end", directory, workspace));
        observation.end(TRACE_END_LIMIT);
        boolean killed = !orders.killReason().isEmpty();
        publish(
                journal,
                Channel.EVIDENCE,
                Event.newBuilder()
                        .setSessionReconciled(Observation.reconcile(
                                trace.counts(), traceEnded, dropped.isPresent(), killed, journal.evidenceCounts())));
        if (copy.isPresent()) {
            // What a dead sandbox's kernel had still under way would change the copy behind the reader's back.
            sandbox.kill();
            decoys.remove();
            new Reviews(host).keep(id, request, copy.get(), journal);
        }
        int exitCode = code.orElse(KILLED_EXIT_CODE);
        String reason = reason(opened, exitCode);
        reached(RuntimeState.State.EXITED, reason);
        publishState(
                journal,
                RuntimeState.newBuilder()
                        .setState(RuntimeState.State.EXITED)
                        .setReason(reason)
                        .setExitCode(exitCode));
        publish(
                journal,
                Channel.CLAIMS,
                Event.newBuilder().setSessionEnded(SessionEnded.newBuilder().setReason(reason)));
        Orphans.unmark(directory);
        return exitCode;
    }

    private Optional<CheckpointSource> checkpoint(Sandbox sandbox) {
        long most = request.policy().getCheckpointBytes();
        return most == 0
                ? Optional.empty()
                : Optional.of(new CheckpointSource(sandbox, host.sessions().resolveSibling("checkpoints"), id, most));
    }

    /** @param workspace that the sandbox works on */
    private Event.Builder configuration(String moment, Path directory, Path workspace) {
        TaskPolicy policy = request.policy();
        ManagedConfiguration managed = request.agent().configuration(policy, Doors.of(policy));
        return Event.newBuilder()
                .setAgentConfiguration(ConfigurationFiles.scan(
                        request.agent().id(),
                        managed.version(host.agents()),
                        moment,
                        managed.files(),
                        workspace,
                        Bundle.WORKSPACE,
                        Bundle.home(directory.resolve("bundle"))));
    }

    /** A directory of the session's own for the workspace that its request holds open, of the same owner. */
    private Optional<SandboxRuntime.Pinned> pinned(Path directory) throws IOException {
        if (request.pinned().isEmpty()) {
            return Optional.empty();
        }
        Path held = request.pinned().get().path();
        Path target = Files.createDirectory(directory.resolve("p"));
        for (String id : List.of("unix:gid", "unix:uid")) {
            Files.setAttribute(target, id, Files.getAttribute(held, id));
        }
        return Optional.of(new SandboxRuntime.Pinned(
                Path.of("/proc", Long.toString(ProcessHandle.current().pid()), "fd")
                        .resolve(Objects.requireNonNull(held.getFileName(), "a descriptor's path has a name")),
                target));
    }

    /** What was read may take its time to be published, as long as it goes on. */
    private static boolean awaitEnd(TraceListener trace, SessionJournal journal) throws InterruptedException {
        Instant latest = Instant.now().plus(TRACE_PUBLISH_LIMIT);
        Map<String, Long> before = Map.of();
        Map<String, Long> now = journal.evidenceCounts();
        while (!now.equals(before) && Instant.now().isBefore(latest)) {
            if (trace.awaitEnd(TRACE_END_LIMIT)) {
                return true;
            }
            before = now;
            now = journal.evidenceCounts();
        }
        return false;
    }

    private String reason(Opened opened, int code) {
        synchronized (gate) {
            String killed = responder == null ? "" : responder.killReason();
            return killed.isEmpty() ? "exit code " + code : killed;
        }
    }

    private void fail(Opened opened, String message) {
        reached(RuntimeState.State.FAILED, message);
        SessionJournal journal = opened.journal;
        if (journal == null) {
            return;
        }
        List<PolicyRevised> unanswered;
        synchronized (gate) {
            // Once it takes orders each has its answer.
            unanswered = confirmations == null ? List.copyOf(earlyRevisions) : List.of();
            earlyRevisions.clear();
        }
        try {
            for (PolicyRevised order : unanswered) {
                publish(
                        journal,
                        Channel.CONTROL,
                        Event.newBuilder()
                                .setPolicyRefused(PolicyRefused.newBuilder()
                                        .setReason("the session failed before it ran")
                                        .setStatementSha256(PolicyStatements.sha256(order.getSigned()))
                                        .setOrder(order.getCause())));
            }
            publishState(
                    journal,
                    RuntimeState.newBuilder()
                            .setState(RuntimeState.State.FAILED)
                            .setReason(message));
            publish(
                    journal,
                    Channel.CLAIMS,
                    Event.newBuilder().setSessionEnded(SessionEnded.newBuilder().setReason("failed: " + message)));
            if (opened.prepared != null) {
                Orphans.unmark(opened.prepared.directory());
            }
        } catch (SpoolException | IOException e) {
            LOG.error("the end of session {} could not be kept", id, e);
        }
    }

    /** Stops everything that runs; every step is tried. */
    private void end(Opened opened) throws InterruptedException {
        List<SessionPart> openParts;
        synchronized (gate) {
            openParts = parts;
        }
        // Before all that can be interrupted: the weight of all sandboxes hangs on it.
        if (opened.haste != null) {
            opened.haste.close();
        }
        // Also when it never came to take orders.
        Responder orders = opened.orders;
        if (opened.trace != null) {
            opened.trace.expectEnd();
        }
        if (opened.sandbox != null) {
            attempt("kill", opened.sandbox::kill);
        }
        if (opened.decoys != null) {
            attempt("decoys", opened.decoys::remove);
        }
        if (opened.pulse != null) {
            attempt("pulse", opened.pulse::close);
        }
        if (opened.manifest != null) {
            attempt("manifest", opened.manifest::close);
        }
        if (opened.disk != null) {
            attempt("disk use", opened.disk::close);
        }
        if (orders != null) {
            attempt("responder", orders::close);
        }
        if (opened.streams != null) {
            attempt("streams", opened.streams::close);
        }
        if (opened.trace != null) {
            attempt("trace", opened.trace::close);
        }
        for (SessionPart part : openParts) {
            attempt("part", part::close);
        }
    }

    /** Removes what is left on disk and in the runtime, which may wait a second or two for the host's init. */
    private void giveBack(Opened opened) throws InterruptedException {
        if (opened.prepared != null) {
            attempt("sandbox", opened.prepared::close);
        }
        if (request.pinned().isPresent()) {
            attempt("workspace", request.pinned().get()::close);
        }
        if (opened.journal != null) {
            attempt("link", () -> host.link().end(id));
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    private void attempt(String what, Step step) throws InterruptedException {
        try {
            step.run();
        } catch (InterruptedException e) {
            throw e;
        } catch (Throwable e) {
            LOG.warn("session {}: {} could not be given back", id, what, e);
        }
    }

    private void onVerdict(Event verdict, StageTimes stages) {
        if (verdict.hasPolicyRevised()) {
            synchronized (gate) {
                if (confirmations == null) {
                    if (earlyRevisions.size() < MAX_EARLY_VERDICTS) {
                        earlyRevisions.add(verdict.getPolicyRevised());
                    } else if (stopReason.isEmpty()) {
                        stopReason = "more than " + MAX_EARLY_VERDICTS + " revisions before the session ran";
                    }
                    return;
                }
            }
            revise(verdict.getPolicyRevised());
            return;
        }
        Responder current;
        synchronized (gate) {
            current = responder;
            if (current == null) {
                if (early.size() < MAX_EARLY_VERDICTS) {
                    early.add(new EarlyVerdict(verdict, stages));
                } else if (stopReason.isEmpty()) {
                    stopReason = "more than " + MAX_EARLY_VERDICTS + " verdicts before the session ran";
                }
            }
        }
        if (current != null) {
            current.onVerdict(verdict, stages);
        }
        EditedFiles edited = edits;
        if (verdict.hasGateAnswered() && edited != null) {
            edited.answered(verdict.getGateAnswered());
        }
        // Connections get a thaw when the sandbox has it: what stays frozen must not get them back.
        if (!verdict.hasThawOrdered()) {
            tellParts(verdict, stages);
        }
    }

    private void tellParts(Event verdict, StageTimes stages) {
        List<SessionPart> openParts;
        synchronized (gate) {
            openParts = parts;
        }
        for (SessionPart part : openParts) {
            part.onVerdict(verdict, stages);
        }
    }

    /** One after the other: those that waited for the session are taken over on its own thread. */
    private synchronized void revise(PolicyRevised order) {
        SessionJournal journal = Objects.requireNonNull(confirmations, "of a session that takes orders");
        List<SessionPart> openParts;
        synchronized (gate) {
            openParts = parts;
        }
        Event.Builder answer =
                switch (policyInForce.revise(order, openParts, group)) {
                    case PolicyInForce.Answer.Confirmed confirmed ->
                        Event.newBuilder()
                                .setPolicyConfirmed(confirmed.confirmation().toBuilder()
                                        .setRuntime(host.runtime().description()));
                    case PolicyInForce.Answer.Refused refused ->
                        Event.newBuilder().setPolicyRefused(refused.refusal());
                };
        publish(journal, Channel.CONTROL, answer);
    }

    /** The host's own freeze, as the parts know an order. */
    private void freezeParts(String reason) {
        Event order = Event.newBuilder()
                .setSession(id)
                .setFreezeOrdered(FreezeOrdered.newBuilder().setReason(reason).setOrderedBy("host"))
                .build();
        tellParts(order, StageTimes.getDefaultInstance());
    }

    /** The host's own decision, on the thread that saw the cause; nothing can trip before the workload has begun. */
    private Tripwire.Hit tripped(String reason) {
        Responder current;
        synchronized (gate) {
            current = responder;
        }
        if (current == null) {
            blind(reason);
            return cause -> {};
        }
        Tripwire.Hit hit = current.tripped(reason);
        Thread.ofPlatform().daemon().name("freeze-parts").start(() -> freezeParts(reason));
        return hit;
    }

    /** The session cannot be watched any more: it must not start, or stands still from now on. */
    private void blind(String reason) {
        Responder current;
        synchronized (gate) {
            current = responder;
            if (current == null && stopReason.isEmpty()) {
                stopReason = reason;
            }
        }
        if (current != null && current.blind(reason)) {
            freezeParts(reason);
        }
    }

    private void reached(RuntimeState.State reached, String reason) {
        state = reached.name();
        observer.state(reached, reason);
    }

    private void publishState(SessionJournal journal, RuntimeState.Builder reached) {
        publish(
                journal,
                Channel.EVIDENCE,
                Event.newBuilder()
                        .setRuntimeState(host.runtimeState().toBuilder().mergeFrom(reached.build())));
    }

    private static void publish(SessionJournal journal, Channel channel, Event.Builder payload) {
        journal.publish(channel, Clock.nowNanos(), payload);
    }

    static String newId() {
        byte[] bytes = new byte[16];
        new java.security.SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
