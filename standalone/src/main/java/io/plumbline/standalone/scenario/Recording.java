package io.plumbline.standalone.scenario;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.session.FollowedSession;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The telemetry of a session on disk: events one after another, each with its length before it (protobuf's delimited form), compressed
 * with gzip. What follows from the name and the content is left out and made again: ids, and whose session it was. A session that was
 * frozen is kept until the host began to collect evidence.
 */
public final class Recording {
    private static final String SUFFIX = ".events.gz";
    private static final int MAX_EVENTS = 200_000;
    private static final long MAX_BYTES = 256L << 20;

    private Recording() {}

    /** Where a folder keeps the recording of a scenario. */
    public static Path file(Path folder, String scenario) {
        return folder.resolve(scenario + SUFFIX);
    }

    /** The scenario of a recording, by the name of its file; empty: it is none. */
    public static Optional<String> scenario(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(SUFFIX)
                ? Optional.of(name.substring(0, name.length() - SUFFIX.length()))
                : Optional.empty();
    }

    /**
     * Writes one; its folder is made.
     *
     * @param events telemetry, and maybe verdicts, which are left out
     */
    public static void write(Path file, List<Event> events) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        try (OutputStream out = new BufferedOutputStream(new BestCompression(Files.newOutputStream(file)))) {
            boolean frozen = false;
            for (Event event : events) {
                if (event.getChannel() == Channel.VERDICTS) {
                    continue;
                }
                frozen |= FollowedSession.isFrozen(event);
                if (frozen && event.hasEvidenceCollected()) {
                    break;
                }
                event.toBuilder()
                        .clearId()
                        .clearTenant()
                        .clearHost()
                        .clearSession()
                        .build()
                        .writeDelimitedTo(out);
            }
        }
    }

    /** @throws CommandException when there is none that can be read, or it is longer than a session is */
    public static List<Event> read(Path file, String scenario) {
        String session = EventIds.derived("scenario", scenario);
        List<Event> events = new ArrayList<>();
        try (InputStream in = new Bounded(new GZIPInputStream(new BufferedInputStream(Files.newInputStream(file))))) {
            for (Event event = Event.parseDelimitedFrom(in); event != null; event = Event.parseDelimitedFrom(in)) {
                if (events.size() == MAX_EVENTS) {
                    throw new IOException("more than " + MAX_EVENTS + " events");
                }
                events.add(EventIds.withId(
                        event.toBuilder().setTenant("default").setHost("host-1").setSession(session)));
            }
        } catch (IOException e) {
            throw new CommandException(
                    "recording " + file + ": " + e + " (expected: one that scenario run --record wrote)");
        }
        return events;
    }

    private static final class BestCompression extends GZIPOutputStream {
        BestCompression(OutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }

    /** Ends a stream that expands to more than anybody records. */
    private static final class Bounded extends java.io.FilterInputStream {
        private long left = MAX_BYTES;

        Bounded(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            count(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int read = super.read(buffer, offset, length);
            count(Math.max(0, read));
            return read;
        }

        private void count(int bytes) throws IOException {
            left -= bytes;
            if (left < 0) {
                throw new IOException("more than " + MAX_BYTES + " bytes");
            }
        }
    }
}
