package io.plumbline.sandbox.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control groups of this host's sandboxes: one folder per hierarchy, below the daemon's own group where the hierarchy is of
 * version 1 (so that no limit around the daemon is left), at the top where it is version 2 (which forbids processes above).
 * Everything in that folder belongs to one data directory and goes away with its daemon's sessions.
 */
public final class ControlGroups {
    private static final Logger LOG = LoggerFactory.getLogger(ControlGroups.class);

    /** The kernel's default for both versions. */
    private static final long CPU_PERIOD_MICROS = 100_000;

    /** Of Linux on the processors that gVisor runs on, bytes: 64 KiB on some of ARM. */
    private static final long LARGEST_PAGE = 1 << 16;

    /** What nice 10 means among processes, for all sandboxes of the host together: 110 of 1024, 11 of 100 in version 2. */
    private static final Weight YIELDING = new Weight(110, 11);

    /** The kernel's own. */
    private static final Weight USUAL = new Weight(1024, 100);

    /** Of one that somebody waits for, among the sandboxes of the host: as much as ten that nobody waits for. */
    private static final Weight PREFERRED = new Weight(10 * USUAL.shares(), 10 * USUAL.weight());

    /** A sandbox that has not begun by then is no longer waited for at the cost of what watches the others. */
    private static final Duration MOST_HASTE = Duration.ofSeconds(5);

    /** Against other groups, in the figures of either version. */
    private record Weight(int shares, int weight) {
        void write(Hierarchy cpu) throws IOException {
            boolean one = cpu.version() == Version.ONE;
            ControlGroups.write(cpu.folder(), file(cpu), Integer.toString(one ? shares : weight));
        }

        static String file(Hierarchy cpu) {
            return cpu.version() == Version.ONE ? "cpu.shares" : "cpu.weight";
        }
    }

    /** What a group can limit. */
    public enum Controller {
        MEMORY,
        CPU,
        PIDS,
        /** Limits nothing: stops everything in the group at once, for runtimes that have no other way. */
        FREEZER;

        /** Those that limit. */
        public static final Set<Controller> LIMITS = Set.of(MEMORY, CPU, PIDS);

        String kernelName() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private enum Version {
        ONE,
        TWO
    }

    private record Hierarchy(Version version, Path folder) {}

    private final Map<Controller, Hierarchy> hierarchies;

    // Guarded by this: how many wait for a sandbox to begin, and whether the weight is another than it should be.
    private int hurried;
    private boolean weightRefused;

    private ControlGroups(Map<Controller, Hierarchy> hierarchies) {
        this.hierarchies = hierarchies;
        weigh();
    }

    /** No controller at all. */
    public static ControlGroups none() {
        return new ControlGroups(Map.of());
    }

    /**
     * Whatever of {@code mountRoot} limits and can be used; a controller that cannot is left out and logged.
     *
     * @param mountRoot {@code /sys/fs/cgroup}
     * @param selfGroups lines of {@code /proc/self/cgroup}
     * @param name of the folder, unique for the data directory
     */
    public static ControlGroups open(Path mountRoot, List<String> selfGroups, String name) {
        return open(mountRoot, selfGroups, name, Controller.LIMITS);
    }

    /** Likewise, of {@code wanted} alone. */
    public static ControlGroups open(Path mountRoot, List<String> selfGroups, String name, Set<Controller> wanted) {
        Map<Controller, Hierarchy> found = new EnumMap<>(Controller.class);
        for (Controller controller : EnumSet.copyOf(wanted)) {
            try {
                hierarchy(mountRoot, selfGroups, name, controller).ifPresent(usable -> found.put(controller, usable));
            } catch (IOException | UncheckedIOException e) {
                LOG.info("control groups: {} cannot be limited: {}", controller.kernelName(), e.getMessage());
            }
        }
        return new ControlGroups(found);
    }

    private static Optional<Hierarchy> hierarchy(
            Path mountRoot, List<String> selfGroups, String name, Controller controller) throws IOException {
        for (String line : selfGroups) {
            String[] parts = line.split(":", 3);
            Path mounted = mountRoot.resolve(controller.kernelName());
            if (parts.length == 3
                    && List.of(parts[1].split(",", -1)).contains(controller.kernelName())
                    && Files.isDirectory(mounted)) {
                Path own = mounted.resolve(parts[2].substring(1));
                Path folder = (Files.isDirectory(own) ? own : mounted).resolve(name);
                Files.createDirectories(folder);
                return Optional.of(new Hierarchy(Version.ONE, folder));
            }
        }
        Path controllers = mountRoot.resolve("cgroup.controllers");
        if (controller == Controller.FREEZER) {
            return freezerOfTwo(controllers, mountRoot.resolve(name));
        }
        if (Files.isRegularFile(controllers)
                && List.of(Files.readString(controllers).trim().split(" ")).contains(controller.kernelName())) {
            Path folder = mountRoot.resolve(name);
            Files.writeString(mountRoot.resolve("cgroup.subtree_control"), "+" + controller.kernelName());
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("cgroup.subtree_control"), "+" + controller.kernelName());
            return Optional.of(new Hierarchy(Version.TWO, folder));
        }
        return Optional.empty();
    }

