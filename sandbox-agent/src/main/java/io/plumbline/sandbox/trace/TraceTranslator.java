package io.plumbline.sandbox.trace;

import io.plumbline.events.v1.Accepted;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Bound;
import io.plumbline.events.v1.Connected;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.ProcessExited;
import io.plumbline.events.v1.ProcessForked;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.RawSyscall;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Turns the sentry's messages into events. Keeps what a message alone does not say: the working directory of each process
 * and what its descriptors stand for, both bounded. Used by one thread.
 */
final class TraceTranslator {
    private static final long AT_FDCWD = -100;
    private static final long ENOENT = 2;
    private static final int MAX_PROCESSES = 4096;
    private static final int MAX_DESCRIPTORS = 16_384;

    /** Where failed opens are the dynamic linker, locales and start-up probes looking around. */
    private static final List<String> SEARCHED = List.of(
            "/usr/lib/",
            "/usr/lib64/",
            "/usr/local/lib/",
            "/usr/share/",
            "/lib/",
            "/lib64/",
            "/etc/ld.so.",
            "/proc/",
            "/sys/",
            "/dev/");

    private final Map<Integer, String> workingDirectories = bounded(MAX_PROCESSES);
    private final Map<Descriptor, String> descriptors = bounded(MAX_DESCRIPTORS);
    private long failedSearches;
    private boolean firstProcessExited;

    private record Descriptor(int group, long number) {}

    /** An event to publish. {@code timeNanos}: the sentry's clock. */
    record Translated(long timeNanos, Event.Builder payload) {}

    /** Empty: the message carries state only, or is a failed search of system folders, which is counted. */
    Optional<Translated> translate(TraceMessage message) {
        TraceMessage.Context context = message.context();
        return switch (message) {
            case TraceMessage.ContainerStarted m -> {
                workingDirectories.put(context.group(), m.cwd());
                yield event(
                        context,
                        started(context, m.argv().isEmpty() ? "" : m.argv().getFirst(), m.argv(), m.envNames())
                                .setFirst(true),
                        m.cut());
            }
            case TraceMessage.Executed m ->
                event(
                        context,
                        started(context, m.binary(), m.argv(), m.envNames()).setSha256(m.sha256()),
                        m.cut());
            case TraceMessage.ExecTried m ->
                m.error().orElse(0) == 0
                        ? Optional.empty()
                        : event(
                                context,
                                started(
                                                context,
                                                locate(context, m.directory(), m.directoryPath(), m.path()),
                                                m.argv(),
                                                m.envNames())
                                        .setFailed(true),
                                m.cut());
            case TraceMessage.Cloned m ->
                Optional.of(new Translated(
                        context.timeNanos(),
                        Event.newBuilder()
                                .setProcessForked(ProcessForked.newBuilder()
                                        .setActor(actor(context))
                                        .setChild(child(context, m))
                                        .setChildThread(m.thread())
                                        .setFlags(m.flags()))));
            case TraceMessage.TaskExited m -> {
                // The first process has no parent that could be told, so its last word is the end of its first thread.
                if (context.group() == 1 && context.thread() == 1) {
                    firstProcessExited = true;
                    yield Optional.of(exited(context, m.waitStatus()));
                }
                yield Optional.empty();
            }
            case TraceMessage.ParentNotified m -> {
                workingDirectories.remove(context.group());
                yield context.group() == 1 && firstProcessExited
                        ? Optional.empty()
                        : Optional.of(exited(context, m.waitStatus()));
            }
            case TraceMessage.Opened m -> opened(context, m);
            case TraceMessage.Socketed m -> Optional.of(socketed(context, m));
            case TraceMessage.ChangedDirectory m -> {
                if (m.error() == 0) {
                    workingDirectories.put(
                            context.group(),
                            m.path().isEmpty() && !m.directoryPath().isEmpty()
                                    ? m.directoryPath()
                                    : Paths.resolve(cwd(context), m.path()));
                }
                yield Optional.empty();
            }
            case TraceMessage.Duplicated m -> {
                if (m.error() == 0) {
                    remember(context.group(), m.result(), m.oldPath());
                }
                yield Optional.empty();
            }
            case TraceMessage.Raw m ->
                Optional.of(new Translated(
                        context.timeNanos(),
                        Event.newBuilder()
                                .setRawSyscall(RawSyscall.newBuilder()
                                        .setActor(actor(context))
                                        .setNumber(m.number())
                                        .addAllArguments(m.arguments()))));
            case TraceMessage.Unknown m -> Optional.empty();
        };
    }

    /** Failed opens in system folders that were not published. */
    long failedSearches() {
        return failedSearches;
    }

    /** True once the sandbox's first process has ended: the end of the stream is then expected. */
    boolean firstProcessExited() {
        return firstProcessExited;
    }

