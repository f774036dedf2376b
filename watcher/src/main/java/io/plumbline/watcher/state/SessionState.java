package io.plumbline.watcher.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.policy.FileRules;
import io.plumbline.events.policy.GateRules;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.footprint.Footprint;
import io.plumbline.watcher.judge.JudgeMemory;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.Process;
import io.plumbline.watcher.state.v1.WatchState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The state of one session: a protobuf message that is changed in place, so that it can be stored, copied and read by a
 * later version as it is. Not safe for use by several threads.
 */
public final class SessionState implements JudgeMemory {
    /** Layout version written by {@link #toBytes()}. */
    public static final int VERSION = 2;

    /** The oldest layout that is read: what later ones added has its defaults there. */
    private static final int OLDEST = 1;

    /** Footprints kept; they can be worked out again at any time. */
    private static final int FOOTPRINTS = 64;

    private final WatchState.Builder values;
    // Beside the builder, whose maps of messages are copied as a whole at each change between reading and writing; in
    // the
    // order of their numbers, after a restart as before.
    private final SequencedMap<String, Call> calls = new LinkedHashMap<>();
    private final Map<String, Process> processes = new LinkedHashMap<>();
    private final Map<String, Footprint> footprints = new LinkedHashMap<>();
    private final Map<String, Remembered<?>> remembered = new TreeMap<>();
    private long callBytes;
    private @Nullable FileRules fileRules;
    private @Nullable List<String> decoys;
    private @Nullable GateRules gateRules;

    /** What a judge remembers, as it works with it. */
    private record Remembered<T>(T value, Function<T, byte[]> write) {
        ByteString bytes() {
            return ByteString.copyFrom(write.apply(value));
        }
    }

    private SessionState(WatchState.Builder values) {
        this.values = values;
        putInOrder(calls, values.getCallsMap(), Call::getNumber);
        putInOrder(processes, values.getProcessesMap(), Process::getNumber);
        values.clearCalls().clearProcesses();
        callBytes = calls.values().stream().mapToLong(Call::getSerializedSize).sum();
    }

    private static <T> void putInOrder(Map<String, T> into, Map<String, T> stored, ToLongFunction<T> number) {
        stored.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .sorted(Comparator.comparingLong(entry -> number.applyAsLong(entry.getValue())))
                .forEachOrdered(entry -> into.put(entry.getKey(), entry.getValue()));
    }

    /** A session of which nothing is known yet. */
    public static SessionState empty() {
        return new SessionState(WatchState.newBuilder().setVersion(VERSION));
    }

    /**
     * Reads what {@link #toBytes()} wrote.
     *
     * @throws IllegalArgumentException when the bytes are no state or of an unknown version
     */
    public static SessionState parse(byte[] bytes) {
        try {
            WatchState.Builder values = WatchState.newBuilder().mergeFrom(bytes);
            if (values.getVersion() < OLDEST || values.getVersion() > VERSION) {
                throw new IllegalArgumentException(
                        "state version: " + values.getVersion() + " (expected: " + OLDEST + " to " + VERSION + ")");
            }
            return new SessionState(values.setVersion(VERSION));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("session state cannot be read: " + e.getMessage(), e);
        }
    }

