package io.plumbline.sandbox.probe;

import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.fallback.BubblewrapRuntime;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.rootfs.Mount;
import io.plumbline.sandbox.rootfs.OciConfig;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Freezer;
import io.plumbline.sandbox.runtime.GuestProgram;
import io.plumbline.sandbox.runtime.Rights;
import io.plumbline.sandbox.runtime.RunscLocator;
import io.plumbline.sandbox.runtime.RunscRuntime;
import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.runtime.SandboxKernel;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import io.plumbline.sandbox.trace.TraceListener;
import io.plumbline.sandbox.trace.TracePoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Looks at this machine with the eyes of a sandbox host. Changes nothing; what it starts it ends. */
public final class HostProbe {
    private static final Duration CHECK_LIMIT = Duration.ofSeconds(30);
    private static final String FALLBACK = "fallback runtime";
    private static final int JAVA = 25;

    /** Alone in its state directory. */
    private static final String ID = "probe00000";

    private static final long MIN_FREE_BYTES = 2L << 30;

    private final Optional<Path> runsc;
    private final Path guest;
    private final Path data;

    /**
     * @param runsc configured program; empty: the first on PATH
     * @param guest where the guest program is, or would be built
     * @param data directory of the daemon, or where it would be made
     */
    public HostProbe(Optional<Path> runsc, Path guest, Path data) {
        this.runsc = runsc;
        this.guest = guest;
        this.data = data;
    }

    /** All checks, each within half a minute. A check that breaks is a finding of its own. */
    public List<Finding> run() {
        List<Finding> findings = new ArrayList<>();
        findings.add(checked("Java", this::java));
        findings.add(checked("kernel", this::kernel));
        findings.add(checked("rights", this::rights));
        findings.add(checked("disk", this::disk));
        Finding guestFinding = checked("guest program", this::guestProgram);
        findings.add(guestFinding);
        boolean guestThere = guestFinding.grade() != Finding.Grade.FAIL;
        List<Finding> gvisor = gvisor(guestThere);
        Optional<RunscRuntime.Platform> platform = usable(gvisor);
        Finding fallback = guestThere
                ? checked(FALLBACK, this::fallback)
                : Finding.warn(FALLBACK, "not tried", guestFinding.remedy());
        boolean degraded = platform.isEmpty() && fallback.grade() == Finding.Grade.OK;
        // A host with the fallback comes up; what it lacks is a lack still.
        gvisor.forEach(finding -> findings.add(
                degraded && finding.grade() == Finding.Grade.FAIL
                        ? Finding.warn(finding.check(), finding.found(), finding.remedy())
                        : finding));
        findings.add(fallback);
        findings.add(chosen(platform, degraded, gvisor));
        return findings;
    }

    private List<Finding> gvisor(boolean guestThere) {
        List<Finding> findings = new ArrayList<>();
        Optional<Path> program = RunscLocator.find(runsc);
        if (program.isEmpty()) {
            findings.add(Finding.fail(
                    "runsc",
                    "not found " + runsc.map(path -> "at " + path).orElse("on PATH"),
                    "as root: sandbox-agent/src/main/sh/install-runsc.sh DIRECTORY, or install gVisor's runsc"));
            return findings;
        }
        findings.add(checked("runsc", () -> version(program.get())));
        if (!guestThere) {
            return findings;
        }
        for (RunscRuntime.Platform platform : RunscRuntime.Platform.values()) {
            String name = "sandbox on " + platform.name().toLowerCase(java.util.Locale.ROOT);
            Finding finding = checked(name, () -> sandbox(name, program.get(), platform));
            // One that works is enough; the other is an alternative.
            findings.add(
                    platform == RunscRuntime.Platform.SYSTRAP || finding.grade() != Finding.Grade.FAIL
                            ? finding
                            : Finding.warn(name, finding.found(), finding.remedy()));
        }
        return findings;
    }