    /**
     * The kernel shares processors between groups before it looks at the nice value of what is in them: with a group of the default
     * weight, one busy sandbox would have as much as all that watches it.
     */
    private synchronized void weigh() {
        Hierarchy cpu = hierarchies.get(Controller.CPU);
        if (cpu == null) {
            return;
        }
        Weight together = hurried > 0 ? USUAL : YIELDING;
        String file = Weight.file(cpu);
        try {
            together.write(cpu);
            if (weightRefused) {
                LOG.info("control groups: {} of the sandboxes is that of {} again", file, together);
            }
            weightRefused = false;
        } catch (IOException e) {
            if (!weightRefused) {
                LOG.warn(
                        "control groups: {} of the sandboxes is not that of {}, tried again: {}",
                        file,
                        together,
                        e.toString());
            }
            weightRefused = true;
        }
    }

    /** Tries again to give the sandboxes the weight that they should have, if the kernel has not taken it; cheap otherwise. */
    public synchronized void keepWeight() {
        if (weightRefused) {
            weigh();
        }
    }

    /**
     * Somebody waits for a sandbox to begin: until the last such haste is over, the sandboxes of this host have the usual weight
     * together. Each is over after five seconds at the latest.
     */
    public Haste hasten() {
        return hasten(MOST_HASTE);
    }

    synchronized Haste hasten(Duration most) {
        if (hurried++ == 0) {
            weigh();
        }
        Haste haste = new Haste();
        haste.closeAfter(most);
        return haste;
    }

    private synchronized void endHaste() {
        if (--hurried == 0) {
            weigh();
        }
    }

    /** Of one sandbox that begins; closing it again does nothing. */
    public final class Haste implements AutoCloseable {
        private final AtomicBoolean over = new AtomicBoolean();

        // Guarded by this.
        private Group preferred = Group.none();

        private Haste() {}

        /** From now on the sandbox has more of the processors than the host's others, until the haste is over. */
        public synchronized void prefer(Group group) {
            if (!over.get()) {
                preferred.weigh(USUAL);
                preferred = group;
                group.weigh(PREFERRED);
            }
        }

        /** Closes it after that time, if it is not closed before. */
        public void closeAfter(Duration time) {
            CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(this::close);
        }

        @Override
        public void close() {
            if (!over.getAndSet(true)) {
                synchronized (this) {
                    preferred.weigh(USUAL);
                }
                endHaste();
            }
        }
    }

    /** Every group of version 2 but the topmost can be frozen; no controller has to be enabled for it. */
    private static Optional<Hierarchy> freezerOfTwo(Path controllers, Path folder) throws IOException {
        if (!Files.isRegularFile(controllers)) {
            return Optional.empty();
        }
        Files.createDirectories(folder);
        return Optional.of(new Hierarchy(Version.TWO, folder));
    }

    /**
     * What one sandbox may use in all, its kernel included; 0 means no limit.
     *
     * @param cpuMillis thousandths of a processor
     * @param pids processes and threads of the host
     */
    public record Limits(long memoryBytes, int cpuMillis, int pids) {
        public static final Limits NONE = new Limits(0, 0, 0);
    }

    /**
     * Makes the groups of one sandbox, empty, with its limits in force.
     *
     * @throws IOException also when the kernel holds another limit than it was told; no group is left then
     */
    public Group create(String id, Limits limits) throws IOException {
        Map<Controller, Hierarchy> own = new EnumMap<>(Controller.class);
        Group group = new Group(own, limits);
        try {
            for (Map.Entry<Controller, Hierarchy> entry : hierarchies.entrySet()) {
                Version version = entry.getValue().version();
                Path folder = entry.getValue().folder().resolve(id);
                Files.createDirectories(folder);
                own.put(entry.getKey(), new Hierarchy(version, folder));
                limit(entry.getKey(), version, folder, limits);
            }
            return group;
        } catch (IOException e) {
            group.remove();
            throw e;
        }
    }

