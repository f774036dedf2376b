package io.plumbline.sandbox.trace;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Builds datagrams as gVisor's remote sink sends them; field numbers as in its points. */
public final class TraceDatagrams {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

    private interface Write {
        void to(CodedOutputStream out) throws IOException;
    }

    static TraceDatagrams message() {
        return new TraceDatagrams();
    }

    /** A context of thread group 7, started at 700, at 1000, in /workspace, called "sh". */
    public static TraceDatagrams inContext() {
        return message()
                .nested(
                        1,
                        message()
                                .number(1, 1000)
                                .number(2, 8)
                                .number(3, 800)
                                .number(4, 7)
                                .number(5, 700)
                                .text(6, "container")
                                .nested(7, message().number(1, 1000).number(2, 1001))
                                .text(8, "/workspace")
                                .text(9, "sh"));
    }

    public TraceDatagrams number(int field, long value) {
        return write(o -> o.writeUInt64(field, value));
    }

    public TraceDatagrams text(int field, String value) {
        return write(o -> o.writeString(field, value));
    }

    TraceDatagrams bytes(int field, byte[] value) {
        return write(o -> o.writeByteArray(field, value));
    }

    TraceDatagrams nested(int field, TraceDatagrams value) {
        return write(o -> o.writeBytes(field, ByteString.copyFrom(value.payload())));
    }

    public TraceDatagrams exit(long result, long error) {
        return nested(2, message().number(1, result).number(2, error));
    }

    byte[] payload() {
        write(CodedOutputStream::flush);
        return bytes.toByteArray();
    }

    public byte[] datagram(int type, long dropped) {
        byte[] payload = payload();
        return ByteBuffer.allocate(8 + payload.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) 8)
                .putShort((short) type)
                .putInt((int) dropped)
                .put(payload)
                .array();
    }

    private TraceDatagrams write(Write write) {
        try {
            write.to(out);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
