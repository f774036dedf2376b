package io.plumbline.intent.encoder;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.plumbline.intent.encoder.Weights.Tensor;
import io.plumbline.intent.text.Encoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Writes an encoder as ONNX, operator set 20, in the form that {@link Encoder} reads. Matrices are signed bytes with a scale a
 * column, their inputs are quantised as they come (dynamic quantisation). The words are signed bytes with a scale a word.
 */
final class OnnxFile {
    private static final int OPSET = 20;
    private static final int IR = 9;
    /** Seven bits: products of eight by eight bits overflow on processors without VNNI. */
    private static final int MATRIX_STEPS = 64;

    private static final int WORD_STEPS = 127;
    private static final float EPSILON = 1e-12f;
    private static final int HEAD_WIDTH = Encoder.WIDTH / Weights.HEADS;

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("plumbline-encoder");
    private final Weights weights;
    private int names;

    private OnnxFile(Weights weights) {
        this.weights = weights;
    }

    static byte[] write(Weights weights) {
        return new OnnxFile(weights).model().toByteArray();
    }

    private ModelProto model() {
        graph.addInput(value("input_ids", DataType.INT64, 1, -1)).addInput(value("role", DataType.INT64, 1));
        String states = embedded();
        for (int layer = 0; layer < weights.layers(); layer++) {
            states = fedForward(layer, attended(layer, states));
        }
        String mean = node("ReduceMean", List.of(states, longs(1)), attribute("keepdims", 0));
        normalised(mean, "vector");
        String pieces = node("MatMul", List.of(states, floats(weights.tensor(Weights.PIECES))));
        normalised(node("Squeeze", List.of(pieces, longs(0))), "pieces");
        graph.addOutput(value("vector", DataType.FLOAT, 1, Encoder.WIDTH))
                .addOutput(value("pieces", DataType.FLOAT, -1, Encoder.PIECE_WIDTH));
        return ModelProto.newBuilder()
                .setIrVersion(IR)
                .setProducerName("plumbline")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setGraph(graph)
                .build();
    }

    private String embedded() {
        String words = node(
                "Cast", List.of(node("Gather", List.of(words(), "input_ids"))), attribute("to", DataType.FLOAT_VALUE));
        String scales = node("Unsqueeze", List.of(node("Gather", List.of("words.scale", "input_ids")), longs(2)));
        String length = node("Gather", List.of(node("Shape", List.of("input_ids")), longs(1)), attribute("axis", 0));
        String places = node("Slice", List.of(positions(), longs(0), length, longs(0)));
        String role = node("Gather", List.of(floats(weights.tensor(Weights.ROLES)), "role"));
        String sum = node("Add", List.of(node("Mul", List.of(words, scales)), places));
        return normal("embeddings.LayerNorm", node("Add", List.of(sum, role)));
    }

    /** Only as many as a window has. */
    private String positions() {
        Tensor all = weights.tensor(Weights.POSITIONS);
        return floats(new Tensor(
                new long[] {Encoder.WINDOW, Encoder.WIDTH},
                Arrays.copyOf(all.values(), Encoder.WINDOW * Encoder.WIDTH)));
    }

    private String words() {
        Tensor all = weights.tensor(Weights.WORDS);
        int count = (int) all.shape()[0];
        byte[] bytes = new byte[all.values().length];
        float[] scales = new float[count];
        for (int word = 0; word < count; word++) {
            int from = word * Encoder.WIDTH;
            scales[word] = scale(all.values(), from, 1, Encoder.WIDTH, WORD_STEPS);
            for (int i = from; i < from + Encoder.WIDTH; i++) {
                bytes[i] = (byte) Math.round(all.values()[i] / scales[word]);
            }
        }
        graph.addInitializer(initializer("words", DataType.INT8_VALUE, all.shape(), ByteString.copyFrom(bytes)));
        graph.addInitializer(
                initializer("words.scale", DataType.FLOAT_VALUE, new long[] {count}, littleEndian(scales)));
        return "words";
    }

    private String attended(int layer, String states) {
        float root = (float) (1 / Math.sqrt(HEAD_WIDTH));
        Tensor[] matrices = new Tensor[3];
        Tensor[] biases = new Tensor[3];
        for (int i = 0; i < 3; i++) {
            String name = layer + "." + Weights.MATRICES.get(i);
            // The queries' share of the scaled product is taken once, here.
            matrices[i] = i == 0 ? times(weights.tensor(name + ".weight"), root) : weights.tensor(name + ".weight");
            biases[i] = i == 0 ? times(weights.tensor(name + ".bias"), root) : weights.tensor(name + ".bias");
        }
        String all = linear(quantised(states), sideBySide(matrices), sideBySide(biases));
        List<String> parts = nodes(
                "Split", List.of(all, longs(Encoder.WIDTH, Encoder.WIDTH, Encoder.WIDTH)), 3, attribute("axis", 2));
        String query = node("Transpose", List.of(heads(parts.get(0))), attribute("perm", new long[] {0, 2, 1, 3}));
        String key = node("Transpose", List.of(heads(parts.get(1))), attribute("perm", new long[] {0, 2, 3, 1}));
        String value = node("Transpose", List.of(heads(parts.get(2))), attribute("perm", new long[] {0, 2, 1, 3}));
        String shares = node("Softmax", List.of(node("MatMul", List.of(query, key))), attribute("axis", -1));
        String context = node(
                "Transpose", List.of(node("MatMul", List.of(shares, value))), attribute("perm", new long[] {0, 2, 1, 3
                }));
        String joined = node("Reshape", List.of(context, longs(0, 0, Encoder.WIDTH)));
        String out = dense(joined, layer + ".attention.output.dense");
        return normal(layer + ".attention.output.LayerNorm", node("Add", List.of(out, states)));
    }

