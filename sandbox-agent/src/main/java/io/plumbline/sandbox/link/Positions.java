package io.plumbline.sandbox.link;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;

/**
 * The last seq of each session and channel, so that numbering goes on where it stopped when the daemon restarts. Kept in a
 * file {@code positions} beside the spool's segments, one line {@code session channel seq} each; what is newer is in the
 * segments themselves.
 */
final class Positions {
    private record Key(String session, Channel channel) {}

    private final Path file;
    private final Map<Key, Long> last = new HashMap<>();

    private Positions(Path file) {
        this.file = file;
    }

    /** @throws SpoolException when the file is there but cannot be read */
    static Positions in(Path directory) {
        Positions positions = new Positions(directory.resolve("positions"));
        try {
            if (Files.exists(positions.file)) {
                for (String line : Files.readAllLines(positions.file)) {
                    String[] words = line.split(" ", -1);
                    positions.last.put(new Key(words[0], Channel.valueOf(words[1])), Long.parseLong(words[2]));
                }
            }
        } catch (IOException | IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new SpoolException("positions: " + positions.file + " (expected: lines of SESSION CHANNEL SEQ)", e);
        }
        return positions;
    }

    synchronized long next(String session, Channel channel) {
        return last.merge(new Key(session, channel), 1L, Long::sum);
    }

    synchronized long last(String session, Channel channel) {
        return last.getOrDefault(new Key(session, channel), 0L);
    }

    synchronized void seen(Event event) {
        if (event.getSeq() > 0) {
            last.merge(new Key(event.getSession(), event.getChannel()), event.getSeq(), Math::max);
        }
    }

    synchronized void forget(String session) {
        last.keySet().removeIf(key -> key.session().equals(session));
    }

    /** @throws SpoolException when it cannot be written */
    synchronized void save() {
        StringBuilder lines = new StringBuilder();
        last.forEach((key, seq) -> lines.append(key.session())
                .append(' ')
                .append(key.channel())
                .append(' ')
                .append(seq)
                .append('\n'));
        Path written = file.resolveSibling("positions.new");
        try {
            Files.writeString(written, lines);
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new SpoolException("positions: cannot write " + file + ": " + e.getMessage(), e);
        }
    }
}
