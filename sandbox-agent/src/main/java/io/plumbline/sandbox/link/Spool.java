package io.plumbline.sandbox.link;

import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events on disk until the platform has them: append-only segment files, each named after the index of its first record.
 * A record is its length (4 bytes, big-endian), the CRC32C of its content (4 bytes) and its content, a serialised event.
 *
 * <p>What is appended survives the death of the daemon (it is in the kernel's page cache), not a power failure of the host,
 * which ends the sessions too. A record that was being written when the daemon died is cut off. Records have consecutive
 * indexes from 1; segments whose records are all acknowledged are deleted.
 */
final class Spool implements AutoCloseable {
    static final int HEADER_BYTES = 8;

    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
    private static final String SUFFIX = ".spool";

    /** Newest records, kept in memory so that a link that keeps up never reads the disk. */
    private static final int RING = 8192;

    private static final int RING_BYTES = 8 << 20;

    /** @param index of the record in the spool, from 1 */
    record Entry(long index, Event event) {}

    private static final class Segment {
        final long first;
        final Path file;
        long bytes;
        long records;

        Segment(long first, Path file) {
            this.first = first;
            this.file = file;
        }

        long last() {
            return first + records - 1;
        }
    }

    private final Path directory;
    private final long maxBytes;
    private final int segmentBytes;
    private final TreeMap<Long, Segment> segments = new TreeMap<>();
    private final @Nullable Event[] ring = new Event[RING];
    private final ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);

    private long ringFirst;
    private long ringBytes;
    private long next = 1;
    private long totalBytes;
    private long unreadable;
    private @Nullable FileChannel tail;
    private @Nullable Cursor cursor;

    private Spool(Path directory, long maxBytes, int segmentBytes) {
        this.directory = directory;
        this.maxBytes = maxBytes;
        this.segmentBytes = segmentBytes;
    }

    /**
     * @param recovered takes each event that an earlier life of the daemon left behind
     * @throws SpoolException when the directory cannot be used
     */
    static Spool open(Path directory, long maxBytes, int segmentBytes, Consumer<Event> recovered) {
        Spool spool = new Spool(directory, maxBytes, segmentBytes);
        try {
            Files.createDirectories(directory);
            spool.recover(recovered);
        } catch (IOException e) {
            throw new SpoolException("spool: " + directory + " (expected: a directory that can be written)", e);
        }
        return spool;
    }

    /**
     * @return the record's index
     * @throws SpoolException when the bound is reached or the disk refuses; nothing is kept then
     */
    synchronized long append(Event event) {
        byte[] content = event.toByteArray();
        long size = HEADER_BYTES + (long) content.length;
        if (totalBytes + size > maxBytes) {
            throw new SpoolException("spool: " + (totalBytes + size) + " bytes (expected: <= " + maxBytes + ")", null);
        }
        try {
            Segment segment = segmentFor(size);
            FileChannel channel = tail;
            if (channel == null) {
                throw new SpoolException("spool: closed (expected: open)", null);
            }
            write(channel, segment, content);
            segment.bytes += size;
            segment.records++;
            totalBytes += size;
        } catch (IOException e) {
            throw new SpoolException("spool: cannot write to " + directory + ": " + e.getMessage(), e);
        }
        long index = next++;
        remember(index, event);
        return index;
    }

    /** Index of the newest record, 0 when there never was one. */
    synchronized long last() {
        return next - 1;
    }

    /** Index of the oldest record that is still kept; {@code last() + 1} when there is none. */
    synchronized long first() {
        for (Segment segment : segments.values()) {
            if (segment.records > 0) {
                return segment.first;
            }
        }
        return next;
    }

    synchronized long bytes() {
        return totalBytes;
    }

    /** Records that could not be read back: a damaged file. */
    synchronized long unreadable() {
        return unreadable;
    }

    /**
     * Records from index {@code from} on, in order, at least one when there is one. Damaged records are left out and counted.
     *
     * @param maxBytes of content; exceeded by a single record at most
     */
    synchronized List<Entry> read(long from, int maxRecords, int maxBytes) {
        List<Entry> entries = new ArrayList<>();
        long bytes = 0;
        long index = Math.max(from, first());
        while (index < next && entries.size() < maxRecords) {
            Event event = index >= ringFirst && ringBytes > 0 ? ring[(int) (index % RING)] : null;
            if (event == null) {
                Entry fromDisk = readDisk(index);
                if (fromDisk == null) {
                    break;
                }
                index = fromDisk.index();
                event = fromDisk.event();
            }
            bytes += event.getSerializedSize();
            if (bytes > maxBytes && !entries.isEmpty()) {
                break;
            }
            entries.add(new Entry(index, event));
            index++;
        }
        return entries;
    }

    /**
     * Everything up to {@code index} is with the platform. Whole segments of it are deleted.
     *
     * @param beforeDeletion called before a segment's file goes, when one goes
     */
    synchronized void acknowledge(long index, Runnable beforeDeletion) {
        boolean told = false;
        while (segments.size() > 1 && segments.firstEntry().getValue().last() <= index) {
            if (!told) {
                beforeDeletion.run();
                told = true;
            }
            Segment done = segments.pollFirstEntry().getValue();
            totalBytes -= done.bytes;
            Cursor reading = cursor;
            if (reading != null && reading.segment == done) {
                closeCursor();
            }
            try {
                Files.deleteIfExists(done.file);
            } catch (IOException e) {
                LOG.warn("spool: cannot delete {}: {}", done.file, e.getMessage());
            }
        }
    }

    @Override
    public synchronized void close() {
        closeCursor();
        try {
            if (tail != null) {
                tail.force(false);
                tail.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            tail = null;
        }
    }

    private void write(FileChannel channel, Segment segment, byte[] content) throws IOException {
        header.clear();
        header.putInt(content.length).putInt(checksum(content)).flip();
        ByteBuffer[] parts = {header, ByteBuffer.wrap(content)};
        channel.position(segment.bytes);
        try {
            while (parts[1].hasRemaining()) {
                channel.write(parts);
            }
        } catch (IOException e) {
            channel.truncate(segment.bytes);
            throw e;
        }
    }

    private Segment segmentFor(long size) throws IOException {
        Map.Entry<Long, Segment> newest = segments.lastEntry();
        if (newest != null && newest.getValue().bytes + size <= segmentBytes && tail != null) {
            return newest.getValue();
        }
        if (tail != null) {
            tail.close();
        }
        Segment segment = new Segment(next, directory.resolve("%020d%s".formatted(next, SUFFIX)));
        tail = FileChannel.open(
                segment.file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ);
        tail.truncate(0);
        segments.put(segment.first, segment);
        return segment;
    }

    private void remember(long index, Event event) {
        if (ringBytes == 0) {
            ringFirst = index;
        }
        int slot = (int) (index % RING);
        while (ringBytes > 0 && (index - ringFirst >= RING || ringBytes + event.getSerializedSize() > RING_BYTES)) {
            forget();
        }
        if (ringBytes == 0) {
            ringFirst = index;
        }
        ring[slot] = event;
        ringBytes += Math.max(1, event.getSerializedSize());
    }

    private void forget() {
        int slot = (int) (ringFirst % RING);
        Event oldest = ring[slot];
        if (oldest != null) {
            ringBytes -= Math.max(1, oldest.getSerializedSize());
        }
        ring[slot] = null;
        ringFirst++;
    }

    private void recover(Consumer<Event> recovered) throws IOException {
        List<Path> files;
        try (Stream<Path> listed = Files.list(directory)) {
            files = listed.filter(file -> file.getFileName().toString().matches("\\d{20}" + SUFFIX.replace(".", "\\.")))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            long first = Long.parseLong(file.getFileName().toString().substring(0, 20));
            if (first < next) {
                throw new IOException("segment " + file.getFileName() + " begins before the end of its predecessor");
            }
            Segment segment = new Segment(first, file);
            boolean newest = file.equals(files.getLast());
            try (Cursor scan = new Cursor(segment)) {
                for (Event event = scan.next(Long.MAX_VALUE); event != null; event = scan.next(Long.MAX_VALUE)) {
                    segment.records++;
                    segment.bytes = scan.position;
                    recovered.accept(event);
                }
            }
            long size = Files.size(file);
            if (segment.bytes < size) {
                LOG.warn("spool: {} ends with {} bytes that are no record", file.getFileName(), size - segment.bytes);
                if (newest) {
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.truncate(segment.bytes);
                    }
                }
            }
            if (!newest) {
                segment.bytes = size;
            }
            totalBytes += segment.bytes;
            segments.put(first, segment);
            next = first + segment.records;
        }
        ringFirst = next;
    }

    private @Nullable Entry readDisk(long index) {
        Map.Entry<Long, Segment> found = segments.floorEntry(index);
        Segment segment = found == null ? null : found.getValue();
        if (segment == null || index > segment.last()) {
            // A hole before the next segment: damaged records.
            Map.Entry<Long, Segment> following = segments.higherEntry(index);
            if (following == null) {
                return null;
            }
            unreadable += following.getKey() - index;
            return readDisk(following.getKey());
        }
        try {
            Cursor reading = cursor;
            if (reading == null || reading.segment != segment || reading.index > index) {
                closeCursor();
                reading = new Cursor(segment);
                cursor = reading;
            }
            while (reading.index < index) {
                if (reading.next(segment.bytes) == null) {
                    throw new IOException("record " + reading.index + " is damaged");
                }
            }
            Event event = reading.next(segment.bytes);
            if (event == null) {
                throw new IOException("record " + index + " is damaged");
            }
            return new Entry(index, event);
        } catch (IOException e) {
            throw new SpoolException("spool: cannot read " + segment.file + ": " + e.getMessage(), e);
        }
    }

    private void closeCursor() {
        try {
            if (cursor != null) {
                cursor.close();
            }
        } catch (IOException e) {
            LOG.warn("spool: cannot close a segment: {}", e.getMessage());
        } finally {
            cursor = null;
        }
    }

    private static int checksum(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content);
        return (int) crc.getValue();
    }

    /** Reads one segment from its beginning. */
    private static final class Cursor implements AutoCloseable {
        final Segment segment;
        private final FileChannel channel;
        private final ByteBuffer head = ByteBuffer.allocate(HEADER_BYTES);
        long index;
        long position;

        Cursor(Segment segment) throws IOException {
            this.segment = segment;
            this.index = segment.first;
            this.channel = FileChannel.open(segment.file, StandardOpenOption.READ);
        }

        /** The next record, null at the end and at what is no record. */
        @Nullable
        Event next(long end) throws IOException {
            if (position + HEADER_BYTES > end || !fill(head.clear(), position)) {
                return null;
            }
            int length = head.flip().getInt();
            int crc = head.getInt();
            if (length < 0 || length > EventLimits.MAX_EVENT_BYTES) {
                return null;
            }
            byte[] content = new byte[length];
            if (!fill(ByteBuffer.wrap(content), position + HEADER_BYTES) || checksum(content) != crc) {
                return null;
            }
            Event event = Event.parseFrom(content);
            position += HEADER_BYTES + length;
            index++;
            return event;
        }

        private boolean fill(ByteBuffer buffer, long from) throws IOException {
            long at = from;
            while (buffer.hasRemaining()) {
                int read = channel.read(buffer, at);
                if (read < 0) {
                    return false;
                }
                at += read;
            }
            return true;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
