package io.plumbline.jobs.index;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Base of the serializers of immutable values: length and bytes. Copies are free because nobody can change the value.
 *
 * @param <T> the value
 */
abstract class ImmutableSerializer<T> extends TypeSerializerSingleton<T> {
    private static final long serialVersionUID = 1;

    /** The largest value that is read back, bytes; a record of the log is smaller by the broker's own limit. */
    static final int MAX_BYTES = 64 << 20;

    abstract byte[] toBytes(T value) throws IOException;

    abstract T fromBytes(byte[] bytes) throws IOException;

    @Override
    public boolean isImmutableType() {
        return true;
    }

    @Override
    public T copy(T from) {
        return from;
    }

    @Override
    public T copy(T from, T reuse) {
        return from;
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(T value, DataOutputView target) throws IOException {
        byte[] bytes = toBytes(value);
        target.writeInt(bytes.length);
        target.write(bytes);
    }

    @Override
    public T deserialize(DataInputView source) throws IOException {
        return fromBytes(read(source));
    }

    @Override
    public T deserialize(T reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        byte[] bytes = read(source);
        target.writeInt(bytes.length);
        target.write(bytes);
    }

    private static byte[] read(DataInputView source) throws IOException {
        int length = source.readInt();
        if (length < 0 || length > MAX_BYTES) {
            throw new IOException("length: " + length + " (expected: 0.." + MAX_BYTES + ")");
        }
        byte[] bytes = new byte[length];
        source.readFully(bytes);
        return bytes;
    }
}
