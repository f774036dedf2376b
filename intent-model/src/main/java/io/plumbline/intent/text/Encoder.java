package io.plumbline.intent.text;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.plumbline.intent.IntentModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The trained encoder of tasks and acts (see module {@code intent-training}), run by ONNX Runtime on one thread. One text gives one
 * {@link Encoded} a window of {@value #WINDOW} pieces; what is longer than {@value #MAX_WINDOWS} windows is left out.
 *
 * <p>The file takes {@code input_ids} (1 by pieces) and {@code role} (1), and gives {@code vector} (1 by {@value #WIDTH}) and {@code
 * pieces} (pieces by {@value #PIECE_WIDTH}), both of length 1.
 */
public final class Encoder implements AutoCloseable {
    /** Width of a text's vector. */
    public static final int WIDTH = 384;
    /** Width of a piece's vector. */
    public static final int PIECE_WIDTH = 64;
    /** Pieces of a window, its two frame pieces included. */
    public static final int WINDOW = 32;
    /** Bounds the time that a long act takes. */
    public static final int MAX_WINDOWS = 8;

    /** What a text is: one role's texts are encoded to be near the other's that they go with. */
    public enum Role {
        /** A task, or what somebody says. */
        SAID,
        /** What is done: a command line, an edit, a call. */
        DONE
    }

    private static final int MAX_COMMAND_LINE = 3_500;
    private static final int BODY = WINDOW - 2;
    private static final int STRIDE = BODY - 6;
    private static final String MODEL = "/io/plumbline/intent/model/encoder.onnx";

    private static final Object LOCK = new Object();
    private static @Nullable Loaded shared;
    private static int users;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final WordPiece tokenizer;
    private final String digest;
    private boolean closed;

    /** What all encoders of this process work with: its memory is needed once. */
    private record Loaded(OrtEnvironment environment, OrtSession session, WordPiece tokenizer, String digest) {}

    private Encoder(Loaded loaded) {
        this.environment = loaded.environment();
        this.session = loaded.session();
        this.tokenizer = loaded.tokenizer();
        this.digest = loaded.digest();
    }

    /** The encoder of the class path; loaded once in a process. @throws IntentModelException when it is missing or does not load */
    public static Encoder load() throws IntentModelException {
        synchronized (LOCK) {
            Loaded loaded = shared;
            if (loaded == null) {
                loaded = read(resource(MODEL));
                shared = loaded;
            }
            users++;
            return new Encoder(loaded);
        }
    }

    /** An encoder from a file, for training and for comparing; nothing of it is shared. */
    public static Encoder of(byte[] model) throws IntentModelException {
        return new Encoder(read(model));
    }

    private static Loaded read(byte[] model) throws IntentModelException {
        checkCommandLine();
        byte[] vocabulary = resource(WordPiece.SHIPPED);
        WordPiece tokenizer = WordPiece.read(vocabulary);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
            options.setDeterministicCompute(true);
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            return new Loaded(
                    environment, environment.createSession(model, options), tokenizer, sha256(model, vocabulary));
        } catch (OrtException | LinkageError e) {
            throw new IntentModelException("encoder: " + e.getMessage() + " (expected: a model that loads)", e);
        }
    }

    /** ONNX Runtime 1.29 reads the command line of its process into a page, and takes the whole process down when it is longer. */
    private static void checkCommandLine() throws IntentModelException {
        try (InputStream line = Files.newInputStream(Path.of("/proc/self/cmdline"))) {
            int bytes = line.readNBytes(MAX_COMMAND_LINE + 1).length;
            if (bytes > MAX_COMMAND_LINE) {
                throw new IntentModelException(
                        "encoder: this process has a command line of more than " + MAX_COMMAND_LINE
                                + " bytes (expected: <= " + MAX_COMMAND_LINE + "; give the class path in CLASSPATH)");
            }
        } catch (IOException e) {
            throw new IntentModelException(
                    "encoder: " + e.getMessage() + " (expected: a readable /proc/self/cmdline)", e);
        }
    }

    /** SHA-256 of the model's file and of its vocabulary, hex. */
    public String digest() {
        return digest;
    }

    /** Whether a text has more pieces than its windows cover. */
    public boolean exceedsWindows(String text) {
        int covered = BODY + (MAX_WINDOWS - 1) * STRIDE;
        return tokenizer.pieces(text, covered + 1).length > covered;
    }

    /** Pieces of a text, its frame left out, at most {@code limit}. */
    public int pieces(String text, int limit) {
        return tokenizer.pieces(text, limit).length;
    }

    /**
     * One a window, the first window first; at least one. Of what is said only the first: about twenty words, by which a task is
     * known.
     */
    public List<Encoded> encode(String text, Role role) throws IntentModelException {
        int most = role == Role.SAID ? 1 : MAX_WINDOWS;
        int[] pieces = tokenizer.pieces(text, BODY + (MAX_WINDOWS - 1) * STRIDE);
        List<Encoded> windows = new ArrayList<>();
        int from = 0;
        do {
            int to = Math.min(pieces.length, from + BODY);
            windows.add(run(tokenizer.framed(pieces, from, to), role));
            if (to == pieces.length) {
                break;
            }
            // The last window is as long as the others: a short rest would say little.
            from = Math.min(from + STRIDE, pieces.length - BODY);
        } while (windows.size() < most);
        return windows;
    }

    private Encoded run(long[] ids, Role role) throws IntentModelException {
        try (OnnxTensor input = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), new long[] {1, ids.length});
                OnnxTensor side = OnnxTensor.createTensor(
                        environment, LongBuffer.wrap(new long[] {role.ordinal()}), new long[] {1});
                OrtSession.Result result = session.run(Map.of("input_ids", input, "role", side))) {
            float[] vector = new float[WIDTH];
            ((OnnxTensor) result.get(0)).getFloatBuffer().get(vector);
            for (float value : vector) {
                if (!Float.isFinite(value)) {
                    throw new IntentModelException("encoder: " + value + " (expected: numbers)");
                }
            }
            float[] pieces = new float[ids.length * PIECE_WIDTH];
            ((OnnxTensor) result.get(1)).getFloatBuffer().get(pieces);
            byte[] bytes = new byte[pieces.length];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) Math.round(Math.clamp(pieces[i], -1f, 1f) * 127);
            }
            return new Encoded(vector, bytes);
        } catch (OrtException | RuntimeException e) {
            throw new IntentModelException("encoder: " + e.getMessage(), e);
        }
    }

    /** The same vector with length 1; changed in place. */
    public static float[] normalised(float[] vector) {
        double norm = 0;
        for (float value : vector) {
            norm += (double) value * value;
        }
        float scale = (float) (1 / Math.sqrt(Math.max(norm, 1e-12)));
        for (int j = 0; j < WIDTH; j++) {
            vector[j] *= scale;
        }
        return vector;
    }

    @Override
    public void close() {
        synchronized (LOCK) {
            if (closed) {
                return;
            }
            closed = true;
            if (shared != null && shared.session() == session) {
                users--;
                if (users > 0) {
                    return;
                }
                shared = null;
            }
        }
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("encoder does not close", e);
        }
    }

    /** Of two vectors of length 1; in four sums that do not wait for each other. */
    public static double cosine(float[] a, float[] b) {
        double first = 0;
        double second = 0;
        double third = 0;
        double fourth = 0;
        for (int i = 0; i < WIDTH; i += 4) {
            first += (double) a[i] * b[i];
            second += (double) a[i + 1] * b[i + 1];
            third += (double) a[i + 2] * b[i + 2];
            fourth += (double) a[i + 3] * b[i + 3];
        }
        return first + second + (third + fourth);
    }

    static byte[] resource(String name) throws IntentModelException {
        try (InputStream stream = Encoder.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IntentModelException("encoder: no " + name + " (expected: on the class path)");
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new IntentModelException("encoder: " + name + ": " + e.getMessage(), e);
        }
    }

    private static String sha256(byte[] model, byte[] vocabulary) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(model);
            return HexFormat.of().formatHex(digest.digest(vocabulary));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is missing", e);
        }
    }
}
