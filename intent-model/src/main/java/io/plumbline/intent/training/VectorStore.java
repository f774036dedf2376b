package io.plumbline.intent.training;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.features.Features;
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
    private final Map<String, List<float[]>> known = new HashMap<>();

    public VectorStore(Encoder encoder) {
        this.encoder = encoder;
    }

    @Override
    public List<float[]> encode(String text) throws IntentModelException {
        List<float[]> vectors = known.get(text);
        if (vectors == null) {
            vectors = encoder.encode(text);
            known.put(text, vectors);
        }
        return vectors;
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
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                String text = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
                int windows = in.readInt();
                List<float[]> vectors = new ArrayList<>();
                for (int w = 0; w < windows; w++) {
                    float[] vector = new float[Encoder.WIDTH];
                    for (int j = 0; j < vector.length; j++) {
                        vector[j] = in.readFloat();
                    }
                    vectors.add(vector);
                }
                known.put(text, vectors);
            }
        }
    }

    public void save(Path file) throws IOException {
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16))) {
            out.writeUTF(encoder.digest());
            out.writeInt(known.size());
            for (Map.Entry<String, List<float[]>> entry : known.entrySet()) {
                byte[] text = entry.getKey().getBytes(StandardCharsets.UTF_8);
                out.writeInt(text.length);
                out.write(text);
                out.writeInt(entry.getValue().size());
                for (float[] vector : entry.getValue()) {
                    for (float value : vector) {
                        out.writeFloat(value);
                    }
                }
            }
        }
    }
}
