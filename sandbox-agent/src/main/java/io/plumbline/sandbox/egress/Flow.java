package io.plumbline.sandbox.egress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Moves bytes between the sandbox and a destination. */
final class Flow {
    static final long EVERYTHING = Long.MAX_VALUE;
    private static final int MAX_CHUNK_LINE = 32;
    private static final int MAX_CHUNK_DIGITS = 8;
    private static final int MAX_TRAILER_LINES = 100;
    private static final int MAX_TRAILER_LINE = 8 * 1024;

    private final Wire client;
    private final Upstream upstream;
    private final List<ByteSearch> placeholders;
    private final Optional<ByteSearch> value;

    /**
     * @param placeholders what must not be sent
     * @param value what must not be received
     */
    Flow(Wire client, Upstream upstream, List<ByteSearch> placeholders, Optional<ByteSearch> value) {
        this.client = client;
        this.upstream = upstream;
        this.placeholders = List.copyOf(placeholders);
        this.value = value;
    }

    private interface Direction {
        void run() throws IOException, InterruptedException, Denial;
    }

    /** Bytes both ways until both sides have ended. */
    void tunnel() throws InterruptedException {
        Thread back = Thread.ofVirtual().start(() -> attempt(() -> inbound(EVERYTHING)));
        try {
            attempt(() -> outbound(EVERYTHING));
        } finally {
            back.join();
        }
    }

