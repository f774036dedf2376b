package io.plumbline.intent.encoder;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.plumbline.intent.text.Encoder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SplittableRandom;

/**
 * The numbers of an encoder by name. Names are those of BERT without the outer ones: {@code embeddings.word_embeddings.weight}, {@code
 * 0.attention.self.query.bias}, and {@code pieces} for the map from the last layer to the pieces' vectors. Matrices are inputs by
 * outputs.
 *
 * @param layers how many there are
 */
record Weights(int layers, SequencedMap<String, Tensor> tensors) {
    /** Width of the feed-forward part. */
    static final int INNER = 1_536;

    static final int HEADS = 12;
    /** Matrices of a layer. */
    static final List<String> MATRICES = List.of(
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "intermediate.dense",
            "output.dense");

    static final String WORDS = "embeddings.word_embeddings.weight";
    static final String POSITIONS = "embeddings.position_embeddings.weight";
    static final String ROLES = "embeddings.token_type_embeddings.weight";
    static final String PIECES = "pieces";

    private static final List<String> NORMS = List.of("attention.output.LayerNorm", "output.LayerNorm");
    private static final String BASE = "/all-minilm-l6-v2.onnx";
    private static final long SEED = 3;

    /** @param values row by row */
    @SuppressWarnings("ArrayRecordComponent") // Read in place: there are millions.
    record Tensor(long[] shape, float[] values) {}

    Tensor tensor(String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    /**
     * Some layers of the base model on the class path, all-MiniLM-L6-v2 in single precision as langchain4j packs it.
     *
     * @param layers their numbers, 0 to 5
     */
    static Weights ofBase(List<Integer> layers) throws IOException {
        ModelProto model;
        try (InputStream stream = Weights.class.getResourceAsStream(BASE)) {
            model = ModelProto.parseFrom(Objects.requireNonNull(stream, BASE));
        }
        Map<String, TensorProto> given = new HashMap<>();
        model.getGraph().getInitializerList().forEach(tensor -> given.put(tensor.getName(), tensor));
        // Matrices have no names of their own in the file: they are known by the node that multiplies with them.
        for (NodeProto node : model.getGraph().getNodeList()) {
            TensorProto matrix = node.getOpType().equals("MatMul") ? given.get(node.getInput(1)) : null;
            if (matrix != null) {
                String name = node.getOutput(0).replaceFirst("^/", "").replace("/MatMul_output_0", "");
                given.put(name.replace('/', '.') + ".weight", matrix);
            }
        }
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name :
                List.of(WORDS, POSITIONS, ROLES, "embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias")) {
            tensors.put(name, tensor(given, name));
        }
        for (int to = 0; to < layers.size(); to++) {
            for (List<String> parts : List.of(MATRICES, NORMS)) {
                for (String part : parts) {
                    for (String what : List.of(".weight", ".bias")) {
                        tensors.put(
                                to + "." + part + what,
                                tensor(given, "encoder.layer." + layers.get(to) + "." + part + what));
                    }
                }
            }
        }
        tensors.put(PIECES, random(Encoder.WIDTH, Encoder.PIECE_WIDTH));
        return new Weights(layers.size(), tensors);
    }

    private static Tensor tensor(Map<String, TensorProto> given, String name) throws IOException {
        TensorProto tensor = given.get(name);
        if (tensor == null || tensor.getDataType() != TensorProto.DataType.FLOAT_VALUE) {
            throw new IOException("base model: no " + name + " (expected: one in single precision)");
        }
        FloatBuffer buffer = tensor.getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return new Tensor(
                tensor.getDimsList().stream().mapToLong(Long::longValue).toArray(), values);
    }

    private static Tensor random(int rows, int columns) {
        SplittableRandom random = new SplittableRandom(SEED);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / Math.sqrt(rows));
        }
        return new Tensor(new long[] {rows, columns}, values);
    }
}
