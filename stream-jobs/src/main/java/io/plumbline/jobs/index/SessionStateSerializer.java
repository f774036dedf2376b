package io.plumbline.jobs.index;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * The state of a session as JSON. Components may be added under the same version, since missing ones read as empty; what changes
 * the meaning of an old one needs a new {@link #VERSION}. A version that this build does not know is refused.
 */
final class SessionStateSerializer extends ImmutableSerializer<SessionState> {
    private static final long serialVersionUID = 1;

    static final int VERSION = 1;
    static final SessionStateSerializer INSTANCE = new SessionStateSerializer();

    private static final ObjectMapper JSON = new ObjectMapper()
            .setVisibility(PropertyAccessor.ALL, JsonAutoDetect.Visibility.NONE)
            .setVisibility(PropertyAccessor.FIELD, JsonAutoDetect.Visibility.ANY)
            .setVisibility(PropertyAccessor.CREATOR, JsonAutoDetect.Visibility.ANY)
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    @Override
    byte[] toBytes(SessionState value) throws IOException {
        return JSON.writeValueAsBytes(value);
    }

    @Override
    SessionState fromBytes(byte[] bytes) throws IOException {
        return JSON.readValue(bytes, SessionState.class);
    }

    @Override
    public SessionState createInstance() {
        return SessionState.EMPTY;
    }

    @Override
    public TypeSerializerSnapshot<SessionState> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Carries the version that a state was written with. */
    public static final class Snapshot implements TypeSerializerSnapshot<SessionState> {
        private int written = VERSION;

        @Override
        public int getCurrentVersion() {
            return VERSION;
        }

        @Override
        public void writeSnapshot(DataOutputView out) {
            // The version that Flink writes beside the snapshot says everything.
        }

        @Override
        public void readSnapshot(int readVersion, DataInputView in, ClassLoader classLoader) throws IOException {
            if (readVersion < 1 || readVersion > VERSION) {
                throw new IOException("session state version: " + readVersion + " (expected: 1.." + VERSION + ")");
            }
            written = readVersion;
        }

        @Override
        public TypeSerializer<SessionState> restoreSerializer() {
            return INSTANCE;
        }

        @Override
        public TypeSerializerSchemaCompatibility<SessionState> resolveSchemaCompatibility(
                TypeSerializerSnapshot<SessionState> old) {
            if (!(old instanceof Snapshot snapshot)) {
                return TypeSerializerSchemaCompatibility.incompatible();
            }
            return snapshot.written == VERSION
                    ? TypeSerializerSchemaCompatibility.compatibleAsIs()
                    : TypeSerializerSchemaCompatibility.compatibleAfterMigration();
        }
    }
}
