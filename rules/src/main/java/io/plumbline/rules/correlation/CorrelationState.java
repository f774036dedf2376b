package io.plumbline.rules.correlation;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What correlations remember. Bounded by {@link #MAX_GROUPS} and {@link #MAX_ENTRIES}; of the groups that can still count the one
 * that was used longest ago goes first, and is counted. Belongs to one thread.
 */
public final class CorrelationState {
    /** Groups of all correlations together. */
    public static final int MAX_GROUPS = 4096;

    /** Matches of all groups together. */
    public static final int MAX_ENTRIES = 65_536;

    /** Version of {@link #toBytes}; others are refused. */
    public static final int VERSION = 1;

    /** Of a rule in a correlation. */
    private static final int MAX_POSITION = 9_999;

    private static final int MAGIC = 0x504c4353;
    private static final int MAX_TEXT_BYTES = 1 << 16;
    private static final int MAX_LIST = 256;

    /** What was left out, since the state was new. */
    public enum Loss {
        /** Groups dropped because there were too many. */
        EVICTED_GROUPS,
        /** Matches dropped, with their group or because a group had too many. */
        EVICTED_MATCHES,
        /** Matches that came after their window had been forgotten, or before so many others that not all of theirs were looked at. */
        LATE,
        /** Matches without a value for every group-by field. */
        WITHOUT_GROUP,
        /** Matches without the value that is counted or computed with. */
        WITHOUT_VALUE
    }

    /**
     * Names a window.
     *
     * @param correlation its state key
     * @param values of its group-by fields
     */
    record Key(String correlation, List<String> values) {
        Key {
            values = List.copyOf(values);
        }
    }

    /** A window and until when its matches can count. */
    static final class Group {
        final Window window = new Window();
        long expiresNs;
    }

    private final LinkedHashMap<Key, Group> groups = new LinkedHashMap<>();
    private final long[] losses = new long[Loss.values().length];
    private int entries;
    private long sequence;

    /** No group expires before; asks nobody to look at all of them for nothing. */
    private long noneExpiresBeforeNs = Long.MIN_VALUE;

    /** How much was left out for a reason. */
    public long lost(Loss loss) {
        return losses[loss.ordinal()];
    }

    /** Groups that are remembered. */
    public int groups() {
        return groups.size();
    }

    /** Matches that are remembered. */
    public int entries() {
        return entries;
    }

    void count(Loss loss, long number) {
        losses[loss.ordinal()] += number;
    }

    /** Number of the next event. */
    long nextSequence() {
        return ++sequence;
    }

    void changeEntries(int difference) {
        entries += difference;
    }

    /**
     * The group of a key as the one used last; makes room for it when it is new.
     *
     * @param nowNs before which no match comes any more
     */
    Group use(Key key, long nowNs) {
        Group group = groups.remove(key);
        if (group == null) {
            group = new Group();
        }
        forget(nowNs);
        if (full() && noneExpiresBeforeNs < nowNs) {
            forgetAll(nowNs);
        }
        while (full()) {
            dropEldest(true);
        }
        groups.put(key, group);
        return group;
    }

    private boolean full() {
        return groups.size() >= MAX_GROUPS || (entries >= MAX_ENTRIES && !groups.isEmpty());
    }

    /** Says until when the matches of a group can count. */
    void keep(Group group, long untilNs) {
        group.expiresNs = untilNs;
        noneExpiresBeforeNs = Math.min(noneExpiresBeforeNs, untilNs);
    }

    void remove(Key key) {
        Group group = groups.remove(key);
        if (group != null) {
            entries -= group.window.entries().size();
        }
    }

    /**
     * Drops the windows of every correlation that is not among these; the others go on.
     *
     * @param stateKeys of the correlations that run from now on
     * @return how many windows were dropped
     */
    public int retain(Set<String> stateKeys) {
        int before = groups.size();
        groups.entrySet().removeIf(entry -> {
            boolean unknown = !stateKeys.contains(entry.getKey().correlation());
            if (unknown) {
                entries -= entry.getValue().window.entries().size();
            }
            return unknown;
        });
        return before - groups.size();
    }

    private void forget(long nowNs) {
        while (!groups.isEmpty() && groups.firstEntry().getValue().expiresNs < nowNs) {
            dropEldest(false);
        }
    }

    /** Also of those that were used after one that has not expired. */
    private void forgetAll(long nowNs) {
        long first = Long.MAX_VALUE;
        for (Iterator<Group> each = groups.values().iterator(); each.hasNext(); ) {
            Group group = each.next();
            if (group.expiresNs < nowNs) {
                entries -= group.window.entries().size();
                each.remove();
            } else {
                first = Math.min(first, group.expiresNs);
            }
        }
        noneExpiresBeforeNs = first;
    }

    private void dropEldest(boolean evicted) {
        Map.Entry<Key, Group> eldest = groups.pollFirstEntry();
        int size = eldest.getValue().window.entries().size();
        entries -= size;
        if (evicted) {
            count(Loss.EVICTED_GROUPS, 1);
            count(Loss.EVICTED_MATCHES, size);
        }
    }

    /** The state as bytes: magic number, {@link #VERSION}, then counters and groups, the one used longest ago first. */
    public byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(MAGIC);
            out.writeInt(VERSION);
            out.writeLong(sequence);
            out.writeInt(losses.length);
            for (long loss : losses) {
                out.writeLong(loss);
            }
            out.writeInt(groups.size());
            for (Map.Entry<Key, Group> entry : groups.entrySet()) {
                write(out, entry.getKey().correlation());
                write(out, entry.getKey().values());
                out.writeLong(entry.getValue().expiresNs);
                Window window = entry.getValue().window;
                out.writeBoolean(window.saturated());
                out.writeInt(window.entries().size());
                for (Window.Entry match : window.entries()) {
                    out.writeLong(match.timeNs());
                    out.writeLong(match.sequence());
                    out.writeInt(match.position());
                    write(out, match.value());
                    out.writeDouble(match.number());
                    write(out, match.events());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * The state that {@link #toBytes} wrote.
     *
     * @throws IllegalArgumentException if the bytes are of another version, cut, or over a limit
     */
    public static CorrelationState fromBytes(byte[] bytes) {
        CorrelationState state = new CorrelationState();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (in.readInt() != MAGIC) {
                throw new IllegalArgumentException("correlation state: no magic number (expected: 0x504c4353)");
            }
            int version = in.readInt();
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        "correlation state: version " + version + " (expected: " + VERSION + ")");
            }
            state.sequence = in.readLong();
            int losses = bounded(in.readInt(), state.losses.length, "counters");
            for (int i = 0; i < losses; i++) {
                state.losses[i] = in.readLong();
            }
            int groups = bounded(in.readInt(), MAX_GROUPS, "groups");
            for (int i = 0; i < groups; i++) {
                Key key = new Key(text(in), texts(in));
                Group group = new Group();
                group.expiresNs = in.readLong();
                if (in.readBoolean()) {
                    group.window.saturate();
                }
                int matches = bounded(in.readInt(), Window.MAX_ENTRIES, "matches of a group");
                for (int j = 0; j < matches; j++) {
                    group.window.insert(new Window.Entry(
                            in.readLong(),
                            in.readLong(),
                            bounded(in.readInt(), MAX_POSITION, "position"),
                            text(in),
                            in.readDouble(),
                            texts(in)));
                }
                state.entries = bounded(state.entries + matches, MAX_ENTRIES + Window.MAX_ENTRIES, "matches");
                state.groups.put(key, group);
            }
            if (in.read() >= 0) {
                throw new IllegalArgumentException("correlation state: bytes behind its end (expected: none)");
            }
            return state;
        } catch (EOFException e) {
            throw new IllegalArgumentException(
                    "correlation state: ends after " + bytes.length + " bytes (expected: more)", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int bounded(int number, int limit, String what) {
        if (number < 0 || number > limit) {
            throw new IllegalArgumentException(
                    "correlation state: " + number + " " + what + " (expected: <= " + limit + ")");
        }
        return number;
    }

    private static void write(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void write(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String text : texts) {
            write(out, text);
        }
    }

    private static String text(DataInputStream in) throws IOException {
        byte[] bytes = new byte[bounded(in.readInt(), MAX_TEXT_BYTES, "bytes of a text")];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        int count = bounded(in.readInt(), MAX_LIST, "texts");
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(text(in));
        }
        return texts;
    }
}