    /** What sessions will run in when the host is left to choose ({@code host.runtime: auto}), and why. */
    private static Finding chosen(Optional<RunscRuntime.Platform> platform, boolean degraded, List<Finding> gvisor) {
        if (platform.isPresent()) {
            return Finding.ok(
                    "runtime",
                    "runsc on " + platform.get().name().toLowerCase(java.util.Locale.ROOT)
                            + ", since a whole session can be lived in it");
        }
        String why = gvisor.stream()
                .filter(finding -> finding.grade() != Finding.Grade.OK)
                .findFirst()
                .map(finding -> finding.check() + ": " + finding.found())
                .orElse("runsc was not tried");
        return degraded
                ? Finding.warn(
                        "runtime",
                        "bubblewrap, degraded, since gVisor cannot run here (" + why + ")",
                        "only for sessions whose policy says runtime: {degraded: allow}; see docs/fallback.md")
                : Finding.fail("runtime", "none (" + why + ")", "make runsc work; its findings say how");
    }

    /** The platform to use: the first in the order of {@link RunscRuntime.Platform} whose check did not fail. */
    public static Optional<RunscRuntime.Platform> usable(List<Finding> findings) {
        for (RunscRuntime.Platform platform : RunscRuntime.Platform.values()) {
            String name = "sandbox on " + platform.name().toLowerCase(java.util.Locale.ROOT);
            if (findings.stream()
                    .anyMatch(finding -> finding.check().equals(name) && finding.grade() == Finding.Grade.OK)) {
                return Optional.of(platform);
            }
        }
        return Optional.empty();
    }

