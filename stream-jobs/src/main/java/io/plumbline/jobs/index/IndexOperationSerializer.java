package io.plumbline.jobs.index;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Writes between the projection and the sink, and inside the sink's checkpoint. */
final class IndexOperationSerializer extends ImmutableSerializer<IndexOperation> {
    private static final long serialVersionUID = 1;

    static final IndexOperationSerializer INSTANCE = new IndexOperationSerializer();

    @Override
    byte[] toBytes(IndexOperation value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) value.sizeInBytes());
        write(value, new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    @Override
    IndexOperation fromBytes(byte[] bytes) throws IOException {
        return read(new DataInputStream(new ByteArrayInputStream(bytes)));
    }

    static void write(IndexOperation value, DataOutputStream out) throws IOException {
        out.writeByte(value.mode().ordinal());
        out.writeUTF(value.index());
        out.writeUTF(value.id());
        byte[] json = value.json().getBytes(StandardCharsets.UTF_8);
        out.writeInt(json.length);
        out.write(json);
    }

    static IndexOperation read(DataInputStream in) throws IOException {
        IndexOperation.Mode mode =
                switch (in.readByte()) {
                    case 0 -> IndexOperation.Mode.REPLACE;
                    case 1 -> IndexOperation.Mode.MERGE;
                    default -> throw new IOException("unknown kind of index operation");
                };
        String index = in.readUTF();
        String id = in.readUTF();
        int length = in.readInt();
        if (length < 0 || length > MAX_BYTES) {
            throw new IOException("length: " + length + " (expected: 0.." + MAX_BYTES + ")");
        }
        byte[] json = new byte[length];
        in.readFully(json);
        return new IndexOperation(mode, index, id, new String(json, StandardCharsets.UTF_8));
    }

    @Override
    public IndexOperation createInstance() {
        return new IndexOperation(IndexOperation.Mode.REPLACE, "", "", "{}");
    }

    @Override
    public TypeSerializerSnapshot<IndexOperation> snapshotConfiguration() {
        return new Snapshot();
    }

    /** One layout so far. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<IndexOperation> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
