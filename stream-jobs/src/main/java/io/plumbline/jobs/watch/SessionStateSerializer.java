package io.plumbline.jobs.watch;

import io.plumbline.watcher.state.SessionState;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * Stores a session's state as length and bytes. The bytes carry the layout version of {@link SessionState}; what they mean
 * is decided there.
 */
final class SessionStateSerializer extends TypeSerializer<SessionState> {
    private static final long serialVersionUID = 1L;

    /** A state beyond this is broken; the limits of the watcher keep it far below. */
    private static final int MAX_BYTES = 64 << 20;

    @Override
    public boolean isImmutableType() {
        return false;
    }

    @Override
    public TypeSerializer<SessionState> duplicate() {
        return this;
    }

    @Override
    public SessionState createInstance() {
        return SessionState.empty();
    }

    @Override
    public SessionState copy(SessionState from) {
        return from.copy();
    }

    @Override
    public SessionState copy(SessionState from, SessionState reuse) {
        return from.copy();
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(SessionState state, DataOutputView target) throws IOException {
        byte[] bytes = state.toBytes();
        target.writeInt(bytes.length);
        target.write(bytes);
    }

    @Override
    public SessionState deserialize(DataInputView source) throws IOException {
        int length = source.readInt();
        if (length < 0 || length > MAX_BYTES) {
            throw new IOException("session state of " + length + " bytes (expected: 0.." + MAX_BYTES + ")");
        }
        byte[] bytes = new byte[length];
        source.readFully(bytes);
        return SessionState.parse(bytes);
    }

    @Override
    public SessionState deserialize(SessionState reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        int length = source.readInt();
        target.writeInt(length);
        target.write(source, length);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SessionStateSerializer;
    }

    @Override
    public int hashCode() {
        return SessionStateSerializer.class.hashCode();
    }

    @Override
    public TypeSerializerSnapshot<SessionState> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Written into every checkpoint; version 1 stands for "length and bytes". */
    public static final class Snapshot implements TypeSerializerSnapshot<SessionState> {
        private static final int VERSION = 1;

        /** Called by Flink when it restores a checkpoint. */
        public Snapshot() {}

        @Override
        public int getCurrentVersion() {
            return VERSION;
        }

        @Override
        public void writeSnapshot(DataOutputView out) {}

        @Override
        public void readSnapshot(int version, DataInputView in, ClassLoader loader) throws IOException {
            if (version != VERSION) {
                throw new IOException("session state serializer version: " + version + " (expected: " + VERSION + ")");
            }
        }

        @Override
        public TypeSerializer<SessionState> restoreSerializer() {
            return new SessionStateSerializer();
        }

        @Override
        public TypeSerializerSchemaCompatibility<SessionState> resolveSchemaCompatibility(
                TypeSerializerSnapshot<SessionState> old) {
            return old instanceof Snapshot
                    ? TypeSerializerSchemaCompatibility.compatibleAsIs()
                    : TypeSerializerSchemaCompatibility.incompatible();
        }
    }
}