    private String heads(String states) {
        return node("Reshape", List.of(states, longs(0, 0, Weights.HEADS, HEAD_WIDTH)));
    }

    private String fedForward(int layer, String states) {
        String inner = node("Gelu", List.of(dense(states, layer + ".intermediate.dense")));
        String out = dense(inner, layer + ".output.dense");
        return normal(layer + ".output.LayerNorm", node("Add", List.of(out, states)));
    }

    private String dense(String input, String name) {
        return linear(quantised(input), weights.tensor(name + ".weight"), weights.tensor(name + ".bias"));
    }

    /** The bytes, their scale and their zero point. */
    private List<String> quantised(String input) {
        return nodes("DynamicQuantizeLinear", List.of(input), 3);
    }

    private String linear(List<String> input, Tensor matrix, Tensor bias) {
        int rows = (int) matrix.shape()[0];
        int columns = (int) matrix.shape()[1];
        byte[] bytes = new byte[rows * columns];
        float[] scales = new float[columns];
        for (int c = 0; c < columns; c++) {
            scales[c] = scale(matrix.values(), c, columns, rows, MATRIX_STEPS);
            for (int r = 0; r < rows; r++) {
                bytes[r * columns + c] = (byte) Math.round(matrix.values()[r * columns + c] / scales[c]);
            }
        }
        String matrixName = name();
        graph.addInitializer(initializer(matrixName, DataType.INT8_VALUE, matrix.shape(), ByteString.copyFrom(bytes)));
        String zero = name();
        graph.addInitializer(
                initializer(zero, DataType.INT8_VALUE, new long[] {columns}, ByteString.copyFrom(new byte[columns])));
        String product = node("MatMulInteger", List.of(input.get(0), matrixName, input.get(2), zero));
        String scale = node("Mul", List.of(input.get(1), floats(new Tensor(new long[] {columns}, scales))));
        String real = node("Cast", List.of(product), attribute("to", DataType.FLOAT_VALUE));
        return node("Add", List.of(node("Mul", List.of(real, scale)), floats(bias)));
    }

    private static float scale(float[] values, int from, int step, int count, int steps) {
        float greatest = 1e-6f;
        for (int i = 0; i < count; i++) {
            greatest = Math.max(greatest, Math.abs(values[from + i * step]));
        }
        return greatest / steps;
    }

    private static Tensor times(Tensor tensor, float factor) {
        float[] values = tensor.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return new Tensor(tensor.shape(), values);
    }

    /** Columns of several matrices, or of vectors, beside each other. */
    private static Tensor sideBySide(Tensor... parts) {
        boolean vectors = parts[0].shape().length == 1;
        int rows = vectors ? 1 : (int) parts[0].shape()[0];
        int width = parts[0].values().length / rows;
        float[] values = new float[rows * width * parts.length];
        for (int r = 0; r < rows; r++) {
            for (int p = 0; p < parts.length; p++) {
                System.arraycopy(parts[p].values(), r * width, values, (r * parts.length + p) * width, width);
            }
        }
        long columns = (long) width * parts.length;
        return new Tensor(vectors ? new long[] {columns} : new long[] {rows, columns}, values);
    }

    private String normal(String name, String input) {
        return node(
                "LayerNormalization",
                List.of(input, floats(weights.tensor(name + ".weight")), floats(weights.tensor(name + ".bias"))),
                AttributeProto.newBuilder()
                        .setName("epsilon")
                        .setType(AttributeType.FLOAT)
                        .setF(EPSILON)
                        .build(),
                attribute("axis", -1));
    }

    private void normalised(String input, String output) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType("LpNormalization")
                .setName(output)
                .addInput(input)
                .addOutput(output)
                .addAttribute(attribute("axis", -1))
                .addAttribute(attribute("p", 2)));
    }

    private String node(String type, List<String> inputs, AttributeProto... attributes) {
        return nodes(type, inputs, 1, attributes).getFirst();
    }

    private List<String> nodes(String type, List<String> inputs, int outputs, AttributeProto... attributes) {
        List<String> made = java.util.stream.IntStream.range(0, outputs)
                .mapToObj(i -> name())
                .toList();
        graph.addNode(NodeProto.newBuilder()
                .setOpType(type)
                .setName(type + made.getFirst())
                .addAllInput(inputs)
                .addAllOutput(made)
                .addAllAttribute(List.of(attributes)));
        return made;
    }

    private String name() {
        return "n" + names++;
    }

    private String floats(Tensor tensor) {
        String name = name();
        graph.addInitializer(initializer(name, DataType.FLOAT_VALUE, tensor.shape(), littleEndian(tensor.values())));
        return name;
    }

    private String longs(long... values) {
        String name = name();
        ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asLongBuffer().put(values);
        graph.addInitializer(
                initializer(name, DataType.INT64_VALUE, new long[] {values.length}, ByteString.copyFrom(buffer)));
        return name;
    }

    private static ByteString littleEndian(float[] values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return ByteString.copyFrom(buffer);
    }

    private static TensorProto initializer(String name, int type, long[] shape, ByteString bytes) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setName(name).setDataType(type).setRawData(bytes);
        for (long size : shape) {
            tensor.addDims(size);
        }
        return tensor.build();
    }

    private static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    private static AttributeProto attribute(String name, long[] values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute.build();
    }

    /** @param shape -1 for what is open */
    private static ValueInfoProto value(String name, DataType type, long... shape) {
        TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
        for (long size : shape) {
            dimensions.addDim(
                    size < 0
                            ? TensorShapeProto.Dimension.newBuilder().setDimParam("pieces_count")
                            : TensorShapeProto.Dimension.newBuilder().setDimValue(size));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(dimensions)))
                .build();
    }
}
