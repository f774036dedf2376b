package io.plumbline.sandbox.trace;

import io.plumbline.events.v1.Accepted;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Bound;
import io.plumbline.events.v1.Connected;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.NamedSyscall;
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
    /** The sentry reads paths up to PATH_MAX: one of that length may be the start of a longer one. */
    private static final int MAX_PATH = 4095;

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

    /** What holds a thread group's number now; strace's lines name no more than that. */
    private final Map<Integer, Known> processes = bounded(MAX_PROCESSES);

    private final Map<ProcessKey, String> workingDirectories = bounded(MAX_PROCESSES);
    private final Map<Descriptor, String> descriptors = bounded(MAX_DESCRIPTORS);
    private long failedSearches;

    /** The thread group of the workload's first process. */
    private int firstGroup = 1;

    private boolean firstProcessExited;

    private final BinaryHashes hashes;
    private long processesStarted;
    private long processesExited;

    /** Never a bare number: those are used again. */
    private record ProcessKey(int group, long startNanos) {
        static ProcessKey of(TraceMessage.Context context) {
            return new ProcessKey(context.group(), context.groupStartNanos());
        }
    }

    private record Descriptor(ProcessKey process, long number) {}

    private record Known(long startNanos, int uid, String name) {}

    /** @param hashes where the digest of an executed binary comes from */
    TraceTranslator(BinaryHashes hashes) {
        this.hashes = hashes;
    }

    /** An event to publish. {@code timeNanos}: the sentry's clock. */
    record Translated(long timeNanos, Event.Builder payload) {}

    /** Empty: the message carries state only, or is a failed search of system folders, which is counted. */
    Optional<Translated> translate(TraceMessage message) {
        TraceMessage.Context context = message.context();
        if (context.container().startsWith(TracePoints.KERNEL_CONTAINER)) {
            // The process that keeps a sandbox open until its session comes. Nothing else can run there.
            return Optional.empty();
        }
        meet(context);
        return switch (message) {
            case TraceMessage.ContainerStarted m -> {
                firstGroup = context.group();
                workingDirectories.put(ProcessKey.of(context), m.cwd());
                processesStarted++;
                yield event(
                        context,
                        started(context, m.argv().isEmpty() ? "" : m.argv().getFirst(), m.argv(), m.environment())
                                .setFirst(true),
                        m.environment(),
                        m.cut());
            }
            case TraceMessage.Executed m ->
                event(
                        context,
                        hashed(started(context, m.binary(), m.argv(), m.environment()), m.binary(), m.sha256()),
                        m.environment(),
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
                                                m.environment())
                                        .setFailed(true),
                                m.environment(),
                                m.cut());
            case TraceMessage.Cloned m -> {
                if (m.group() != context.group()) {
                    processesStarted++;
                    processes.put(m.group(), new Known(m.startNanos(), context.effectiveUid(), context.name()));
                    workingDirectories.put(new ProcessKey(m.group(), m.startNanos()), cwd(context));
                }
                yield Optional.of(new Translated(
                        context.timeNanos(),
                        Event.newBuilder()
                                .setProcessForked(ProcessForked.newBuilder()
                                        .setActor(actor(context))
                                        .setChild(child(context, m))
                                        .setChildThread(m.thread())
                                        .setFlags(m.flags()))));
            }
            case TraceMessage.TaskExited m -> {
                // The first process has no parent that could be told, so its last word is the end of its first thread.
                if (context.group() == firstGroup && context.thread() == firstGroup) {
                    firstProcessExited = true;
                    processesExited++;
                    yield Optional.of(exited(context, m.waitStatus()));
                }
                yield Optional.empty();
            }
            case TraceMessage.ParentNotified m -> {
                workingDirectories.remove(ProcessKey.of(context));
                if (context.group() == firstGroup && firstProcessExited) {
                    yield Optional.empty();
                }
                processesExited++;
                yield Optional.of(exited(context, m.waitStatus()));
            }
            case TraceMessage.Opened m -> opened(context, m);
            case TraceMessage.Socketed m -> Optional.of(socketed(context, m));
            case TraceMessage.ChangedDirectory m -> {
                if (m.error() == 0) {
                    workingDirectories.put(
                            ProcessKey.of(context),
                            m.path().isEmpty() && !m.directoryPath().isEmpty()
                                    ? m.directoryPath()
                                    : Paths.resolve(cwd(context), m.path()));
                }
                yield Optional.empty();
            }
            case TraceMessage.Duplicated m -> {
                if (m.error() == 0) {
                    remember(ProcessKey.of(context), m.result(), m.oldPath());
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
                                        .addAllArguments(m.arguments())
                                        .setError(m.error()))));
            case TraceMessage.Unknown m -> Optional.empty();
        };
    }

    /** Empty: what was sent over a connection, whose destination was an event of its own. */
    Optional<Translated> translate(NamedCall call) {
        Known known = processes.get(call.group());
        ProcessKey process = new ProcessKey(call.group(), known == null ? 0 : known.startNanos);
        Actor.Builder actor = Actor.newBuilder()
                .setProcess(ProcessRef.newBuilder().setThreadGroup(call.group()).setStartTimeNs(process.startNanos))
                .setThread(call.thread())
                .setName(call.process())
                .setCwd(workingDirectories.getOrDefault(process, ""))
                .setUid(known == null ? 0 : known.uid);
        Event.Builder event = Event.newBuilder();
        switch (call.what()) {
            case NamedCall.What.Change change -> {
                String first = locate(process, change.first());
                String second =
                        change.second().map(name -> locate(process, name)).orElse("");
                if (change.operation().equals("symlink") && change.second().isPresent()) {
                    // A link's text is relative to where the link is.
                    int slash = second.lastIndexOf('/');
                    first = Paths.resolve(
                            slash <= 0 ? "/" : second.substring(0, slash),
                            change.first().path());
                }
                event.setFileChanged(FileChanged.newBuilder()
                        .setActor(actor)
                        .setOperation(change.operation())
                        .setPath(first)
                        .setNewPath(second)
                        .setError(call.error())
                        .setSource("strace"));
                if (first.length() >= MAX_PATH || second.length() >= MAX_PATH) {
                    event.addTruncated(first.length() >= MAX_PATH ? "path" : "new_path");
                }
            }
            case NamedCall.What.Unclear unclear ->
                event.setFileChanged(FileChanged.newBuilder()
                        .setActor(actor)
                        .setOperation(unclear.operation())
                        .setPath(unclear.text())
                        .setAmbiguous(true)
                        .setError(call.error())
                        .setSource("strace"));
            case NamedCall.What.Other other -> {
                NamedSyscall.Builder named = NamedSyscall.newBuilder()
                        .setActor(actor)
                        .setName(call.name())
                        .setText(other.text())
                        .setError(call.error());
                other.path().ifPresent(path -> named.setPath(locate(process, path)));
                other.peer().ifPresent(named::setPeer);
                event.setNamedSyscall(named);
            }
            case NamedCall.What.Sent sent -> {
                return Optional.empty();
            }
        }
        return Optional.of(new Translated(call.timeNanos(), event));
    }

    private String locate(ProcessKey process, NamedCall.Name name) {
        if (name.folder().equals("memfd:")) {
            return name.folder() + name.path();
        }
        if (name.path().isEmpty()
                && name.descriptor() == NamedCall.Name.WORKING_DIRECTORY
                && name.folder().isEmpty()) {
            return "";
        }
        String folder = name.folder();
        if (folder.isEmpty()) {
            folder = name.descriptor() == NamedCall.Name.WORKING_DIRECTORY
                    ? workingDirectories.getOrDefault(process, "")
                    : descriptors.getOrDefault(new Descriptor(process, name.descriptor()), "");
        }
        return throughDescriptor(process, Paths.resolve(folder, name.path()));
    }

    /** Keeps who a thread group is, for lines that name its number alone. */
    private void meet(TraceMessage.Context context) {
        if (context.group() == 0) {
            return;
        }
        processes.put(context.group(), new Known(context.groupStartNanos(), context.effectiveUid(), context.name()));
        if (!context.cwd().isEmpty()) {
            workingDirectories.put(ProcessKey.of(context), context.cwd());
        }
    }

    private ProcessStarted.Builder hashed(ProcessStarted.Builder started, String binary, String reported) {
        if (!reported.isEmpty()) {
            return started.setSha256(reported);
        }
        switch (hashes.of(binary)) {
            case BinaryHashes.Digest.Known digest -> started.setSha256(digest.sha256());
            case BinaryHashes.Digest.Missing missing -> started.setUnhashed(missing.reason());
        }
        return started;
    }

    long processesStarted() {
        return processesStarted;
    }

    long processesExited() {
        return processesExited;
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
            remember(ProcessKey.of(context), m.result(), path);
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
        return throughDescriptor(ProcessKey.of(context), resolved);
    }

    /**
     * Agents write {@code /proc/self/fd/N/name}; with a known descriptor this is a name. A descriptor that changed hands in a
     * way that no point shows would mislead about the folder, never about the rest of the name.
     */
    private String throughDescriptor(ProcessKey process, String path) {
        String own = "/proc/self/fd/";
        if (!path.startsWith(own)) {
            return path;
        }
        int end = path.indexOf('/', own.length());
        String number = path.substring(own.length(), end < 0 ? path.length() : end);
        if (number.isEmpty() || number.length() > 9 || !number.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return path;
        }
        String folder = descriptors.get(new Descriptor(process, Long.parseLong(number)));
        if (folder == null || !folder.startsWith("/")) {
            return path;
        }
        return end < 0 ? folder : Paths.resolve(folder, path.substring(end + 1));
    }

    private void remember(ProcessKey process, long descriptor, String path) {
        if (descriptor >= 0) {
            descriptors.put(new Descriptor(process, descriptor), path);
        }
    }

    private String cwd(TraceMessage.Context context) {
        return context.cwd().isEmpty() ? workingDirectories.getOrDefault(ProcessKey.of(context), "") : context.cwd();
    }

    private static ProcessStarted.Builder started(
            TraceMessage.Context context, String binary, List<String> argv, TraceMessage.Environment environment) {
        return ProcessStarted.newBuilder()
                .setActor(actor(context))
                .setBinary(binary)
                .addAllArgv(argv)
                .addAllEnvNames(environment.names())
                .addAllSteering(environment.steering());
    }

    private static Optional<Translated> event(
            TraceMessage.Context context,
            ProcessStarted.Builder started,
            TraceMessage.Environment environment,
            boolean cut) {
        Event.Builder event = Event.newBuilder().setProcessStarted(started).addAllTruncated(environment.cut());
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
