package io.plumbline.jobs.watch;

import io.plumbline.watcher.crosssession.CrossSessionMemory;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Stores what is known of a group of sessions. */
final class CrossSessionSerializer extends StateSerializer<CrossSessionMemory> {
    private static final long serialVersionUID = 1L;

    @Override
    byte[] toBytes(CrossSessionMemory memory) {
        return memory.toBytes();
    }

    @Override
    CrossSessionMemory fromBytes(byte[] bytes) {
        return CrossSessionMemory.parse(bytes);
    }

    @Override
    public CrossSessionMemory createInstance() {
        return CrossSessionMemory.empty();
    }

    @Override
    public CrossSessionMemory copy(CrossSessionMemory from) {
        return CrossSessionMemory.parse(from.toBytes());
    }

    @Override
    public TypeSerializerSnapshot<CrossSessionMemory> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Checkpoints name this class. */
    public static final class Snapshot extends StateSnapshot<CrossSessionMemory> {
        /** Called by Flink when it restores a checkpoint. */
        public Snapshot() {
            super(CrossSessionSerializer::new);
        }
    }
}
