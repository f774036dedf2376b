package io.plumbline.jobs.index;

import io.plumbline.events.v1.Event;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Events between operators: their protobuf bytes, which carry fields that this build does not know. */
final class EventSerializer extends ImmutableSerializer<Event> {
    private static final long serialVersionUID = 1;

    static final EventSerializer INSTANCE = new EventSerializer();

    @Override
    byte[] toBytes(Event value) {
        return value.toByteArray();
    }

    @Override
    Event fromBytes(byte[] bytes) throws IOException {
        return Event.parseFrom(bytes);
    }

    @Override
    public Event createInstance() {
        return Event.getDefaultInstance();
    }

    @Override
    public TypeSerializerSnapshot<Event> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Protobuf evolves by itself; the frame around it has one version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Event> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
