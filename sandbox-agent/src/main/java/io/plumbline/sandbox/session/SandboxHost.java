package io.plumbline.sandbox.session;

import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.fallback.BubblewrapRuntime;
import io.plumbline.sandbox.link.HostLink;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.review.WorkspaceDecoys;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.GuestProgram;
import io.plumbline.sandbox.runtime.RunscLocator;
import io.plumbline.sandbox.runtime.RunscRuntime;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import io.plumbline.sandbox.trace.TracePoints;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The daemon of a sandbox host: takes requests, lives sessions, leaves nothing behind. One per data directory. */
public final class SandboxHost implements AutoCloseable {
    /** kvm is not tried: it hangs where virtualization is not nested. */
    private static final List<RunscRuntime.Platform> PLATFORMS =
            List.of(RunscRuntime.Platform.SYSTRAP, RunscRuntime.Platform.PTRACE);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Logger LOG = LoggerFactory.getLogger(SandboxHost.class);

    private final HostServices services;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();
    private final Map<String, Attachment> attachments = new ConcurrentHashMap<>();
    private volatile boolean stopping;

    private SandboxHost(HostServices services, FileChannel lockFile, FileLock lock) {
        this.services = services;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /** Told of a session's id before anything else of it. */
    interface Announcement {
        void announced(String session);
    }

    /** The parts of a host that other packages provide. */
    public record Wiring(HostLink link, SessionPart.Opener parts, Policies policies) {}

    /** Reads a session's policy. */
    public interface Policies {
        /** @throws IllegalArgumentException when it is no policy, or wider than what stands above it lets it be; one line says why */
        TaskPolicy read(PolicyLevels above, String yaml);
    }

    /**
     * Cleans up what an earlier daemon left, lives a session that nobody asked for, then takes requests at
     * {@code settings.runSocket()}.
     *
     * @throws IOException also when another daemon uses the data directory
     * @throws SandboxException when the runtime cannot do what is needed; the message says what
     */
    public static Running open(HostSettings settings, Wiring wiring) throws IOException, SandboxException {
        List<Candidate> candidates = candidates(settings);
        GuestProgram.verify(settings.guest());
        Path data = settings.data();
        Files.createDirectories(
                data, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
        refuseForeign(data);
        FileChannel lockFile =
                FileChannel.open(data.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lockFile.tryLock();
        if (lock == null) {
            lockFile.close();
            throw new IOException("another sandbox host uses " + data);
        }
        try {
            Path guest = GuestProgram.taken(settings.guest(), data.resolve("g"));
            HostServices services = rehearsed(settings, guest, wiring, candidates);
            SandboxHost host = new SandboxHost(services, lockFile, lock);
            RunServer server = RunServer.open(
                    settings.runSocket(),
                    host,
                    settings.users(),
                    new StartPolicies(
                            settings.tenant(),
                            settings.policyKeys(),
                            settings.policies(),
                            new PolicyLevels(settings.organisationPolicy(), Optional.empty()),
                            wiring.policies()));
            return new Running(host, server);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            lock.release();
            lockFile.close();
            throw new IOException("interrupted", e);
        } catch (IOException | SandboxException | RuntimeException e) {
            lock.release();
            lockFile.close();
            throw e;
        }
    }

    /** A runtime that may be tried. */
    private interface Candidate {
        /** For people. */
        String name();

        Set<ControlGroups.Controller> controllers();

        SandboxRuntime open(Path guest, Path state) throws SandboxException;
    }

    private record Gvisor(Path runsc, RunscRuntime.Platform platform) implements Candidate {
        @Override
        public String name() {
            return "runsc on " + platform.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public Set<ControlGroups.Controller> controllers() {
            return ControlGroups.Controller.LIMITS;
        }

        @Override
        public SandboxRuntime open(Path guest, Path state) throws SandboxException {
            RunscRuntime runtime = RunscRuntime.open(runsc, guest, state, platform);
            List<String> missing = TracePoints.missing(runtime.traceMetadata());
            if (!missing.isEmpty()) {
                throw new SandboxException("this runsc cannot trace what is needed: " + missing.getFirst() + " and "
                        + (missing.size() - 1) + " more");
            }
            return runtime;
        }
    }

    private record Bubblewrap(Path bwrap) implements Candidate {
        @Override
        public String name() {
            return "bubblewrap";
        }

        @Override
        public Set<ControlGroups.Controller> controllers() {
            return EnumSet.allOf(ControlGroups.Controller.class);
        }

        @Override
        public SandboxRuntime open(Path guest, Path state) throws SandboxException {
            return BubblewrapRuntime.open(bwrap, guest, state);
        }
    }

    /** In the order in which they are tried. A path that was configured and leads nowhere is a mistake, not a lack. */
    private static List<Candidate> candidates(HostSettings settings) throws IOException, SandboxException {
        Optional<Path> runsc = RunscLocator.find(settings.runsc());
        Optional<String> impossible = BubblewrapRuntime.impossible();
        Optional<Path> bwrap =
                impossible.isPresent() ? Optional.empty() : BubblewrapRuntime.find(settings.bubblewrap());
        List<Candidate> candidates = new ArrayList<>();
        if (settings.runtime() != HostSettings.RuntimeChoice.BUBBLEWRAP) {
            if (runsc.isEmpty()
                    && (settings.runsc().isPresent()
                            || settings.runtime() == HostSettings.RuntimeChoice.RUNSC
                            || bwrap.isEmpty())) {
                throw new SandboxException(settings.runsc()
                                .map(path -> "runsc.path: " + path + " (expected: the program runsc)")
                                .orElse("runsc: not on PATH (expected: there, or at runsc.path)")
                        + "; `plumbline doctor` says how to get it");
            }
            runsc.ifPresent(program -> settings.platform()
                    .map(List::of)
                    .orElse(PLATFORMS)
                    .forEach(platform -> candidates.add(new Gvisor(program, platform))));
        }
        if (impossible.isPresent() && settings.runtime() == HostSettings.RuntimeChoice.BUBBLEWRAP) {
            throw new SandboxException("host.runtime: bubblewrap (expected: runsc, since " + impossible.get() + ")");
        }
        if (impossible.isPresent() && settings.runtime() == HostSettings.RuntimeChoice.AUTO) {
            LOG.info("bubblewrap is left out: {}", impossible.get());
        } else if (settings.runtime() != HostSettings.RuntimeChoice.RUNSC) {
            if (bwrap.isEmpty()
                    && (settings.bubblewrap().isPresent()
                            || settings.runtime() == HostSettings.RuntimeChoice.BUBBLEWRAP)) {
                throw new SandboxException(settings.bubblewrap()
                        .map(path -> "bubblewrap.path: " + path + " (expected: the program bwrap)")
                        .orElse("bwrap: not on PATH (expected: there, or at bubblewrap.path)"));
            }
            bwrap.ifPresent(program -> candidates.add(new Bubblewrap(program)));
        }
        return candidates;
    }

    /** Sessions of an earlier daemon on the same data whose end nobody has told; {@link #open} tells it. */
    public static Set<String> untold(HostSettings settings) throws IOException {
        return Orphans.in(sessions(settings)).stream()
                .map(Orphans.Orphan::session)
                .collect(Collectors.toSet());
    }

    private static Path sessions(HostSettings settings) {
        return settings.data().resolve("s");
    }

    /** The services with the first runtime in which a whole session can be lived, seen, frozen and thawed. */
    private static HostServices rehearsed(HostSettings settings, Path guest, Wiring wiring, List<Candidate> candidates)
            throws IOException, SandboxException, InterruptedException {
        Path state = settings.data().resolve("r");
        Path sessions = sessions(settings);
        List<Orphans.Orphan> orphans = Orphans.in(sessions);
        boolean cleaned = false;
        for (Candidate candidate : candidates) {
            try {
                SandboxRuntime runtime = candidate.open(guest, state);
                ControlGroups groups = groups(settings, candidate);
                HostServices services = HostServices.of(
                        settings.tenant(),
                        wiring.link(),
                        runtime,
                        wiring.parts(),
                        sessions,
                        settings.agents(),
                        guest,
                        settings.policyKeys(),
                        groups,
                        settings.warmSandboxes());
                if (!cleaned) {
                    cleaned = true;
                    cleanUp(runtime, state);
                    groups.removeAll();
                    Orphans.report(orphans, services);
                    // Only now: what is told of is not told again.
                    clear(sessions);
                    // Other users of the host have no business with the sockets of a session.
                    Files.createDirectories(
                            sessions,
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                }
                try {
                    Rehearsal.run(services);
                } catch (SandboxException e) {
                    cleanUp(runtime, state);
                    groups.close();
                    throw e;
                }
                services.pool().fill();
                if (runtime.degraded()) {
                    LOG.warn(
                            "sessions run in {}: only those whose policy says runtime: {degraded: allow}",
                            candidate.name());
                } else {
                    LOG.info("sessions run in {}", candidate.name());
                }
                return services;
            } catch (SandboxException e) {
                if (candidate == candidates.getLast()) {
                    throw e;
                }
                LOG.warn("no sandbox with {}: {}; trying the next runtime", candidate.name(), e.getMessage());
            }
        }
        throw new IllegalStateException("no runtime to try");
    }

    private static ControlGroups groups(HostSettings settings, Candidate candidate) throws IOException {
        return ControlGroups.open(
                Path.of("/sys/fs/cgroup"),
                Files.readAllLines(Path.of("/proc/self/cgroup")),
                "plumbline-" + Integer.toHexString(settings.data().toString().hashCode()),
                candidate.controllers());
    }

    /** What a workload has made undeletable (names deeper than a path may be) is put aside: the host has to come up. */
    private static void clear(Path sessions) throws IOException {
        WorkspaceDecoys.removeLeft(sessions);
        try {
            Bundle.deleteTree(sessions);
        } catch (IOException e) {
            Path aside = Files.createTempDirectory(Objects.requireNonNull(sessions.getParent()), "left-");
            LOG.error("{} could not be removed and lies in {} now: {}", sessions, aside, e.getMessage());
            Files.move(sessions, aside.resolve("s"));
        }
    }

    /** A folder that somebody else made first could be swapped under the sandboxes that are built in it. */
    private static void refuseForeign(Path data) throws IOException {
        Object self = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        Object owner = Files.getAttribute(data, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (Files.isSymbolicLink(data) || !owner.equals(self)) {
            throw new IOException("host.data: " + data + " belongs to user " + owner
                    + " (expected: a directory of user " + self + ", not a link)");
        }
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx--x--x"));
    }

    /** A host that takes requests. Closing it ends all sessions in order. */
    public static final class Running implements AutoCloseable {
        private final SandboxHost host;
        private final RunServer server;
        private @Nullable Canary canary;

        private Running(SandboxHost host, RunServer server) {
            this.host = host;
            this.server = server;
        }

        /** From now on a sandbox of the host's own is frozen and thawed once per interval, and the platform told of it. */
        public synchronized void proveKillSwitchEvery(Duration interval) {
            if (canary == null) {
                canary = Canary.begin(host.services, interval);
            }
        }

        public SandboxHost host() {
            return host;
        }

        @Override
        public synchronized void close() throws IOException {
            server.close();
            if (canary != null) {
                canary.close();
            }
            host.close();
        }
    }

    /** Starts a session for a caller in this process; the observer's last call is {@code exited} or {@code failed}. */
    public String run(SessionRequest request, SessionObserver observer) {
        Session session = new Session(request, services, observer);
        live(session);
        return session.id();
    }

    /** Ends a session; nothing happens when there is none of this id. */
    public void stop(String session, String reason) {
        Session live = sessions.get(session);
        if (live != null) {
            live.stop(reason);
        }
    }

    /**
     * Watches a container that somebody else started, until it ends or this daemon does.
     *
     * @throws IllegalArgumentException when the policy does not allow a session without kernel evidence, or there is no such container
     * @throws IOException when its runtime does not answer or the session cannot be opened; nothing is left then
     */
    public Attached attach(AttachRequest request) throws IOException {
        if (stopping) {
            throw new IllegalStateException("the sandbox host is stopping");
        }
        Attachment attachment = Attachment.begin(request, services, ended -> attachments.remove(ended.id()));
        attachments.put(attachment.id(), attachment);
        attachment.live();
        return new Attached(attachment.id(), attachment.sockets());
    }

    /** @param sockets folder with the sockets for the agent in the container: hooks and telemetry, egress proxy */
    public record Attached(String session, Path sockets) {}

    List<Attachment> attachments() {
        return List.copyOf(attachments.values());
    }

    <T extends SessionObserver & Announcement> Session start(SessionRequest request, T client) {
        Session session = new Session(request, services, client);
        client.announced(session.id());
        live(session);
        return session;
    }

    List<Session> live() {
        return List.copyOf(sessions.values());
    }

    Reviews reviews() {
        return new Reviews(services);
    }

    /** Whether the sessions that this host makes are without a kernel of their own. */
    boolean degraded() {
        return services.runtime().degraded();
    }

    /** Name and version of what its sessions run in. */
    String runtime() {
        return services.runtime().description();
    }

    /** Ids of live sessions. */
    public List<String> sessions() {
        List<String> ids = new ArrayList<>(sessions.keySet());
        ids.addAll(attachments.keySet());
        return List.copyOf(ids);
    }

    private void live(Session session) {
        Path workspace = session.request().workspace().normalize();
        Path data = services.sessions().getParent();
        if (data != null && (data.startsWith(workspace) || workspace.startsWith(data))) {
            throw new IllegalArgumentException(
                    "workspace: " + workspace + " (expected: a directory apart from the sandbox host's own)");
        }
        TaskPolicy policy = session.request().policy();
        if (services.runtime().degraded() && !policy.getDegraded().equals("allow")) {
            throw new IllegalArgumentException("policy " + policy.getName()
                    + ": runtime.degraded: deny (expected: allow, since this host runs sessions in "
                    + services.runtime().description() + ")");
        }
        if (stopping) {
            throw new IllegalStateException("the sandbox host is stopping");
        }
        sessions.put(session.id(), session);
        session.start();
        Thread.ofVirtual().start(() -> {
            try {
                while (!session.awaitFinished(Duration.ofDays(1))) {
                    continue;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            sessions.remove(session.id());
        });
    }

    @Override
    public void close() throws IOException {
        stopping = true;
        attachments().forEach(Attachment::leave);
        List<Session> ending = live();
        ending.forEach(session -> session.stop("the sandbox host stops"));
        for (Session session : ending) {
            try {
                if (!session.awaitFinished(STOP_LIMIT)) {
                    LOG.error("session {} did not end in time; its warden will end it", session.id());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        services.pool().close();
        services.groups().close();
        lock.release();
        lockFile.close();
    }

    /** A killed daemon's wardens have killed its sandboxes; this finds what is left of them, and what a dead warden missed. */
    static void cleanUp(SandboxRuntime runtime, Path state) throws SandboxException {
        String root = "--root=" + state;
        ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .map(line -> line.contains(root + " ") || line.endsWith(root))
                        .orElse(false))
                .forEach(process -> {
                    LOG.warn("killing process {} of an earlier sandbox host", process.pid());
                    Posix.kill(process.pid(), Posix.SIGKILL);
                });
        for (String id : runtime.ids()) {
            LOG.warn("removing sandbox {} of an earlier sandbox host", id);
            runtime.remove(id);
        }
    }
}
