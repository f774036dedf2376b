package io.plumbline.sandbox.egress;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;

/** TLS over another duplex. The handshake belongs to one thread; after it one may read while another writes. */
final class TlsDuplex implements Duplex {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Duplex below;
    private final SSLEngine engine;
    private final ReentrantLock writing = new ReentrantLock();

    /** Ready to be read from. */
    private final ByteBuffer received;

    /** Ready to be read from. */
    private ByteBuffer plain = ByteBuffer.allocate(0);

    private ByteBuffer sealed;

    /** @param first bytes of the other side that were read from {@code below} already */
    TlsDuplex(Duplex below, SSLEngine engine, byte[] first) {
        this.below = below;
        this.engine = engine;
        int packet = engine.getSession().getPacketBufferSize();
        this.received = ByteBuffer.allocate(Math.max(packet, ClientHello.MAX_BYTES) + packet)
                .put(first)
                .flip();
        this.sealed = ByteBuffer.allocate(packet);
    }

    void handshake() throws IOException {
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> wrap(NOTHING);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (!unwrap()) {
                        throw new EOFException("ended within the TLS handshake");
                    }
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    return;
                }
            }
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        while (!plain.hasRemaining()) {
            if (!unwrap()) {
                return -1;
            }
        }
        int length = Math.min(into.remaining(), plain.remaining());
        into.put(plain.slice(plain.position(), length));
        plain.position(plain.position() + length);
        return length;
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        int before = from.remaining();
        wrap(from);
        return before - from.remaining();
    }

    @Override
    public void endOutput() throws IOException {
        writing.lock();
        try {
            engine.closeOutbound();
            while (!engine.isOutboundDone()) {
                wrap(NOTHING);
            }
        } finally {
            writing.unlock();
        }
        below.endOutput();
    }

    @Override
    public void close() throws IOException {
        below.close();
    }

    /** Takes one record; false at the end. A stream that is cut without the closing alert ends too: HTTP's framing tells. */
    private boolean unwrap() throws IOException {
        while (true) {
            ByteBuffer into = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
            SSLEngineResult result = engine.unwrap(received, into);
            switch (result.getStatus()) {
                case OK -> {
                    if (result.bytesProduced() > 0) {
                        plain = into.flip();
                    }
                    if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                        runTasks();
                    }
                    if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                        wrap(NOTHING);
                    }
                    return true;
                }
                case BUFFER_UNDERFLOW -> {
                    received.compact();
                    int read;
                    try {
                        read = below.read(received);
                    } finally {
                        received.flip();
                    }
                    if (read < 0) {
                        return false;
                    }
                }
                case BUFFER_OVERFLOW -> throw new IOException("TLS record larger than it may be");
                case CLOSED -> {
                    return false;
                }
            }
        }
    }

    private void wrap(ByteBuffer from) throws IOException {
        writing.lock();
        try {
            sealed.clear();
            SSLEngineResult result = engine.wrap(from, sealed);
            if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
                sealed = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
                return;
            }
            sealed.flip();
            while (sealed.hasRemaining()) {
                below.write(sealed);
            }
            if (result.getStatus() == SSLEngineResult.Status.CLOSED && from.hasRemaining()) {
                throw new IOException("TLS is closed");
            }
            if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                runTasks();
            }
        } finally {
            writing.unlock();
        }
    }

    private void runTasks() {
        Runnable task = engine.getDelegatedTask();
        while (task != null) {
            task.run();
            task = engine.getDelegatedTask();
        }
    }
}