    private static void limit(Controller controller, Version version, Path folder, Limits limits) throws IOException {
        boolean one = version == Version.ONE;
        switch (controller) {
            case MEMORY -> {
                String file = one ? "memory.limit_in_bytes" : "memory.max";
                if (limits.memoryBytes() > 0) {
                    write(folder, file, Long.toString(limits.memoryBytes()));
                    confirmMemory(folder, file, limits.memoryBytes());
                } else {
                    write(folder, file, one ? "-1" : "max");
                }
            }
            case CPU -> {
                String quota = limits.cpuMillis() > 0
                        ? Long.toString(limits.cpuMillis() * (CPU_PERIOD_MICROS / 1000))
                        : one ? "-1" : "max";
                confirmed(folder, one ? "cpu.cfs_quota_us" : "cpu.max", one ? quota : quota + " " + CPU_PERIOD_MICROS);
            }
            case PIDS -> confirmed(folder, "pids.max", limits.pids() > 0 ? Integer.toString(limits.pids()) : "max");
            case FREEZER -> {}
        }
    }

    /** A limit counts when the kernel says that it holds, not when it was written. */
    private static void confirmed(Path folder, String file, String value) throws IOException {
        write(folder, file, value);
        String held = read(folder, file);
        if (!held.equals(value)) {
            throw new IOException(file + ": the kernel holds '" + held + "' (expected: '" + value + "')");
        }
    }

    /** The kernel counts memory in pages: it may hold up to one page less than it was told. */
    private static void confirmMemory(Path folder, String file, long value) throws IOException {
        String held = read(folder, file);
        if (!held.matches("[0-9]{1,18}")
                || Long.parseLong(held) > value
                || Long.parseLong(held) <= value - LARGEST_PAGE) {
            throw new IOException(
                    file + ": the kernel holds '" + held + "' (expected: " + value + " or up to a page less)");
        }
    }

    private static String read(Path folder, String file) throws IOException {
        return Files.readString(folder.resolve(file)).trim();
    }

