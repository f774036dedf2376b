package io.plumbline.sandbox.egress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Bytes both ways, blocking; one thread may read while another writes. */
interface Duplex extends AutoCloseable {
    /** As {@link java.nio.channels.ReadableByteChannel#read}: -1 at the end. */
    int read(ByteBuffer into) throws IOException;

    /** Writes some or all. */
    int write(ByteBuffer from) throws IOException;

    /** Tells the other side that no more comes. */
    void endOutput() throws IOException;

    @Override
    void close() throws IOException;

    static Duplex of(SocketChannel channel) {
        return new Duplex() {
            @Override
            public int read(ByteBuffer into) throws IOException {
                return channel.read(into);
            }

            @Override
            public int write(ByteBuffer from) throws IOException {
                return channel.write(from);
            }

            @Override
            public void endOutput() throws IOException {
                channel.shutdownOutput();
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }
}
