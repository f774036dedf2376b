package io.plumbline.sandbox.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.posix.Posix;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of one container as the host's kernel sees them: the way to stop and to end it that needs no runtime. They are those
 * in the container's freezer control group where it has one to itself, else those below its first process or in its process
 * namespace. What stops, lets go and ends is not safe for use by several threads; what only looks is.
 */
public final class HostProcesses {
    private static final Path PROC = Path.of("/proc");
    private static final int MAX_TEXT = 256 * 1024;
    private static final int MAX_DESCRIBED = 1000;
    private static final int MAX_DESCRIPTORS = 200;
    private static final Logger LOG = LoggerFactory.getLogger(HostProcesses.class);

    private final ProcessHandle first;
    private final Optional<FreezerGroup> group;

    /** Processes that were stopped by signal and not let go. */
    private boolean signalled;

    HostProcesses(ProcessHandle first, Optional<FreezerGroup> group) {
        this.first = first;
        this.group = group;
    }

    /**
     * @return empty when the process that the runtime names is not on this host, or cannot be shown to be the container's: a
     *     runtime may be on another machine, whose process ids mean somebody else here
     */
    public static Optional<HostProcesses> of(ContainerControl.Found found, boolean local) {
        Optional<ProcessHandle> first = found.pid() <= 1
                ? Optional.empty()
                : ProcessHandle.of(found.pid()).filter(ProcessHandle::isAlive);
        if (first.isEmpty() || first.get().pid() == ProcessHandle.current().pid()) {
            return Optional.empty();
        }
        Optional<FreezerGroup> group = FreezerGroup.of(found.pid(), found.id());
        if (!local && group.isEmpty() && !named(first.get(), found.id())) {
            return Optional.empty();
        }
        return Optional.of(new HostProcesses(first.get(), group));
    }

    /** Whether a control group, or the command line of the process or of what started it, carries the container's long id. */
    private static boolean named(ProcessHandle process, String id) {
        if (id.length() < 32) {
            return false;
        }
        if (text(process.pid(), "cgroup").contains(id)) {
            return true;
        }
        Optional<ProcessHandle> current = Optional.of(process);
        for (int depth = 0; depth < 3 && current.isPresent(); depth++) {
            if (text(current.get().pid(), "cmdline").contains(id)) {
                return true;
            }
            current = current.get().parent();
        }
        return false;
    }

    /** Whether they have a freezer control group to themselves. */
    public boolean grouped() {
        return group.isPresent();
    }

    /** cgroup-freezer or sigstop. */
    public String mechanism() {
        return group.isPresent() && !signalled ? "cgroup-freezer" : "sigstop";
    }

    /** Whether the first process, with which all others end, is there and no zombie. */
    public boolean alive() {
        return first.isAlive() && "ZX".indexOf(state(first.pid())) < 0;
    }

    /**
     * Returns true once no process of it can run; false when that could not be reached, or the container has ended. What was
     * stopped on the way stays so: a group that holds some of its processes is let go only when each has its signal to stop.
     */
    public boolean freeze(Duration limit) {
        if (!alive()) {
            return false;
        }
        if (group.isPresent()) {
            if (group.get().freeze(limit)) {
                return true;
            }
            LOG.warn(
                    "control group {} did not freeze; stopping its processes one by one",
                    group.get().folder());
        }
        signalled = true;
        long deadline = System.nanoTime() + limit.toNanos();
        Set<Long> stopped = new HashSet<>();
        // A process that was not stopped yet may have made another.
        while (stopMore(members(), stopped)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
        }
        // Whoever the group holds finds its signal before its next instruction.
        group.ifPresent(FreezerGroup::thaw);
        while (System.nanoTime() < deadline) {
            List<Long> members = members();
            stopMore(members, stopped);
            if (members.stream().allMatch(pid -> mayBeSignalled(pid) && "TtZX".indexOf(state(pid)) >= 0)) {
                return alive();
            }
            pause();
        }
        return false;
    }

    /** Whether there was one that had no signal yet. */
    private static boolean stopMore(List<Long> members, Set<Long> stopped) {
        boolean more = false;
        for (long pid : members) {
            if (stopped.add(pid)) {
                signal(pid, Posix.SIGSTOP);
                more = true;
            }
        }
        return more;
    }

    /** Lets what {@link #freeze} stopped go on; false when the container has ended. */
    public boolean thaw() {
        group.ifPresent(FreezerGroup::thaw);
        if (signalled) {
            members().forEach(pid -> signal(pid, Posix.SIGCONT));
            signalled = false;
        }
        return alive();
    }