    private Optional<Translated> opened(TraceMessage.Context context, TraceMessage.Opened m) {
        String path = locate(context, m.directory(), m.directoryPath(), m.path());
        if (m.error() == ENOENT && SEARCHED.stream().anyMatch(path::startsWith)) {
            failedSearches++;
            return Optional.empty();
        }
        if (m.error() == 0) {
            remember(context.group(), m.result(), path);
        }
        Event.Builder event = Event.newBuilder()
                .setFileOpened(FileOpened.newBuilder()
                        .setActor(actor(context))
                        .setPath(path)
                        .setFlags(m.flags())
                        .setMode(m.mode())
                        .setError(m.error()));
        if (m.cut()) {
            event.addTruncated("path");
        }
        return Optional.of(new Translated(context.timeNanos(), event));
    }

    private Translated socketed(TraceMessage.Context context, TraceMessage.Socketed m) {
        Event.Builder event = Event.newBuilder();
        switch (m.call()) {
            case CONNECT ->
                event.setConnected(Connected.newBuilder()
                        .setActor(actor(context))
                        .setPeer(SocketAddresses.decode(m.address()))
                        .setError(m.error()));
            case BIND ->
                event.setBound(Bound.newBuilder()
                        .setActor(actor(context))
                        .setLocal(SocketAddresses.decode(m.address()))
                        .setError(m.error()));
            case ACCEPT ->
                event.setAccepted(Accepted.newBuilder()
                        .setActor(actor(context))
                        .setPeer(SocketAddresses.decode(m.address()))
                        .setError(m.error()));
        }
        return new Translated(context.timeNanos(), event);
    }

    private String locate(TraceMessage.Context context, long directory, String directoryPath, String path) {
        // The directory descriptor is an int that arrives as an unsigned or a sign-extended 64-bit number.
        boolean fromCwd = (int) directory == AT_FDCWD || directoryPath.isEmpty();
        String resolved = Paths.resolve(fromCwd ? cwd(context) : directoryPath, path);
        return throughDescriptor(context.group(), resolved);
    }

    /**
     * Agents write {@code /proc/self/fd/N/name}; with a known descriptor this is a name. A descriptor that changed hands in a
     * way that no point shows would mislead about the folder, never about the rest of the name.
     */
    private String throughDescriptor(int group, String path) {
        String own = "/proc/self/fd/";
        if (!path.startsWith(own)) {
            return path;
        }
        int end = path.indexOf('/', own.length());
        String number = path.substring(own.length(), end < 0 ? path.length() : end);
        if (number.isEmpty() || number.length() > 9 || !number.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return path;
        }
        String folder = descriptors.get(new Descriptor(group, Long.parseLong(number)));
        if (folder == null || !folder.startsWith("/")) {
            return path;
        }
        return end < 0 ? folder : Paths.resolve(folder, path.substring(end + 1));
    }

    private void remember(int group, long descriptor, String path) {
        if (descriptor >= 0) {
            descriptors.put(new Descriptor(group, descriptor), path);
        }
    }

    private String cwd(TraceMessage.Context context) {
        return context.cwd().isEmpty() ? workingDirectories.getOrDefault(context.group(), "") : context.cwd();
    }

    private static ProcessStarted.Builder started(
            TraceMessage.Context context, String binary, List<String> argv, List<String> envNames) {
        return ProcessStarted.newBuilder()
                .setActor(actor(context))
                .setBinary(binary)
                .addAllArgv(argv)
                .addAllEnvNames(envNames);
    }

    private static Optional<Translated> event(
            TraceMessage.Context context, ProcessStarted.Builder started, boolean cut) {
        Event.Builder event = Event.newBuilder().setProcessStarted(started);
        if (cut) {
            event.addTruncated("argv");
        }
        return Optional.of(new Translated(context.timeNanos(), event));
    }

    private static Translated exited(TraceMessage.Context context, int waitStatus) {
        return new Translated(
                context.timeNanos(),
                Event.newBuilder()
                        .setProcessExited(ProcessExited.newBuilder()
                                .setActor(actor(context))
                                .setWaitStatus(waitStatus)));
    }

    private static ProcessRef child(TraceMessage.Context context, TraceMessage.Cloned m) {
        // A new thread belongs to the process that made it.
        boolean thread = m.group() == context.group();
        return ProcessRef.newBuilder()
                .setThreadGroup(m.group())
                .setStartTimeNs(thread ? context.groupStartNanos() : m.startNanos())
                .build();
    }

    private static Actor actor(TraceMessage.Context context) {
        return Actor.newBuilder()
                .setProcess(ProcessRef.newBuilder()
                        .setThreadGroup(context.group())
                        .setStartTimeNs(context.groupStartNanos()))
                .setThread(context.thread())
                .setName(context.name())
                .setCwd(context.cwd())
                .setUid(context.effectiveUid())
                .build();
    }

    private static <K, V> Map<K, V> bounded(int limit) {
        return new LinkedHashMap<>(256, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > limit;
            }
        };
    }
}