    /** Runs one direction; what stops it stops the connection. */
    private boolean attempt(Direction direction) {
        try {
            direction.run();
            return true;
        } catch (Denial denial) {
            upstream.fail(denial);
            EgressSession.closeQuietly(client.duplex);
        } catch (IOException e) {
            upstream.cut();
            EgressSession.closeQuietly(client.duplex);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    /** The request's body on a thread of its own; what fails there cuts the destination's side alone. */
    Body sendBody(long length) {
        return new Body(length);
    }

    final class Body {
        private final Thread thread;
        private volatile boolean sent;

        private Body(long length) {
            thread = Thread.ofVirtual().start(() -> {
                try {
                    if (length >= 0) {
                        sent = outbound(length) == length;
                    } else {
                        outboundChunks();
                        sent = true;
                    }
                } catch (Denial denial) {
                    upstream.fail(denial);
                } catch (IOException e) {
                    upstream.cut();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }

        /** Whether all of it has been sent; waits a moment, since the answer may overtake the note of it. */
        boolean sent() throws InterruptedException {
            return thread.join(java.time.Duration.ofSeconds(1)) && sent;
        }

        void join() throws InterruptedException {
            thread.join();
        }
    }

    /** Passes up to {@code most} bytes to the destination; at the end of {@link #EVERYTHING} its end is told. */
    long outbound(long most) throws IOException, InterruptedException, Denial {
        long passed = 0;
        while (passed < most) {
            ByteBuffer bytes = client.read(most - passed);
            if (bytes == null) {
                if (most == EVERYTHING) {
                    upstream.endOutput();
                }
                return passed;
            }
            int length = bytes.remaining();
            search(bytes);
            upstream.send(bytes);
            passed += length;
        }
        return passed;
    }

    private void search(ByteBuffer bytes) throws Denial {
        for (ByteSearch placeholder : placeholders) {
            if (placeholder.finds(bytes)) {
                throw new Denial(EgressReason.PLACEHOLDER_ELSEWHERE);
            }
        }
    }

    /** Passes a chunked body on, chunk by chunk, and nothing behind it. Extensions and trailers are left out. */
    void outboundChunks() throws IOException, InterruptedException, Denial {
        while (true) {
            long size = chunkSize(client);
            if (size == 0) {
                trailers(client);
                upstream.send(ascii("0\r\n\r\n"));
                return;
            }
            upstream.send(ascii(Long.toHexString(size) + "\r\n"));
            if (outbound(size) < size || !client.line(0).isEmpty()) {
                throw new IOException("chunk: shorter or longer than it says");
            }
            upstream.send(ascii("\r\n"));
        }
    }

    /** Passes up to {@code most} bytes to the sandbox. */
    long inbound(long most) throws IOException, InterruptedException, Denial {
        long passed = 0;
        while (passed < most) {
            ByteBuffer bytes = upstream.wire().read(most - passed);
            if (bytes == null) {
                if (most == EVERYTHING) {
                    releaseHeld();
                    client.duplex.endOutput();
                }
                return passed;
            }
            passed += bytes.remaining();
            deliver(bytes);
        }
        return passed;
    }

    private void deliver(ByteBuffer bytes) throws IOException, InterruptedException, Denial {
        if (value.isEmpty()) {
            upstream.deliver(bytes, client.duplex);
            return;
        }
        @Nullable ByteBuffer released = value.get().released(bytes);
        if (released == null) {
            throw new Denial(EgressReason.CREDENTIAL_ECHOED);
        }
        upstream.deliver(released, client.duplex);
    }

    /** Passes on what was held back only because it looked like a beginning. */
    private void releaseHeld() throws IOException, InterruptedException, Denial {
        if (value.isPresent()) {
            upstream.deliver(value.get().held(), client.duplex);
        }
    }

    /**
     * The body of a response.
     *
     * @return whether it came as long as it said, so that the connection may go on
     */
    boolean receiveBody(long length) throws IOException, InterruptedException, Denial {
        if (length == ResponseHead.UNTIL_CLOSE) {
            inbound(EVERYTHING);
            return false;
        }
        if (length >= 0) {
            long received = inbound(length);
            releaseHeld();
            return received == length;
        }
        while (true) {
            long size = chunkSize(upstream.wire());
            if (size == 0) {
                trailers(upstream.wire());
                if (value.isPresent()) {
                    chunk(value.get().held());
                }
                upstream.deliver(ascii("0\r\n\r\n"), client.duplex);
                return true;
            }
            inboundChunk(size);
        }
    }

    /** Re-framed as it is released: what is held back belongs to a later chunk. */
    private void inboundChunk(long size) throws IOException, InterruptedException, Denial {
        long left = size;
        while (left > 0) {
            ByteBuffer bytes = upstream.wire().read(left);
            if (bytes == null) {
                throw new IOException("ended within a chunk");
            }
            left -= bytes.remaining();
            @Nullable
            ByteBuffer released = value.isEmpty() ? bytes : value.get().released(bytes);
            if (released == null) {
                throw new Denial(EgressReason.CREDENTIAL_ECHOED);
            }
            chunk(released);
        }
        if (!upstream.wire().line(0).isEmpty()) {
            throw new Denial(EgressReason.MALFORMED_RESPONSE);
        }
    }

    private void chunk(ByteBuffer bytes) throws IOException, InterruptedException, Denial {
        if (bytes.hasRemaining()) {
            upstream.deliver(ascii(Integer.toHexString(bytes.remaining()) + "\r\n"), client.duplex);
            upstream.deliver(bytes, client.duplex);
            upstream.deliver(ascii("\r\n"), client.duplex);
        }
    }

    private static long chunkSize(Wire from) throws IOException {
        String line = from.line(MAX_CHUNK_LINE);
        int semicolon = line.indexOf(';');
        String digits = (semicolon < 0 ? line : line.substring(0, semicolon)).strip();
        if (digits.isEmpty()
                || digits.length() > MAX_CHUNK_DIGITS
                || !digits.chars().allMatch(c -> c < 128 && Character.digit(c, 16) >= 0)) {
            throw new IOException("chunk size: malformed");
        }
        return Long.parseLong(digits, 16);
    }

    private static void trailers(Wire from) throws IOException {
        for (int i = 0; i < MAX_TRAILER_LINES; i++) {
            if (from.line(MAX_TRAILER_LINE).isEmpty()) {
                return;
            }
        }
        throw new IOException("trailers: more than " + MAX_TRAILER_LINES);
    }

    static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