    /**
     * Ends all processes; a frozen one runs no further instruction, since each has its signal before the group is let go.
     *
     * @return whether they have ended in time
     */
    public boolean kill(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        Set<Long> killed = new HashSet<>();
        while (System.nanoTime() < deadline) {
            boolean more = false;
            boolean ended = !alive();
            for (long pid : members()) {
                if (!mayBeSignalled(pid) || "ZX".indexOf(state(pid)) < 0) {
                    ended = false;
                    if (killed.add(pid)) {
                        signal(pid, Posix.SIGKILL);
                        more = true;
                    }
                }
            }
            if (!more) {
                // Version 1 of the freezer holds even a process that has been killed.
                group.ifPresent(FreezerGroup::thaw);
            }
            if (ended) {
                return true;
            }
            pause();
        }
        return false;
    }

    /**
     * Never the host's first process, this daemon, nor 0, as which a process of another namespace is listed: to kill(2) it is
     * everybody in the caller's group. With one of them in it, a container is neither stopped nor ended by signals.
     */
    private static boolean mayBeSignalled(long pid) {
        return pid > 1 && pid != ProcessHandle.current().pid();
    }

    private static void signal(long pid, int signal) {
        if (mayBeSignalled(pid)) {
            Posix.kill(pid, signal);
        }
    }

    /** Each process with its arguments, folders, descriptors and the names of its environment; at most 1,000. */
    public ArrayNode describe() {
        ArrayNode described = JsonNodeFactory.instance.arrayNode();
        for (long pid : members()) {
            if (described.size() >= MAX_DESCRIBED) {
                break;
            }
            ObjectNode process = described
                    .addObject()
                    .put("pid", pid)
                    .put("state", String.valueOf(state(pid)))
                    .put("name", text(pid, "comm").trim())
                    .put("cwd", link(PROC.resolve(pid + "/cwd")))
                    .put("exe", link(PROC.resolve(pid + "/exe")));
            words(text(pid, "cmdline")).forEach(process.putArray("args")::add);
            ArrayNode names = process.putArray("env");
            for (String pair : words(text(pid, "environ"))) {
                int equals = pair.indexOf('=');
                names.add(equals < 0 ? "" : pair.substring(0, equals));
            }
            ArrayNode descriptors = process.putArray("fds");
            for (Path descriptor : children(PROC.resolve(pid + "/fd"))) {
                if (descriptors.size() < MAX_DESCRIPTORS) {
                    descriptors
                            .addObject()
                            .put("fd", descriptor.getFileName().toString())
                            .put("path", link(descriptor));
                }
            }
        }
        return described;
    }

    /** Process ids; those that have ended and were not yet collected among them. */
    public List<Long> members() {
        if (group.isPresent()) {
            return group.get().members();
        }
        if (!first.isAlive()) {
            return List.of();
        }
        String namespace = link(PROC.resolve(first.pid() + "/ns/pid"));
        boolean own = !namespace.isEmpty() && !namespace.equals(link(PROC.resolve("self/ns/pid")));
        Map<Long, Long> parents = new HashMap<>();
        Set<Long> found = new HashSet<>();
        found.add(first.pid());
        for (Path entry : children(PROC)) {
            String name = entry.getFileName().toString();
            if (name.matches("\\d{1,9}")) {
                long pid = Long.parseLong(name);
                parents.put(pid, parent(pid));
                if (own && link(entry.resolve("ns/pid")).equals(namespace)) {
                    found.add(pid);
                }
            }
        }
        boolean more = true;
        while (more) {
            more = false;
            for (Map.Entry<Long, Long> entry : parents.entrySet()) {
                more |= found.contains(entry.getValue()) && found.add(entry.getKey());
            }
        }
        found.remove(ProcessHandle.current().pid());
        found.removeIf(pid -> pid != first.pid() && !parents.containsKey(pid));
        return List.copyOf(found);
    }

