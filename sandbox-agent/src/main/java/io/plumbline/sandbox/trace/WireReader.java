package io.plumbline.sandbox.trace;

import java.nio.charset.StandardCharsets;

/**
 * Reads protobuf fields out of a byte range that a hostile peer may have written. Never reads outside the range, allocates
 * only what lies in it, and skips what it does not know.
 */
final class WireReader {
    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;

    private final byte[] bytes;
    private final int end;
    private int position;
    private int field;
    private int wireType;

    WireReader(byte[] bytes, int from, int to) {
        if (from < 0 || to > bytes.length || from > to) {
            throw new IndexOutOfBoundsException(from + ".." + to + " of " + bytes.length);
        }
        this.bytes = bytes;
        this.position = from;
        this.end = to;
    }

    /** Moves to the next field; false at the end. The field must then be read or skipped. */
    boolean next() throws MalformedTraceException {
        if (position == end) {
            return false;
        }
        long tag = varint();
        long number = tag >>> 3;
        if (number == 0 || number > 536_870_911) {
            throw new MalformedTraceException("field number: " + number);
        }
        field = (int) number;
        wireType = (int) (tag & 7);
        return true;
    }

    int field() {
        return field;
    }

    /** The value of a varint field; the field must be one. */
    long number() throws MalformedTraceException {
        expect(VARINT);
        return varint();
    }

    /** The value of a text field, UTF-8 with replacement, cut to {@code limit} bytes. */
    String text(int limit) throws MalformedTraceException {
        int length = taken();
        int kept = Math.min(length, limit);
        String text = new String(bytes, position, kept, StandardCharsets.UTF_8);
        position += length;
        return text;
    }

    /** A copy of a bytes field, cut to {@code limit} bytes. */
    byte[] bytes(int limit) throws MalformedTraceException {
        int length = taken();
        byte[] copy = new byte[Math.min(length, limit)];
        System.arraycopy(bytes, position, copy, 0, copy.length);
        position += length;
        return copy;
    }

    /** How many bytes the field has, a text or bytes; it must still be read or skipped. */
    int length() throws MalformedTraceException {
        int from = position;
        int length = taken();
        position = from;
        return length;
    }

    /** A reader over a nested message, which is thereby consumed here. */
    WireReader message() throws MalformedTraceException {
        int length = taken();
        WireReader nested = new WireReader(bytes, position, position + length);
        position += length;
        return nested;
    }

    void skip() throws MalformedTraceException {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> advance(8);
            case BYTES -> {
                int length = taken();
                position += length;
            }
            case FIXED32 -> advance(4);
            default -> throw new MalformedTraceException("wire type: " + wireType);
        }
    }

    private int taken() throws MalformedTraceException {
        expect(BYTES);
        long length = varint();
        if (length < 0 || length > end - position) {
            throw new MalformedTraceException("length: " + length + " (expected: <= " + (end - position) + ")");
        }
        return (int) length;
    }

    private void advance(int count) throws MalformedTraceException {
        if (count > end - position) {
            throw new MalformedTraceException("cut field " + field);
        }
        position += count;
    }

    private void expect(int type) throws MalformedTraceException {
        if (wireType != type) {
            throw new MalformedTraceException(
                    "field " + field + ": wire type " + wireType + " (expected: " + type + ")");
        }
    }

    private long varint() throws MalformedTraceException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (position == end) {
                throw new MalformedTraceException("cut varint");
            }
            byte b = bytes[position++];
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new MalformedTraceException("varint longer than 10 bytes");
    }
}