    private static Finding checked(String check, Callable<Finding> task) {
        FutureTask<Finding> future = new FutureTask<>(task);
        Thread thread = Thread.ofPlatform().daemon().name("probe").start(future);
        try {
            return future.get(CHECK_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            thread.interrupt();
            return Finding.fail(check, "no answer in " + CHECK_LIMIT.toSeconds() + " s", "see the log of the daemon");
        } catch (ExecutionException e) {
            return Finding.fail(check, String.valueOf(e.getCause()), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Finding.fail(check, "interrupted", "");
        }
    }

    private Finding java() {
        int feature = Runtime.version().feature();
        return feature >= JAVA
                ? Finding.ok("Java", Runtime.version().toString())
                : Finding.fail("Java", Runtime.version().toString(), "install a JDK " + JAVA);
    }

    private Finding kernel() {
        String found = System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch");
        if (!System.getProperty("os.name").equals("Linux")) {
            return Finding.fail("kernel", found, "sandboxes need Linux; use a virtual machine");
        }
        String[] version = System.getProperty("os.version").split("[.-]");
        int number = Integer.parseInt(version[0]) * 1000 + Integer.parseInt(version[1]);
        // mount_setattr, which keeps read-only mounts read-only, came with 5.12.
        return number >= 5012
                ? Finding.ok("kernel", found)
                : Finding.fail("kernel", found, "use a kernel of 5.12 or later");
    }

    private Finding rights() throws IOException {
        return switch (Rights.here()) {
            case ROOT -> Finding.ok("rights", "root");
            case NAMESPACE ->
                Finding.warn(
                        "rights",
                        "user " + outside() + " in a user namespace",
                        "sandboxes work, but without hard limits of memory, processors and processes, and without the"
                                + " fallback runtime: those need root");
            case NONE ->
                Finding.fail(
                        "rights",
                        System.getProperty("user.name"),
                        "start the sandbox host as root, or in a user namespace: unshare --user --map-root-user --mount");
        };
    }

    /** Who root of this user namespace is outside of it: user_namespaces(7). */
    private static String outside() throws IOException {
        String[] mapping =
                Files.readString(Path.of("/proc/self/uid_map")).strip().split("\\s+");
        return mapping.length < 2 ? "nobody" : mapping[1];
    }

    private Finding disk() throws IOException {
        Path existing = data;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        long free = Files.getFileStore(existing).getUsableSpace();
        String found = free / (1 << 20) + " MiB free for " + data;
        return free >= MIN_FREE_BYTES
                ? Finding.ok("disk", found)
                : Finding.warn("disk", found, "sessions freeze when the spool cannot grow: free some space");
    }

    private Finding guestProgram() throws SandboxException {
        if (Files.isExecutable(guest)) {
            return GuestProgram.difference(guest)
                    .map(found -> Finding.fail("guest program", guest + ": " + found, GuestProgram.remedy(guest)))
                    .orElseGet(() -> Finding.ok("guest program", guest + ", build " + GuestProgram.expected()));
        }
        boolean compiler = Files.isExecutable(Path.of("/usr/bin/gcc"));
        return Finding.fail(
                "guest program",
                "not built yet, gcc is " + (compiler ? "there" : "missing"),
                (compiler ? "" : "install gcc and libc6-dev, then ") + "sandbox-agent/guest/build.sh " + guest);
    }

    private Finding version(Path program) throws SandboxException, IOException {
        Path directory = Files.createTempDirectory("plp");
        try {
            RunscRuntime runtime = RunscRuntime.open(program, guest, directory, RunscRuntime.Platform.SYSTRAP);
            List<String> missing = TracePoints.missing(runtime.traceMetadata());
            return missing.isEmpty()
                    ? Finding.ok("runsc", runtime.description().replace(" systrap", "") + " at " + program)
                    : Finding.fail(
                            "runsc",
                            program + " lacks " + missing.size() + " trace points, such as " + missing.getFirst(),
                            "use the runsc of Debian 13 or later");
        } finally {
            Bundle.deleteTree(directory);
        }
    }

    private interface Opening {
        SandboxRuntime open(Path state) throws SandboxException;
    }

    private Finding sandbox(String name, Path program, RunscRuntime.Platform platform)
            throws SandboxException, IOException, InterruptedException {
        return sandbox(
                name,
                state -> RunscRuntime.open(program, guest, state, platform),
                ControlGroups.none(),
                "control-socket");
    }

    private Finding fallback() throws SandboxException, IOException, InterruptedException {
        Optional<String> impossible = BubblewrapRuntime.impossible();
        if (impossible.isPresent()) {
            return Finding.warn(
                    FALLBACK,
                    "bubblewrap is left out: " + impossible.get(),
                    "only needed where gVisor cannot run: start the sandbox host as root");
        }
        Optional<Path> program = BubblewrapRuntime.find(Optional.empty());
        if (program.isEmpty()) {
            return Finding.warn(
                    FALLBACK, "bwrap not on PATH", "only needed where gVisor cannot run: apt-get install bubblewrap");
        }
        ControlGroups groups = ControlGroups.open(
                Path.of("/sys/fs/cgroup"),
                Files.readAllLines(Path.of("/proc/self/cgroup")),
                "plumbline-probe-" + ProcessHandle.current().pid(),
                Set.of(ControlGroups.Controller.FREEZER, ControlGroups.Controller.PIDS));
        try {
            Finding finding = sandbox(
                    FALLBACK, state -> BubblewrapRuntime.open(program.get(), guest, state), groups, "cgroup-freezer");
            // Nobody needs it as long as gVisor runs.
            return finding.grade() == Finding.Grade.FAIL
                    ? Finding.warn(FALLBACK, finding.found(), finding.remedy())
                    : finding;
        } catch (SandboxException e) {
            return Finding.warn(FALLBACK, String.valueOf(e.getMessage()), "");
        } finally {
            groups.close();
        }
    }

    /** A whole little life: created, seen, paused, resumed, ended. */
    private Finding sandbox(String name, Opening opening, ControlGroups groups, String mechanism)
            throws SandboxException, IOException, InterruptedException {
        Path directory = Files.createTempDirectory("plp");
        List<Event> events = new CopyOnWriteArrayList<>();
        ControlGroups.Group group = groups.create("probe" + System.nanoTime(), ControlGroups.Limits.NONE);
        try (TraceListener trace = TraceListener.open(
                directory.resolve("t"),
                "probe",
                (channel, time, payload) -> {
                    Event event = payload.build();
                    events.add(event);
                    return event;
                },
                cause -> {})) {
            SandboxRuntime runtime = opening.open(Files.createDirectory(directory.resolve("r")));
            long began = System.nanoTime();
            Path traceConfig = directory.resolve("trace.json");
            Files.writeString(traceConfig, TracePoints.podInitConfig(directory.resolve("t")));
            try (SandboxKernel kernel = runtime.boot(new SandboxRuntime.Boot(
                    ID,
                    Files.createDirectory(directory.resolve("k")),
                    traceConfig,
                    Optional.empty(),
                    group.folders()))) {
                Sandbox sandbox = kernel.create(creation(directory));
                try {
                    return life(name, sandbox, trace, events, began, mechanism);
                } finally {
                    trace.expectEnd();
                }
            }
        } finally {
            group.remove();
            Bundle.deleteTree(directory);
        }
    }

    private static Finding life(
            String name, Sandbox sandbox, TraceListener trace, List<Event> events, long began, String mechanism)
            throws SandboxException, InterruptedException {
        Freezer freezer = new Freezer(sandbox.brake());
        sandbox.start();
        long ready = System.nanoTime();
        Freezer.Outcome frozen = freezer.freeze();
        long pause = System.nanoTime() - ready;
        Freezer.Outcome thawed = freezer.thaw();
        OptionalInt code = sandbox.awaitExit();
        // The kernel of an ended sandbox stays for as long as somebody is connected to it.
        sandbox.close();
        trace.awaitEnd(Duration.ofSeconds(5));
        if (!(frozen instanceof Freezer.Outcome.Frozen how) || !(thawed instanceof Freezer.Outcome.Running)) {
            return Finding.fail(name, "could not be paused and resumed: " + frozen + ", " + thawed, "");
        }
        if (code.isEmpty() || code.getAsInt() != 0) {
            return Finding.fail(name, "a program in it ended with " + code, "");
        }
        boolean seen = events.stream().anyMatch(Event::hasProcessStarted)
                && events.stream().anyMatch(event -> event.hasProcessExited())
                && events.stream().noneMatch(Event::hasTraceLoss);
        if (!seen) {
            return Finding.fail(name, "runs, but its trace is not complete", "");
        }
        String found = "ready in %d ms, paused in %.1f ms by %s, %d events seen"
                .formatted((ready - began) / 1_000_000, pause / 1e6, how.mechanism(), events.size());
        return how.mechanism().equals(mechanism)
                ? Finding.ok(name, found)
                : Finding.warn(name, found, "freezing is by force only; evidence cannot be collected while frozen");
    }

    private SandboxRuntime.Creation creation(Path directory) throws IOException {
        Path bundle = Files.createDirectory(directory.resolve("b"));
        Path root = Files.createDirectory(bundle.resolve("root"));
        for (String folder : List.of("usr", "proc", "sys", "tmp", "dev", "opt/plumbline")) {
            Files.createDirectories(root.resolve(folder));
        }
        Path guestFolder = Files.createDirectory(bundle.resolve("guest"));
        Path program = Files.copy(
                guest, guestFolder.resolve(String.valueOf(Path.of(Agent.GUEST).getFileName())));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        String inside = String.valueOf(Path.of(Agent.GUEST).getParent());
        for (String link : List.of("bin", "lib", "lib64")) {
            Files.createSymbolicLink(root.resolve(link), Path.of("usr", link));
        }
        Path usr = Path.of("/usr");
        Files.writeString(
                bundle.resolve("config.json"),
                new OciConfig(
                                root,
                                List.of(Agent.GUEST, "relay", "--", "/usr/bin/sleep", "0.2"),
                                Map.of("PATH", "/usr/bin"),
                                "/",
                                65534,
                                65534,
                                List.of(
                                        new Mount.Memory("/dev", "755", 0),
                                        new Mount.Bind(usr, "/usr", Mount.Access.READ),
                                        new Mount.Bind(guestFolder, inside, Mount.Access.READ)),
                                0,
                                OciConfig.Terminal.NO)
                        .json());
        Path output = Files.createFile(directory.resolve("output"));
        return new SandboxRuntime.Creation(
                ID,
                bundle,
                new SandboxRuntime.Streams.Files(Path.of("/dev/null"), output, output),
                List.of(usr),
                Optional.empty());
    }
}
