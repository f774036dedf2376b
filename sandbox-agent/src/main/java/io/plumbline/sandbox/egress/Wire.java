package io.plumbline.sandbox.egress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One side of a connection, with what was read beyond the head. Read by one thread. */
final class Wire {
    static final int BUFFER_BYTES = 16 * 1024;

    final Duplex duplex;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

    Wire(Duplex duplex) {
        this.duplex = duplex;
    }

    /** At most {@code most} bytes, null at the end. The buffer is reused by the next call. */
    @Nullable
    ByteBuffer read(long most) throws IOException {
        if (!buffer.hasRemaining() && !fill()) {
            return null;
        }
        int length = (int) Math.min(most, buffer.remaining());
        ByteBuffer bytes = buffer.slice(buffer.position(), length);
        buffer.position(buffer.position() + length);
        return bytes;
    }

    /** Waits for a byte; false at the end. */
    boolean awaitByte() throws IOException {
        return buffer.hasRemaining() || fill();
    }

    /** What was read and not yet taken. */
    ByteBuffer rest() {
        ByteBuffer rest = ByteBuffer.allocate(buffer.remaining());
        rest.put(buffer).flip();
        return rest;
    }

    /**
     * A head with its empty line; empty when the other side ended before it said anything.
     *
     * @param most bytes; at least 4
     * @throws Denial when it is longer or ends within
     */
    byte[] head(int most, EgressReason malformed) throws IOException, Denial {
        byte[] head = new byte[most];
        int length = 0;
        while (true) {
            if (!awaitByte()) {
                if (length == 0) {
                    return new byte[0];
                }
                throw new Denial(malformed);
            }
            if (length == head.length) {
                throw new Denial(malformed);
            }
            head[length++] = buffer.get();
            if (length >= 4
                    && head[length - 1] == '\n'
                    && head[length - 2] == '\r'
                    && head[length - 3] == '\n'
                    && head[length - 4] == '\r') {
                return Arrays.copyOf(head, length);
            }
        }
    }

    /** A line of at most {@code most} bytes without its CR LF; a bare CR or LF in it is an error. */
    String line(int most) throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            if (!awaitByte()) {
                throw new IOException("ended within a line");
            }
            char c = (char) (buffer.get() & 0xff);
            boolean afterReturn = !line.isEmpty() && line.charAt(line.length() - 1) == '\r';
            if (c == '\n' && afterReturn) {
                line.setLength(line.length() - 1);
                return line.toString();
            }
            if (c == '\n' || afterReturn) {
                throw new IOException("line: bare CR or LF");
            }
            if (line.length() > most) {
                throw new IOException("line longer than " + most);
            }
            line.append(c);
        }
    }

    private boolean fill() throws IOException {
        buffer.clear();
        try {
            int read = duplex.read(buffer);
            buffer.flip();
            return read > 0;
        } catch (IOException | RuntimeException e) {
            buffer.limit(0);
            throw e;
        }
    }
}