    /** Equal states give equal bytes. */
    public byte[] toBytes() {
        WatchState message = message();
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(message.getSerializedSize());
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            out.useDeterministicSerialization();
            message.writeTo(out);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An independent copy. */
    public SessionState copy() {
        return new SessionState(message().toBuilder());
    }

    private WatchState message() {
        remembered.forEach((kind, memory) -> values.putJudgeMemory(kind, memory.bytes()));
        WatchState.Builder all = values.build().toBuilder();
        return all.putAllCalls(calls).putAllProcesses(processes).build();
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T of(String kind, Supplier<T> fresh, Function<byte[], T> read, Function<T, byte[]> write) {
        Remembered<?> known = remembered.get(kind);
        if (known == null) {
            known = new Remembered<>(read(kind, fresh, read), write);
            remembered.put(kind, known);
        }
        // What is kept under a kind was made by judges of that kind.
        return (T) known.value();
    }

    private <T> T read(String kind, Supplier<T> fresh, Function<byte[], T> read) {
        // Earlier states have the judge's version behind its kind.
        List<String> keys = values.getJudgeMemoryMap().keySet().stream()
                .filter(key -> key.split(" ", 2)[0].equals(kind))
                .sorted()
                .toList();
        List<ByteString> stored =
                keys.stream().map(values::getJudgeMemoryOrThrow).toList();
        keys.forEach(values::removeJudgeMemory);
        if (stored.isEmpty()) {
            return fresh.get();
        }
        try {
            return read.apply(stored.getFirst().toByteArray());
        } catch (IllegalArgumentException e) {
            values.setJudgeMemoryUnreadable(values.getJudgeMemoryUnreadable() + 1);
            return fresh.get();
        }
    }

    /** The announced calls by the agent's id, the newest announcement last, to read. */
    public SequencedMap<String, Call> calls() {
        return Collections.unmodifiableSequencedMap(calls);
    }

    /** Remembers a call, or what has become of it; a new one is the newest. */
    public void keep(Call call) {
        Call before = calls.put(call.getCall(), call);
        callBytes += call.getSerializedSize() - (before == null ? 0 : before.getSerializedSize());
    }

    public void forget(String call) {
        Call before = calls.remove(call);
        callBytes -= before == null ? 0 : before.getSerializedSize();
    }

    /** Bytes of all remembered calls. */
    public long callBytes() {
        return callBytes;
    }

    /** The processes by {@code thread group:start time}, the newest last, to read and change. */
    public Map<String, Process> processes() {
        return processes;
    }

    /** The announced calls of which a process has not exited, by the agent's id. */
    public List<String> runningCalls() {
        return processes.values().stream()
                .filter(process -> !process.getExited() && !process.getCall().isEmpty())
                .map(Process::getCall)
                .distinct()
                .toList();
    }

    /** The message itself, without {@link #calls()} and {@link #processes()}, to read and change. */
    public WatchState.Builder values() {
        return values;
    }

    /** Remembers whose session this is. The host is taken from whoever reports first. */
    public void belongsTo(Event event) {
        if (values.getSession().isEmpty()) {
            values.setTenant(event.getTenant()).setSession(event.getSession());
        }
        if (values.getHost().isEmpty()) {
            values.setHost(event.getHost());
        }
    }

    public void assign(TaskAssigned task) {
        values.setTask(task);
        fileRules = null;
        decoys = null;
        gateRules = null;
        footprints.clear();
    }

    /** The task goes on under a revised policy. */
    public void revise(TaskPolicy policy) {
        assign(values.getTask().toBuilder().setPolicy(policy).build());
    }

    /**
     * A footprint that was worked out before, or is now.
     *
     * @param announcement id of the event that it is of
     */
    public Footprint footprint(String announcement, Supplier<Footprint> work) {
        Footprint known = footprints.get(announcement);
        if (known == null) {
            known = work.get();
            if (footprints.size() >= FOOTPRINTS) {
                footprints.remove(footprints.keySet().iterator().next());
            }
            footprints.put(announcement, known);
        }
        return known;
    }

    /** The file rules of the policy in force. */
    public FileRules fileRules() {
        FileRules rules = fileRules;
        if (rules == null) {
            TaskAssigned task = values.getTask();
            rules = new FileRules(task.getPolicy(), task.getHome(), task.getWorkspace());
            fileRules = rules;
        }
        return rules;
    }

    /** The decoys of the policy in force, absolute. */
    public List<String> decoys() {
        List<String> known = decoys;
        if (known == null) {
            TaskAssigned task = values.getTask();
            known = task.getPolicy().getDecoysList().stream()
                    .map(decoy -> FileRules.absolute(decoy, task.getHome(), task.getWorkspace()))
                    .toList();
            decoys = known;
        }
        return known;
    }

    /** The expressions of the policy in force; those that this version cannot read hold of every act. */
    public GateRules gateRules() {
        GateRules rules = gateRules;
        if (rules == null) {
            rules = GateRules.closed(values.getTask().getPolicy().getGateList());
            gateRules = rules;
        }
        return rules;
    }
}
