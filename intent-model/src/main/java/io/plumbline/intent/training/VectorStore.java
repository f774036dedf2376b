package io.plumbline.intent.training;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.features.Features;
import io.plumbline.intent.text.Encoded;
import io.plumbline.intent.text.Encoder;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Remembers vectors of texts, in memory and, when told a file, on disk; only for training and evaluation, where texts are our own. */
public final class VectorStore implements Features.Embedder {
    private final Encoder encoder;
    private final Map<Key, List<Encoded>> known = new HashMap<>();

    private record Key(Encoder.Role role, String text) {}

    public VectorStore(Encoder encoder) {
        this.encoder = encoder;
    }

    @Override
    public List<Encoded> encode(String text, Encoder.Role role) throws IntentModelException {
        Key key = new Key(role, text);
        List<Encoded> windows = known.get(key);
        if (windows == null) {
            windows = encoder.encode(text, role);
            known.put(key, windows);
        }
        return windows;
    }

    @Override
    public boolean exceedsWindows(String text) {
        return encoder.exceedsWindows(text);
    }

    public int size() {
        return known.size();
    }

    /** Reads what {@link #save} wrote for the same encoder; another encoder's file counts as empty. */
    public void load(Path file) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
            if (!in.readUTF().equals(encoder.digest())) {
                return;
            }
            int texts = in.readInt();
            for (int i = 0; i < texts; i++) {
                Encoder.Role role = in.readBoolean() ? Encoder.Role.DONE : Encoder.Role.SAID;
                String text = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
                int count = in.readInt();
                List<Encoded> windows = new ArrayList<>();
                for (int w = 0; w < count; w++) {
                    float[] vector = new float[Encoder.WIDTH];
                    for (int j = 0; j < vector.length; j++) {
                        vector[j] = in.readFloat();
                    }
                    int pieces = in.readInt();
                    if (pieces < 0 || pieces > Encoder.WINDOW * Encoder.PIECE_WIDTH) {
                        throw new IOException(file + ": " + pieces + " bytes of pieces (expected: at most "
                                + Encoder.WINDOW * Encoder.PIECE_WIDTH + ")");
                    }
                    windows.add(new Encoded(vector, in.readNBytes(pieces)));
                }
                known.put(new Key(role, text), windows);
            }
        }
    }

    public void save(Path file) throws IOException {
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16))) {
            out.writeUTF(encoder.digest());
            out.writeInt(known.size());
            for (Map.Entry<Key, List<Encoded>> entry : known.entrySet()) {
                byte[] text = entry.getKey().text().getBytes(StandardCharsets.UTF_8);
                out.writeBoolean(entry.getKey().role() == Encoder.Role.DONE);
                out.writeInt(text.length);
                out.write(text);
                out.writeInt(entry.getValue().size());
                for (Encoded window : entry.getValue()) {
                    for (float value : window.vector()) {
                        out.writeFloat(value);
                    }
                    out.writeInt(window.pieces().length);
                    out.write(window.pieces());
                }
            }
        }
    }
}