    private static void write(Path folder, String file, String value) throws IOException {
        // These files are the kernel's and cannot be created.
        Files.writeString(folder.resolve(file), value, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /** Removes every group of an earlier life of this daemon that holds no process any more; each is tried. */
    public void removeAll() {
        for (Hierarchy hierarchy : hierarchies.values()) {
            try (DirectoryStream<Path> groups =
                    Files.newDirectoryStream(hierarchy.folder(), path -> Files.isDirectory(path))) {
                groups.forEach(ControlGroups::removeOrTell);
            } catch (NoSuchFileException e) {
                // Version 2 has one folder for all controllers.
            } catch (IOException | DirectoryIteratorException e) {
                LOG.warn("control groups: {}", String.valueOf(e));
            }
        }
    }

    /** Removes the folders too; for the daemon's end. */
    public void close() {
        removeAll();
        hierarchies.values().stream().map(Hierarchy::folder).distinct().forEach(ControlGroups::removeOrTell);
    }

    private static void removeOrTell(Path group) {
        try {
            Files.deleteIfExists(group);
        } catch (IOException e) {
            LOG.warn("control groups: {}", String.valueOf(e));
        }
    }

    /** The groups of one sandbox. */
    public static final class Group {
        private final Map<Controller, Hierarchy> own;
        private Limits inForce;

        private Group(Map<Controller, Hierarchy> own, Limits inForce) {
            this.own = own;
            this.inForce = inForce;
        }

        /** Limits nothing and holds nobody. */
        public static Group none() {
            return new Group(Map.of(), Limits.NONE);
        }

        /** Nothing depends on it but how long others wait. */
        private void weigh(Weight weight) {
            Hierarchy cpu = own.get(Controller.CPU);
            if (cpu == null) {
                return;
            }
            try {
                weight.write(cpu);
            } catch (IOException e) {
                LOG.warn(
                        "control group {}: {} is not that of {}: {}",
                        cpu.folder(),
                        Weight.file(cpu),
                        weight,
                        e.toString());
            }
        }

        /** Ids of the processes in it, as this process sees them. */
        public Set<Long> processes() {
            Set<Long> processes = new HashSet<>();
            own.values().forEach(hierarchy -> collect(hierarchy.folder().resolve("cgroup.procs"), processes));
            return processes;
        }

        /** Ids of the threads in it, likewise. */
        public Set<Long> threads() {
            Set<Long> threads = new HashSet<>();
            own.values()
                    .forEach(hierarchy -> collect(
                            hierarchy.folder().resolve(hierarchy.version() == Version.ONE ? "tasks" : "cgroup.threads"),
                            threads));
            return threads;
        }

        private static void collect(Path list, Set<Long> ids) {
            try {
                for (String line : Files.readAllLines(list)) {
                    long id = Long.parseLong(line);
                    // 0: of a process namespace that cannot be seen from here.
                    if (id > 0) {
                        ids.add(id);
                    }
                }
            } catch (IOException e) {
                LOG.debug("control group: {}: {}", list, e.getMessage());
            }
        }

        /** Whether the kernel limits {@code controller} here. */
        public boolean limits(Controller controller) {
            return own.containsKey(controller);
        }

        /**
         * Puts other limits in the place of those in force, all of them or none.
         *
         * @throws IOException when the kernel does not take them, or when more memory is in use than the new limit would
         *     leave: version 2 would kill for that and version 1 would not limit at all. Memory of files that lie on a disk
         *     does not count, since the kernel takes it back
         */
        public synchronized void change(Limits to) throws IOException {
            checkMemory(to);
            try {
                write(to);
            } catch (IOException e) {
                try {
                    write(inForce);
                } catch (IOException again) {
                    e.addSuppressed(again);
                }
                throw e;
            }
            inForce = to;
        }

        private void write(Limits limits) throws IOException {
            for (Map.Entry<Controller, Hierarchy> entry : own.entrySet()) {
                limit(
                        entry.getKey(),
                        entry.getValue().version(),
                        entry.getValue().folder(),
                        limits);
            }
        }

        private void checkMemory(Limits to) throws IOException {
            Hierarchy memory = own.get(Controller.MEMORY);
            if (memory == null || to.memoryBytes() == 0) {
                return;
            }
            boolean one = memory.version() == Version.ONE;
            Path folder = memory.folder();
            String used = Files.readString(folder.resolve(one ? "memory.usage_in_bytes" : "memory.current"))
                    .trim();
            Path details = folder.resolve("memory.stat");
            String prefix = one ? "total_" : "";
            try {
                long held = Long.parseLong(used)
                        - named(details, prefix + "active_file")
                        - named(details, prefix + "inactive_file");
                if (held > to.memoryBytes()) {
                    throw new IOException("memory: " + held
                            + " bytes in use, the sandbox's kernel included (expected: <= " + to.memoryBytes() + ")");
                }
            } catch (NumberFormatException e) {
                throw new IOException("memory: " + used + " (expected: bytes in use)", e);
            }
        }

        /** What a process has to join; each folder once. */
        public List<Path> folders() {
            return own.values().stream().map(Hierarchy::folder).distinct().toList();
        }

        /** How often the kernel killed something in here for want of memory. */
        public long memoryKills() {
            return counter(Controller.MEMORY, "memory.oom_control", "memory.events", "oom_kill");
        }

        /** How often no further process or thread was allowed. */
        public long pidsRefused() {
            return counter(Controller.PIDS, "pids.events", "pids.events", "max");
        }

        /** In how many periods of 100 ms somebody in here had to wait for the next one. */
        public long cpuThrottled() {
            return counter(Controller.CPU, "cpu.stat", "cpu.stat", "nr_throttled");
        }

        private long counter(Controller controller, String fileOfOne, String fileOfTwo, String name) {
            Hierarchy hierarchy = own.get(controller);
            if (hierarchy == null) {
                return 0;
            }
            Path file = hierarchy.folder().resolve(hierarchy.version() == Version.ONE ? fileOfOne : fileOfTwo);
            try {
                return named(file, name);
            } catch (IOException | NumberFormatException e) {
                return 0;
            }
        }

        /** The figure that follows {@code name} in a file of such lines; 0 where it has none. */
        private static long named(Path file, String name) throws IOException {
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith(name + " ")) {
                    return Long.parseLong(line.substring(name.length() + 1).trim());
                }
            }
            return 0;
        }

        /** To be called when everything in it has ended; the kernel may take a moment to let go. */
        public void remove() throws IOException {
            List<IOException> failures = new ArrayList<>();
            for (Path folder : folders()) {
                try {
                    removeSoon(folder);
                } catch (IOException e) {
                    failures.add(e);
                }
            }
            if (!failures.isEmpty()) {
                throw failures.getFirst();
            }
        }

        private static void removeSoon(Path folder) throws IOException {
            for (int attempt = 0; ; attempt++) {
                try {
                    Files.deleteIfExists(folder);
                    return;
                } catch (IOException e) {
                    if (attempt == 50) {
                        throw e;
                    }
                    try {
                        Thread.sleep(20);
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                        throw e;
                    }
                }
            }
        }
    }
}
