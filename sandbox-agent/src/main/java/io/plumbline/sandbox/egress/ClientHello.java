package io.plumbline.sandbox.egress;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * What the first message of a TLS client says about where it goes (RFC 8446 section 4.1.2, RFC 6066 section 3). Records may be
 * fragmented at will; the whole is at most {@link #MAX_BYTES}.
 *
 * @param serverName lower case; empty when the client names none
 * @param encrypted the client sends an encrypted hello (extension 0xfe0d) beside it, which may name another server
 */
record ClientHello(String serverName, boolean encrypted) {
    /** Three times what browsers with post-quantum key shares and session tickets send. */
    static final int MAX_BYTES = 16 * 1024;

    /** As much plain text as a record may hold (RFC 8446 section 5.1). */
    private static final int MAX_RECORD = 1 << 14;

    private static final int HEADER = 5;
    private static final int HANDSHAKE = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int SERVER_NAME = 0;
    private static final int ENCRYPTED_CLIENT_HELLO = 0xfe0d;

    /**
     * @param bytes the message as it was read, record headers included
     */
    record Read(ClientHello hello, byte[] bytes) {}

    /** Reads exactly the records that hold the message. */
    static Read read(Wire wire) throws IOException, Denial {
        byte[] raw = new byte[MAX_BYTES];
        int length = 0;
        ByteBuffer message = ByteBuffer.allocate(MAX_BYTES);
        int needed = 4;
        while (message.position() < needed) {
            length = take(wire, raw, length, HEADER);
            int size = recordSize(raw, length - HEADER);
            length = take(wire, raw, length, size);
            message.put(raw, length - size, size);
            needed = needed(message);
        }
        if (message.position() > needed) {
            // A second message in the same record: no client does that before it has heard the server.
            throw new Denial(EgressReason.NOT_TLS);
        }
        return new Read(parse(message.flip()), java.util.Arrays.copyOf(raw, length));
    }

    private static int take(Wire wire, byte[] raw, int length, int count) throws IOException, Denial {
        int at = length;
        while (at < length + count) {
            if (at >= raw.length || length + count > raw.length) {
                throw new Denial(EgressReason.NOT_TLS);
            }
            ByteBuffer bytes = wire.read((long) length + count - at);
            if (bytes == null) {
                throw new Denial(EgressReason.NOT_TLS);
            }
            int read = bytes.remaining();
            bytes.get(raw, at, read);
            // The first byte decides: a client that waits for an answer to something else must not wait for the
            // deadline.
            if (raw[0] != HANDSHAKE) {
                throw new Denial(EgressReason.NOT_TLS);
            }
            at += read;
        }
        return at;
    }

    private static int recordSize(byte[] raw, int at) throws Denial {
        int size = (raw[at + 3] & 0xff) << 8 | raw[at + 4] & 0xff;
        if (raw[at] != HANDSHAKE || raw[at + 1] != 3 || size == 0 || size > MAX_RECORD) {
            throw new Denial(EgressReason.NOT_TLS);
        }
        return size;
    }

    /** Bytes of the whole message, as far as it says so yet. */
    private static int needed(ByteBuffer message) throws Denial {
        if (message.position() < 4) {
            return 4;
        }
        int size = (message.get(1) & 0xff) << 16 | (message.get(2) & 0xff) << 8 | message.get(3) & 0xff;
        if (message.get(0) != CLIENT_HELLO || size > MAX_BYTES - 4) {
            throw new Denial(EgressReason.NOT_TLS);
        }
        return 4 + size;
    }

    /** @param message the handshake message with its header of four bytes */
    static ClientHello parse(ByteBuffer message) throws Denial {
        try {
            message.position(message.position() + 4 + 2 + 32);
            skip(message, message.get() & 0xff);
            skip(message, message.getShort() & 0xffff);
            skip(message, message.get() & 0xff);
            if (!message.hasRemaining()) {
                return new ClientHello("", false);
            }
            ByteBuffer extensions = part(message, message.getShort() & 0xffff);
            if (message.hasRemaining()) {
                throw new Denial(EgressReason.NOT_TLS);
            }
            return extensions(extensions);
        } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new Denial(EgressReason.NOT_TLS);
        }
    }

    private static ClientHello extensions(ByteBuffer extensions) throws Denial {
        String name = "";
        boolean encrypted = false;
        Set<Integer> seen = new HashSet<>();
        while (extensions.hasRemaining()) {
            int type = extensions.getShort() & 0xffff;
            ByteBuffer content = part(extensions, extensions.getShort() & 0xffff);
            if (!seen.add(type)) {
                throw new Denial(EgressReason.NOT_TLS);
            }
            if (type == SERVER_NAME) {
                name = serverName(content);
            } else if (type == ENCRYPTED_CLIENT_HELLO) {
                encrypted = true;
            }
        }
        return new ClientHello(name, encrypted);
    }

    private static String serverName(ByteBuffer content) throws Denial {
        ByteBuffer list = part(content, content.getShort() & 0xffff);
        int kind = list.get();
        ByteBuffer name = part(list, list.getShort() & 0xffff);
        if (kind != 0 || list.hasRemaining() || content.hasRemaining()) {
            // One name of one kind: servers differ in which of several they take.
            throw new Denial(EgressReason.NOT_TLS);
        }
        byte[] bytes = new byte[name.remaining()];
        name.get(bytes);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (!Destination.isName(text)) {
            throw new Denial(EgressReason.SERVER_NAME_MISMATCH, "", text);
        }
        return text.toLowerCase(Locale.ROOT);
    }

    private static void skip(ByteBuffer bytes, int count) {
        bytes.position(bytes.position() + count);
    }

    private static ByteBuffer part(ByteBuffer bytes, int length) {
        ByteBuffer part = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        return part;
    }
}