    private static void pause() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** As in proc(5): R, S, D, T, t, Z; X when it is gone. Of a process whose first thread has ended, that of one that goes on. */
    static char state(long pid) {
        char first = state(text(pid, "stat"));
        if (first != 'Z') {
            return first;
        }
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(PROC.resolve(Long.toString(pid)).resolve("task"))) {
            for (Path thread : threads) {
                char state = state(text(pid, "task/" + thread.getFileName() + "/stat"));
                if ("ZX".indexOf(state) < 0) {
                    return state;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // It has ended meanwhile.
        }
        return first;
    }

    private static char state(String stat) {
        int end = stat.lastIndexOf(')');
        return end < 0 || end + 2 >= stat.length() ? 'X' : stat.charAt(end + 2);
    }

    private static long parent(long pid) {
        String stat = text(pid, "stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).trim().split(" ", 3);
        return fields.length < 3 ? 0 : Long.parseLong(fields[1]);
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>(List.of(text.split("\0", -1)));
        words.removeIf(String::isEmpty);
        return words;
    }

    /** A file of a process; empty when it has gone. */
    private static String text(long pid, String file) {
        try (InputStream in = Files.newInputStream(PROC.resolve(pid + "/" + file))) {
            return new String(in.readNBytes(MAX_TEXT), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private static String link(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    private static List<Path> children(Path folder) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(children::add);
        } catch (IOException | DirectoryIteratorException e) {
            // It has gone, with what was in it.
        }
        return children;
    }

    /** A freezer control group that holds one container and nothing else. */
    record FreezerGroup(Path folder, boolean unified) {
        /** The group of a process, if its name says that it is the container's and this daemon is not in it. */
        static Optional<FreezerGroup> of(long pid, String id) {
            String own = text(ProcessHandle.current().pid(), "cgroup");
            for (String line : text(pid, "cgroup").lines().toList()) {
                String[] parts = line.split(":", 3);
                if (parts.length < 3 || !belongs(parts[2], id) || own.lines().anyMatch(line::equals)) {
                    continue;
                }
                boolean unified = parts[1].isEmpty();
                if (!unified && !List.of(parts[1].split(",", -1)).contains("freezer")) {
                    continue;
                }
                Optional<Path> mount = mount(unified);
                Path folder =
                        mount.map(path -> path.resolve(parts[2].substring(1))).orElse(PROC);
                if (Files.isWritable(folder.resolve(unified ? "cgroup.freeze" : "freezer.state"))) {
                    return Optional.of(new FreezerGroup(folder, unified));
                }
            }
            return Optional.empty();
        }

        /** Runtimes call it ID, docker-ID.scope, libpod-ID, cri-containerd-ID.scope and the like. */
        private static boolean belongs(String path, String id) {
            String name = path.substring(path.lastIndexOf('/') + 1);
            if (name.endsWith(".scope")) {
                name = name.substring(0, name.length() - ".scope".length());
            }
            return !id.isEmpty() && (name.equals(id) || name.endsWith("-" + id));
        }

        private static Optional<Path> mount(boolean unified) {
            try {
                for (String line : Files.readAllLines(PROC.resolve("self/mountinfo"))) {
                    String[] halves = line.split(" - ", 2);
                    String[] left = halves[0].split(" ");
                    String[] right = halves[1].split(" ");
                    boolean wanted = unified
                            ? right[0].equals("cgroup2")
                            : right[0].equals("cgroup")
                                    && List.of(right[right.length - 1].split(",", -1))
                                            .contains("freezer");
                    if (wanted && left[3].equals("/")) {
                        return Optional.of(Path.of(left[4]));
                    }
                }
            } catch (IOException | ArrayIndexOutOfBoundsException e) {
                LOG.warn("control groups: {}", e.getMessage());
            }
            return Optional.empty();
        }

        boolean freeze(Duration limit) {
            long deadline = System.nanoTime() + limit.toNanos();
            if (!write(unified ? "1" : "FROZEN")) {
                return false;
            }
            while (!frozen()) {
                if (System.nanoTime() > deadline) {
                    return false;
                }
                pause();
            }
            return true;
        }

        private boolean frozen() {
            try {
                return unified
                        ? Files.readString(folder.resolve("cgroup.events")).contains("frozen 1")
                        : Files.readString(folder.resolve("freezer.state"))
                                .trim()
                                .equals("FROZEN");
            } catch (IOException e) {
                return false;
            }
        }

        void thaw() {
            write(unified ? "0" : "THAWED");
        }

        private boolean write(String value) {
            try {
                Files.writeString(
                        folder.resolve(unified ? "cgroup.freeze" : "freezer.state"), value, StandardOpenOption.WRITE);
                return true;
            } catch (IOException e) {
                return false;
            }
        }

        List<Long> members() {
            List<Long> members = new ArrayList<>();
            collect(folder, members, 0);
            return members;
        }

        private static void collect(Path folder, List<Long> members, int depth) {
            try {
                Files.readAllLines(folder.resolve("cgroup.procs")).forEach(line -> members.add(Long.parseLong(line)));
            } catch (IOException | NumberFormatException e) {
                return;
            }
            if (depth < 8) {
                for (Path child : children(folder)) {
                    if (Files.isDirectory(child)) {
                        collect(child, members, depth + 1);
                    }
                }
            }
        }
    }
}
