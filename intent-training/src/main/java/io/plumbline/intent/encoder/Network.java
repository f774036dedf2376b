package io.plumbline.intent.encoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import io.plumbline.intent.encoder.Weights.Tensor;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.text.Encoder.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.stream.LongStream;

/** An encoder in PyTorch, for several texts at a time; the same arithmetic as {@link OnnxFile} writes, not quantised. */
final class Network {
    private static final int WIDTH = Encoder.WIDTH;
    private static final int HEAD_WIDTH = WIDTH / Weights.HEADS;
    private static final float EPSILON = 1e-12f;

    private final SequencedMap<String, NDArray> parameters = new LinkedHashMap<>();
    private final int layers;

    /**
     * Texts as the encoder sees them.
     *
     * @param vectors texts by {@link Encoder#WIDTH}, length 1
     * @param pieces texts by most pieces by {@link Encoder#PIECE_WIDTH}, length 1; zero after a text's end
     * @param mask texts by most pieces: 1, and 0 after a text's end
     */
    record Batch(NDArray vectors, NDArray pieces, NDArray mask) {}

    Network(NDManager manager, Weights weights) {
        layers = weights.layers();
        weights.tensors().forEach((name, tensor) -> {
            // Copied: an array that shares its memory with the caller's is not to be trained in place.
            try (NDArray shared = manager.create(tensor.values(), new Shape(tensor.shape()))) {
                parameters.put(name, shared.duplicate());
            }
        });
    }

    /** What is trained: all but the words, of which the corpus has too few. */
    SequencedMap<String, NDArray> trained() {
        SequencedMap<String, NDArray> trained = new LinkedHashMap<>(parameters);
        trained.remove(Weights.WORDS);
        return trained;
    }

    Weights weights() {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        parameters.forEach(
                (name, array) -> tensors.put(name, new Tensor(array.getShape().getShape(), array.toFloatArray())));
        return new Weights(layers, tensors);
    }

    /** Lets all that is computed with the parameters end with a manager; they come back when it closes. */
    void computeIn(NDManager manager) {
        parameters.values().forEach(parameter -> parameter.tempAttach(manager));
    }

