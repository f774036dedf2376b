package io.plumbline.intent.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.plumbline.intent.text.Encoded;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.text.Encoder.Role;
import io.plumbline.intent.text.WordPiece;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OnnxFileTest {
    private static final List<String> TEXTS = List.of(
            "",
            "list the files of this folder",
            "find . -name '*.java' -mtime -3 -exec grep -l TODO {} +",
            "x ".repeat(30));

    /** The file runs in ONNX Runtime, the network in PyTorch; they differ by what quantising costs. */
    @Test
    void theFileComputesWhatTheNetworkComputes() throws Exception {
        Weights weights = Weights.ofBase(List.of(0, 1));
        try (NDManager manager = NDManager.newBaseManager();
                Encoder encoder = Encoder.of(OnnxFile.write(weights))) {
            Network network = new Network(manager, weights);
            for (Role role : Role.values()) {
                for (String text : TEXTS) {
                    int[] pieces = WordPiece.shipped().pieces(text, Encoder.WINDOW - 2);
                    network.computeIn(manager);
                    Network.Batch batch = network.encode(
                            manager,
                            List.of(WordPiece.shipped().framed(pieces, 0, pieces.length), new long[] {101, 102}),
                            role,
                            0);
                    Encoded encoded = encoder.encode(text, role).getFirst();

                    assertThat(Encoder.cosine(batch.vectors().get(0).toFloatArray(), encoded.vector()))
                            .as(text)
                            .isGreaterThan(0.98);
                    float[] expected = batch.pieces().get(0).toFloatArray();
                    for (int i = 0; i < encoded.count(); i++) {
                        assertThat(cosine(expected, encoded.pieces(), i * Encoder.PIECE_WIDTH))
                                .as("%s, piece %s", text, i)
                                .isGreaterThan(0.95);
                    }
                }
            }
        }
    }

    @Test
    void whatATextIsChangesItsVector() throws Exception {
        try (Encoder encoder = Encoder.of(OnnxFile.write(Weights.ofBase(List.of(0))))) {
            assertThat(Encoder.cosine(
                            encoder.encode("tar xzf a.tgz", Role.SAID)
                                    .getFirst()
                                    .vector(),
                            encoder.encode("tar xzf a.tgz", Role.DONE)
                                    .getFirst()
                                    .vector()))
                    .isLessThan(0.999);
        }
    }

    private static double cosine(float[] expected, byte[] actual, int from) {
        double sum = 0;
        for (int k = 0; k < Encoder.PIECE_WIDTH; k++) {
            sum += expected[from + k] * actual[from + k] / 127;
        }
        return sum;
    }
}
