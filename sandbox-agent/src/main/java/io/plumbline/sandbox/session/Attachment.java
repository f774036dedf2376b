package io.plumbline.sandbox.session;

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
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.container.ContainerBrake;
import io.plumbline.sandbox.container.ContainerControl;
import io.plumbline.sandbox.container.ContainerException;
import io.plumbline.sandbox.container.HostProcesses;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Freezer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session of a container that this daemon did not start. It is degraded: no kernel tells what the container does; its agent's
 * claims, its connections through the session's proxy and the runtime's word are all there is. It can be frozen, thawed and killed
 * like any other. It ends with the container; when the daemon stops first, the container stays as it is, frozen or not.
 */
final class Attachment {
    private static final Duration INSPECTION_LIMIT = Duration.ofSeconds(2);
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);
    private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(30);
    private static final Duration LEAVE_LIMIT = Duration.ofSeconds(30);
    private static final int MAX_EARLY_VERDICTS = 1000;
    private static final int KILLED_EXIT_CODE = 137;
    private static final int UNKNOWN_EXIT_CODE = 0;
    private static final Logger LOG = LoggerFactory.getLogger(Attachment.class);

    private final String id = Session.newId();
    private final Instant started = Instant.now();
    private final AttachRequest request;
    private final HostServices host;
    private final ContainerControl control;
    private final ContainerControl.Found found;
    private final RuntimeState runtime;
    private final PolicyInForce policyInForce;
    private final Consumer<Attachment> whenEnded;
    private final SessionJournal journal;
    private final Path directory;
    private final CountDownLatch leaving = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile String state = RuntimeState.State.CREATED.name();

    private final Object gate = new Object();

    // Guarded by gate.
    private final List<Runnable> early = new ArrayList<>();
    private final List<PolicyRevised> earlyRevisions = new ArrayList<>();
    private boolean opened;
    private List<SessionPart> parts = List.of();
    private @Nullable Responder responder;

    private Attachment(
            AttachRequest request,
            HostServices host,
            ContainerControl control,
            ContainerControl.Found found,
            Consumer<Attachment> whenEnded) {
        this.request = request;
        this.host = host;
        this.control = control;
        this.found = found;
        this.whenEnded = whenEnded;
        this.runtime = RuntimeState.newBuilder()
                .setRuntime(control.description())
                .setDegraded(true)
                .build();
        this.policyInForce = new PolicyInForce(
                host.tenant(),
                id,
                host.policyKeys(),
                request.levels(),
                request.policy(),
                policy -> ControlGroups.Limits.NONE);
        this.directory = host.sessions().resolve(id.substring(0, 12));
        this.journal = new SessionJournal(
                host.link().open(host.tenant(), id, this::onVerdict),
                () -> policyInForce.policy().getRevision(),
                this::unwatched);
    }

    /**
     * Opens the session; {@link #live} then lives it.
     *
     * @throws IllegalArgumentException when it must not or cannot be
     * @throws IOException when it could not be; nothing is left
     */
    static Attachment begin(AttachRequest request, HostServices host, Consumer<Attachment> whenEnded)
            throws IOException {
        if (!request.policy().getDegraded().equals("allow")) {
            throw new IllegalArgumentException(
                    "policy " + request.policy().getName()
                            + ": runtime.degraded: deny (expected: allow, since no kernel tells what an attached container does)");
        }
        ContainerControl control;
        try {
            control = request.target().open();
        } catch (ContainerException e) {
            throw new IOException(e.getMessage(), e);
        }
        boolean kept = false;
        try {
            ContainerControl.Found found = control.inspect(INSPECTION_LIMIT);
            if (found.status() != ContainerControl.Status.RUNNING) {
                throw new IllegalArgumentException(
                        "container: " + request.target().container() + " is "
                                + found.status().name().toLowerCase(java.util.Locale.ROOT) + " (expected: running)");
            }
            Attachment attachment = new Attachment(request, host, control, found, whenEnded);
            attachment.open();
            kept = true;
            return attachment;
        } catch (ContainerException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            if (!kept) {
                control.close();
            }
        }
    }

    String id() {
        return id;
    }

    AttachRequest request() {
        return request;
    }

    Instant started() {
        return started;
    }

    /** The name of the last {@code RuntimeState.State} that was reached. */
    String state() {
        return state;
    }

    /** Folder with the session's sockets on the host. */
    Path sockets() {
        return directory.resolve("s");
    }

    private void open() throws IOException {
        boolean assigned = false;
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
            Files.createDirectory(
                    sockets(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            Orphans.markAttached(directory, id, control.description());
            publish(
                    Channel.CONTROL,
                    Event.newBuilder()
                            .setTaskAssigned(TaskAssigned.newBuilder()
                                    .setTask(request.task())
                                    .setPolicy(request.policy())
                                    .setAgent(request.agent().id())
                                    .setAgentName(request.agentName())
                                    .setAssignedBy(request.assignedBy())));
            assigned = true;
            // Nothing is queued in a trace that is not there.
            List<SessionPart> openedParts = host.parts()
                    .open(new SessionPart.Surroundings(
                            id,
                            sockets(),
                            // The container's own home is not ours to read.
                            directory.resolve("home"),
                            request.agent().id(),
                            request.agent().hooks(),
                            request.policy(),
                            journal,
                            limit -> true));
            synchronized (gate) {
                parts = List.copyOf(openedParts);
            }
            publish(
                    Channel.CONTROL,
                    Event.newBuilder()
                            .setPolicyConfirmed(PolicyConfirmed.newBuilder()
                                    .setPolicy(request.policy().getName())
                                    .setRevision(request.policy().getRevision())
                                    .setSignedBy(request.policyKey())
                                    .setRuntime(control.description() + " degraded")));
            takeOverEarlyRevisions();
        } catch (IOException | RuntimeException e) {
            if (assigned) {
                fail(String.valueOf(e.getMessage()));
            }
            giveBack();
            throw e;
        }
    }

    /** One that comes meanwhile waits until those before it are taken over. */
    private synchronized void takeOverEarlyRevisions() {
        List<PolicyRevised> revisions;
        synchronized (gate) {
            opened = true;
            revisions = List.copyOf(earlyRevisions);
            earlyRevisions.clear();
        }
        revisions.forEach(this::revise);
    }

    /** The platform knows of the session already: it ends there too, and no revision stays without an answer. */
    private void fail(String message) {
        state = RuntimeState.State.FAILED.name();
        List<PolicyRevised> unanswered;
        synchronized (gate) {
            unanswered = List.copyOf(earlyRevisions);
            earlyRevisions.clear();
        }
        try {
            for (PolicyRevised order : unanswered) {
                publish(
                        Channel.CONTROL,
                        Event.newBuilder()
                                .setPolicyRefused(PolicyRefused.newBuilder()
                                        .setReason("the session failed before it began")
                                        .setStatementSha256(PolicyStatements.sha256(order.getSigned()))
                                        .setOrder(order.getCause())));
            }
            publishState(RuntimeState.State.FAILED, message, UNKNOWN_EXIT_CODE);
            publish(
                    Channel.CLAIMS,
                    Event.newBuilder().setSessionEnded(SessionEnded.newBuilder().setReason("failed: " + message)));
            Orphans.unmark(directory);
        } catch (SpoolException | IOException e) {
            LOG.error("the end of session {} could not be kept", id, e);
        }
    }

    /** Lives the session on a thread of its own. */
    void live() {
        Thread.ofPlatform().name("attached-" + id).start(() -> {
            try {
                watch();
            } catch (SpoolException e) {
                LOG.error("session {}: the end could not be kept", id, e);
            } catch (RuntimeException e) {
                LOG.error("session {}: the container was stopped, nobody watches it any more", id, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                giveBack();
                control.close();
                whenEnded.accept(this);
                finished.countDown();
            }
        });
    }

    /** Ends the watch and leaves the container as it is; waits until nothing of the session is left here. */
    void leave() {
        leaving.countDown();
        try {
            if (!finished.await(LEAVE_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                LOG.error("session {} did not end in time", id);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch() throws InterruptedException {
        Optional<HostProcesses> processes = HostProcesses.of(found, control.local());
        if (processes.isEmpty()) {
            LOG.warn("session {}: the container's processes are not on this host; its runtime alone can stop it", id);
        }
        Responder orders = new Responder(
                id,
                new ContainerBrake(control, processes),
                new EvidenceCollection(id, journal, FrozenContainer.of(control, processes, journal)),
                journal,
                runtime,
                (reached, reason) -> state = reached.name(),
                this::tellParts);
        // From here on what cannot be kept stops the container.
        synchronized (gate) {
            responder = orders;
        }
        String reason;
        int code = UNKNOWN_EXIT_CODE;
        Optional<ContainerControl.Found> last;
        try {
            state = RuntimeState.State.RUNNING.name();
            publishState(RuntimeState.State.RUNNING, "attached to a container that runs", 0);
            journal.heartbeat(0);
            synchronized (gate) {
                early.forEach(Runnable::run);
                early.clear();
            }
            last = pulse(orders);
        } catch (RuntimeException | Error e) {
            orders.blind("the watch of the container failed: " + e.getMessage());
            orders.close();
            throw e;
        }
        boolean left = last.isEmpty();
        orders.close();
        if (left) {
            reason = "the sandbox host stopped; the container stays as it is, unwatched";
        } else if (!orders.killReason().isEmpty()) {
            reason = orders.killReason();
            code = KILLED_EXIT_CODE;
        } else {
            code = last.get().exitCode().orElse(UNKNOWN_EXIT_CODE);
            reason = last.get().exitCode().isPresent() ? "exit code " + code : "the container has ended";
        }
        state = left ? RuntimeState.State.FAILED.name() : RuntimeState.State.EXITED.name();
        publishState(left ? RuntimeState.State.FAILED : RuntimeState.State.EXITED, reason, code);
        publish(
                Channel.CLAIMS,
                Event.newBuilder().setSessionEnded(SessionEnded.newBuilder().setReason(reason)));
        try {
            Orphans.unmark(directory);
        } catch (IOException e) {
            LOG.warn("session {}: {}", id, e.getMessage());
        }
    }

    /** Every second: says that the host still watches, and looks at the container. Empty: the daemon stops first. */
    private Optional<ContainerControl.Found> pulse(Responder orders) throws InterruptedException {
        Crossing alone = new Crossing();
        Crossing mute = new Crossing();
        Crossing wallClock = new Crossing();
        Instant answered = Instant.now();
        while (!leaving.await(HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS)) {
            try {
                journal.heartbeat(0);
            } catch (SpoolException e) {
                // The journal has frozen the session.
            }
            TaskPolicy policy = policyInForce.policy();
            Duration patience = policy.getPatienceSeconds() == 0
                    ? DEFAULT_PATIENCE
                    : Duration.ofSeconds(policy.getPatienceSeconds());
            Freezer.State before = orders.state();
            try {
                ContainerControl.Found now = control.inspect(INSPECTION_LIMIT);
                answered = Instant.now();
                switch (now.status()) {
                    case STOPPED, ABSENT -> {
                        return Optional.of(now);
                    }
                    case CREATED -> {
                        return Optional.of(ended(now));
                    }
                    case PAUSED -> {
                        if (before == Freezer.State.RUNNING && orders.state() == Freezer.State.RUNNING) {
                            freezeHere(orders, "somebody else has paused the container");
                        }
                    }
                    case RUNNING -> {
                        if (now.pid() != found.pid()) {
                            // Started again: what runs now is another container to us.
                            return Optional.of(ended(now));
                        }
                        if (before == Freezer.State.PAUSED
                                && orders.state() == Freezer.State.PAUSED
                                && orders.holdHere("somebody else has let the frozen container go on")) {
                            LOG.warn("session {}: somebody else let the frozen container go on", id);
                        }
                    }
                }
            } catch (ContainerException e) {
                LOG.warn("session {}: {}", id, e.getMessage());
            }
            if (mute.crossed(answered.plus(patience).isBefore(Instant.now()))) {
                freezeHere(orders, "the container's runtime has not answered for " + patience.toSeconds() + " s");
            }
            Duration disconnected = host.link().disconnectedFor();
            if (alone.crossed(disconnected.compareTo(patience) > 0)) {
                freezeHere(orders, "the platform has been out of reach for " + disconnected.toSeconds() + " s");
            }
            long seconds = Duration.between(started, Instant.now()).toSeconds();
            if (wallClock.crossed(policy.getWallClockSeconds() != 0 && seconds > policy.getWallClockSeconds())) {
                orders.killHere("wall clock: " + seconds + " s (expected: <= " + policy.getWallClockSeconds() + ")");
            }
        }
        return Optional.empty();
    }

    private static ContainerControl.Found ended(ContainerControl.Found now) {
        return new ContainerControl.Found(ContainerControl.Status.STOPPED, now.id(), 0, java.util.OptionalInt.empty());
    }

    /** Says once that a limit was crossed, and again only after it was kept in between. */
    private static final class Crossing {
        private boolean over;

        boolean crossed(boolean now) {
            boolean first = now && !over;
            over = now;
            return first;
        }
    }

    private void freezeHere(Responder orders, String reason) {
        orders.freezeHere(reason);
        tellParts(
                Event.newBuilder()
                        .setSession(id)
                        .setFreezeOrdered(
                                FreezeOrdered.newBuilder().setReason(reason).setOrderedBy("host"))
                        .build(),
                StageTimes.getDefaultInstance());
    }

    private void onVerdict(Event verdict, StageTimes stages) {
        if (verdict.hasPolicyRevised()) {
            synchronized (gate) {
                if (!opened) {
                    if (earlyRevisions.size() >= MAX_EARLY_VERDICTS) {
                        throw new IllegalStateException(
                                "more than " + MAX_EARLY_VERDICTS + " revisions before the session ran");
                    }
                    earlyRevisions.add(verdict.getPolicyRevised());
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
                if (early.size() >= MAX_EARLY_VERDICTS) {
                    throw new IllegalStateException(
                            "more than " + MAX_EARLY_VERDICTS + " verdicts before the session ran");
                }
                early.add(() -> carryOut(verdict, stages));
                return;
            }
        }
        current.onVerdict(verdict, stages);
        if (!verdict.hasThawOrdered()) {
            tellParts(verdict, stages);
        }
    }

    /** Of the thread that holds the gate. */
    private void carryOut(Event verdict, StageTimes stages) {
        if (responder != null) {
            responder.onVerdict(verdict, stages);
            if (!verdict.hasThawOrdered()) {
                parts.forEach(part -> part.onVerdict(verdict, stages));
            }
        }
    }

    private void tellParts(Event verdict, StageTimes stages) {
        List<SessionPart> open;
        synchronized (gate) {
            open = parts;
        }
        open.forEach(part -> part.onVerdict(verdict, stages));
    }

    /** One after the other: those that waited for the parts are taken over on the thread that opened them. */
    private synchronized void revise(PolicyRevised order) {
        List<SessionPart> open;
        synchronized (gate) {
            open = parts;
        }
        publish(
                Channel.CONTROL,
                switch (policyInForce.revise(order, open, ControlGroups.Group.none())) {
                    case PolicyInForce.Answer.Confirmed confirmed ->
                        Event.newBuilder()
                                .setPolicyConfirmed(confirmed.confirmation().toBuilder()
                                        .setRuntime(control.description() + " degraded"));
                    case PolicyInForce.Answer.Refused refused ->
                        Event.newBuilder().setPolicyRefused(refused.refusal());
                });
    }

    /** An event could not be kept: the session cannot be watched any more. */
    private void unwatched(String reason) {
        Responder current;
        synchronized (gate) {
            current = responder;
        }
        if (current != null && current.blind(reason)) {
            tellParts(
                    Event.newBuilder()
                            .setSession(id)
                            .setFreezeOrdered(FreezeOrdered.newBuilder().setReason(reason))
                            .build(),
                    StageTimes.getDefaultInstance());
        }
    }

    private void publishState(RuntimeState.State reached, String reason, int exitCode) {
        publish(
                Channel.EVIDENCE,
                Event.newBuilder()
                        .setRuntimeState(runtime.toBuilder()
                                .setState(reached)
                                .setReason(reason)
                                .setExitCode(exitCode)));
    }

    private void publish(Channel channel, Event.Builder payload) {
        journal.publish(channel, Clock.nowNanos(), payload);
    }

    private void giveBack() {
        List<SessionPart> open;
        synchronized (gate) {
            open = parts;
            parts = List.of();
        }
        open.forEach(SessionPart::close);
        try {
            Bundle.deleteTree(directory);
        } catch (IOException e) {
            LOG.warn("session {}: {} could not be removed", id, directory, e);
        }
        host.link().end(id);
    }
}