    /**
     * @param texts ids of their pieces, frames included
     * @param dropped share of numbers that are left out at random, while it learns
     */
    Batch encode(NDManager manager, List<long[]> texts, Role role, float dropped) {
        int count = texts.size();
        int most = texts.stream().mapToInt(text -> text.length).max().orElseThrow();
        long[] ids = new long[count * most];
        float[] there = new float[count * most];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < texts.get(i).length; j++) {
                ids[i * most + j] = texts.get(i)[j];
                there[i * most + j] = 1;
            }
        }
        NDArray mask = manager.create(there, new Shape(count, most));
        long[] places = LongStream.range(0, most).toArray();
        NDArray states = looked(Weights.WORDS, manager.create(ids, new Shape(count, most)))
                .add(looked(Weights.POSITIONS, manager.create(places, new Shape(most))))
                .add(looked(Weights.ROLES, manager.create(new long[] {role.ordinal()}, new Shape(1))));
        states = without(normal(states, "embeddings.LayerNorm"), dropped);
        NDArray hidden = mask.sub(1)
                .mul(1e4f)
                .reshape(count, 1, 1, most)
                .broadcast(new Shape(count, Weights.HEADS, 1, most))
                .reshape((long) count * Weights.HEADS, 1, most);
        for (int layer = 0; layer < layers; layer++) {
            states = fedForward(layer, attended(layer, states, hidden, dropped), dropped);
        }
        NDArray vectors = normalised(states.mul(mask.reshape(count, most, 1)).sum(new int[] {1}));
        NDArray pieces = normalised(states.matMul(parameter(Weights.PIECES))).mul(mask.reshape(count, most, 1));
        return new Batch(vectors, pieces, mask);
    }

    private NDArray looked(String name, NDArray ids) {
        return Embedding.embedding(ids, parameter(name), SparseFormat.DENSE).get(0);
    }

    private NDArray attended(int layer, NDArray states, NDArray hidden, float dropped) {
        Shape shape = states.getShape();
        String name = layer + ".attention.self.";
        NDArray query = heads(dense(states, name + "query").div((float) Math.sqrt(HEAD_WIDTH)));
        NDArray key = heads(dense(states, name + "key"));
        NDArray value = heads(dense(states, name + "value"));
        NDArray shares = query.matMul(key.transpose(0, 2, 1)).add(hidden).softmax(-1);
        shares = without(shares, dropped);
        NDArray context = shares.matMul(value)
                .reshape(shape.get(0), Weights.HEADS, shape.get(1), HEAD_WIDTH)
                .transpose(0, 2, 1, 3)
                .reshape(shape);
        NDArray out = without(dense(context, layer + ".attention.output.dense"), dropped);
        return normal(out.add(states), layer + ".attention.output.LayerNorm");
    }

    /** Texts and heads in one dimension. */
    private static NDArray heads(NDArray states) {
        Shape shape = states.getShape();
        return states.reshape(shape.get(0), shape.get(1), Weights.HEADS, HEAD_WIDTH)
                .transpose(0, 2, 1, 3)
                .reshape(shape.get(0) * Weights.HEADS, shape.get(1), HEAD_WIDTH);
    }

    private NDArray fedForward(int layer, NDArray states, float dropped) {
        NDArray inner = Activation.gelu(dense(states, layer + ".intermediate.dense"));
        NDArray out = without(dense(inner, layer + ".output.dense"), dropped);
        return normal(out.add(states), layer + ".output.LayerNorm");
    }

    private static NDArray without(NDArray input, float dropped) {
        return dropped == 0 ? input : Dropout.dropout(input, dropped, true).get(0);
    }

    private NDArray dense(NDArray input, String name) {
        return input.matMul(parameter(name + ".weight")).add(parameter(name + ".bias"));
    }

    private NDArray normal(NDArray input, String name) {
        return LayerNorm.layerNorm(
                        input, new Shape(WIDTH), parameter(name + ".weight"), parameter(name + ".bias"), EPSILON)
                .get(0);
    }

    private static NDArray normalised(NDArray input) {
        return input.div(input.square().sum(new int[] {-1}, true).add(EPSILON).sqrt());
    }

    private NDArray parameter(String name) {
        return Objects.requireNonNull(parameters.get(name), name);
    }

    /** All texts of one batch held against all of another. */
    static Similarities similarities(Batch said, Batch done) {
        long n = said.mask().getShape().get(0);
        long m = done.mask().getShape().get(0);
        long p = said.mask().getShape().get(1);
        long q = done.mask().getShape().get(1);
        NDArray all = said.pieces()
                .reshape(n * p, Encoder.PIECE_WIDTH)
                .matMul(done.pieces().reshape(m * q, Encoder.PIECE_WIDTH).transpose())
                .reshape(n, p, m, q);
        NDArray best = all.add(done.mask().sub(1).mul(10f).reshape(1, 1, m, q)).max(new int[] {3});
        NDArray asked = best.mul(said.mask().reshape(n, p, 1))
                .sum(new int[] {1})
                .div(said.mask().sum(new int[] {1}, true));
        NDArray bestDone =
                all.add(said.mask().sub(1).mul(10f).reshape(n, p, 1, 1)).max(new int[] {1});
        NDArray answered = bestDone.mul(done.mask().reshape(1, m, q))
                .sum(new int[] {2})
                .div(done.mask().sum(new int[] {1}).reshape(1, m));
        return new Similarities(said.vectors().matMul(done.vectors().transpose()), asked, answered);
    }

    /**
     * Cosines, what is said by what is done.
     *
     * @param whole of the vectors
     * @param asked mean over what is said of each piece's best
     * @param answered mean over what is done of each piece's best
     */
    record Similarities(NDArray whole, NDArray asked, NDArray answered) {}
}
