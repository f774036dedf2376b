package io.plumbline.jobs.watch;

import io.plumbline.watcher.state.SessionState;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Stores what is known of a session. */
final class SessionStateSerializer extends StateSerializer<SessionState> {
    private static final long serialVersionUID = 1L;

    @Override
    byte[] toBytes(SessionState state) {
        return state.toBytes();
    }

    @Override
    SessionState fromBytes(byte[] bytes) {
        return SessionState.parse(bytes);
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
    public TypeSerializerSnapshot<SessionState> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Checkpoints name this class. */
    public static final class Snapshot extends StateSnapshot<SessionState> {
        /** Called by Flink when it restores a checkpoint. */
        public Snapshot() {
            super(SessionStateSerializer::new);
        }
    }
}
