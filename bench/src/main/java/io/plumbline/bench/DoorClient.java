package io.plumbline.bench;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/** Sends hooks through one connection to a session's door, as an agent with http hooks does: HTTP/1.1, kept alive. */
final class DoorClient implements AutoCloseable {
    private static final int MAX_LINE = 8192;

    private final SocketChannel channel;
    private final InputStream in;

    private DoorClient(SocketChannel channel) {
        this.channel = channel;
        this.in = new BufferedInputStream(Channels.newInputStream(channel));
    }

    static DoorClient connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return new DoorClient(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** The body of the answer. */
    String hook(String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        byte[] head = ("POST /hooks/claude HTTP/1.1\r\nhost: door\r\ncontent-type: application/json\r\ncontent-length: "
                        + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        ByteBuffer request = ByteBuffer.allocate(head.length + body.length)
                .put(head)
                .put(body)
                .flip();
        while (request.hasRemaining()) {
            channel.write(request);
        }
        String status = line();
        if (!status.startsWith("HTTP/1.1 200")) {
            throw new IOException("the door answered " + status + " (expected: HTTP/1.1 200)");
        }
        int length = -1;
        for (String header = line(); !header.isEmpty(); header = line()) {
            if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(
                        header.substring("content-length:".length()).strip());
            }
        }
        if (length < 0) {
            throw new IOException("the door's answer has no length (expected: content-length)");
        }
        return new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            int next = in.read();
            if (next < 0 || line.size() > MAX_LINE) {
                throw new EOFException("the door closed the connection");
            }
            if (next == '\n') {
                return line.toString(StandardCharsets.US_ASCII).strip();
            }
            line.write(next);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
