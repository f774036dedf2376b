package io.plumbline.sandbox.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a sentry's control server (gVisor {@code pkg/urpc}): bare JSON without framing, one reply per request, in
 * order. Kept open, so that a freeze costs one round trip and no process. Safe for use by several threads.
 */
final class ControlSocket implements AutoCloseable {
    /** Longest reply that is read, bytes: the process dump of a session at its process limit stays far below. */
    private static final int MAX_REPLY = 16 << 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024).flip();
    private final JsonEnd end = new JsonEnd();
    private ByteArrayOutputStream reply = new ByteArrayOutputStream();

    /** Whose reply has not been read; replies come in the order of requests. */
    private final Deque<Question> unread = new ArrayDeque<>();

    /** A request, and its reply once that has been read. Guarded by the socket. */
    private static final class Question {
        private final long askedNanos = System.nanoTime();
        private Optional<JsonNode> reply = Optional.empty();
    }

    /**
     * What a {@link Standing} question was answered.
     *
     * @param askedNanos when it was asked, as of {@link System#nanoTime}: what the result says is of then, or of later
     */
    record Answer(JsonNode result, long askedNanos) {}

    private ControlSocket(SocketChannel channel, Selector selector) {
        this.channel = channel;
        this.selector = selector;
    }

    static ControlSocket connect(Path path) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
            channel.configureBlocking(false);
            Selector selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            return new ControlSocket(channel, selector);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Calls and waits for the reply; replies of earlier requests are read first, and dropped unless a {@link Standing}
     * question waits for them.
     *
     * @return the result, or empty when no reply came in time
     * @throws SandboxException when the sentry refused
     * @throws IOException when the connection has ended
     */
    synchronized Optional<JsonNode> call(String method, JsonNode argument, Duration limit)
            throws IOException, SandboxException {
        long deadline = System.nanoTime() + limit.toNanos();
        Optional<JsonNode> reply = reply(request(method, argument), deadline);
        return reply.isEmpty() ? reply : Optional.of(result(method, reply.get()));
    }

    /** Sends a request whose reply is left to {@link #awaitOutstanding}. */
    synchronized void send(String method, JsonNode argument) throws IOException {
        request(method, argument);
    }

    private Question request(String method, JsonNode argument) throws IOException {
        byte[] request = JSON.writeValueAsBytes(
                JSON.createObjectNode().put("method", method).set("arg", argument));
        ByteBuffer out = ByteBuffer.wrap(request);
        Question question = new Question();
        while (out.hasRemaining()) {
            // Requests are far smaller than the socket's buffer; a full one means that the sentry reads nothing any
            // more.
            if (channel.write(out) == 0) {
                throw new IOException("the sandbox's control socket is full");
            }
        }
        unread.addLast(question);
        return question;
    }

    /** Reads all replies that are still to come; false when they did not come in time or one of them was a refusal. */
    synchronized boolean awaitOutstanding(Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean succeeded = true;
        while (!unread.isEmpty()) {
            Optional<JsonNode> reply = reply(unread.getFirst(), deadline);
            if (reply.isEmpty()) {
                return false;
            }
            succeeded &= reply.get().path("success").asBoolean();
        }
        return succeeded;
    }

    /** A question that will be asked over and over. */
    Standing standing(String method, JsonNode argument) {
        return new Standing(method, argument);
    }

    /**
     * A question that is asked over and over: at most one request of it is under way, so that a slow kernel gets no more to
     * do, and its answer counts whenever it comes.
     */
    final class Standing {
        private final String method;
        private final JsonNode argument;

        // Guarded by the socket.
        private @Nullable Question underWay;

        private Standing(String method, JsonNode argument) {
            this.method = method;
            this.argument = argument;
        }

        /**
         * Asks, unless a request is under way, and waits for the answer.
         *
         * @return the newest answer; empty when none has come since the last call
         * @throws SandboxException when the sentry refused
         * @throws IOException when the connection has ended
         */
        Optional<Answer> ask(Duration limit) throws IOException, SandboxException {
            synchronized (ControlSocket.this) {
                long deadline = System.nanoTime() + limit.toNanos();
                Optional<Answer> late = answer(System.nanoTime());
                if (underWay == null) {
                    underWay = request(method, argument);
                }
                Optional<Answer> answer = answer(deadline);
                return answer.isPresent() ? answer : late;
            }
        }

        /** Of the request under way, which it then is no more. */
        private Optional<Answer> answer(long deadline) throws IOException, SandboxException {
            Question question = underWay;
            if (question == null) {
                return Optional.empty();
            }
            Optional<JsonNode> reply = reply(question, deadline);
            if (reply.isEmpty()) {
                return Optional.empty();
            }
            underWay = null;
            return Optional.of(new Answer(result(method, reply.get()), question.askedNanos));
        }
    }

    /** Empty when it has not come in time; replies that come before it are read too. */
    private Optional<JsonNode> reply(Question question, long deadline) throws IOException {
        boolean inTime = true;
        while (inTime && question.reply.isEmpty()) {
            inTime = readReply(deadline);
        }
        return question.reply;
    }

    /** Reads the next reply; false when it has not come in time. */
    private boolean readReply(long deadline) throws IOException {
        while (true) {
            while (buffer.hasRemaining()) {
                byte b = buffer.get();
                reply.write(b);
                if (end.isEnd(b)) {
                    byte[] text = reply.toByteArray();
                    reply = new ByteArrayOutputStream();
                    end.reset();
                    Question first = unread.pollFirst();
                    if (first == null) {
                        close();
                        throw new IOException("the sandbox's control socket sent a reply that nobody asked for");
                    }
                    first.reply = Optional.of(parse(text));
                    return true;
                }
                if (reply.size() > MAX_REPLY) {
                    close();
                    throw new IOException("reply longer than " + MAX_REPLY + " bytes");
                }
            }
            buffer.clear();
            int n = channel.read(buffer);
            buffer.flip();
            if (n < 0) {
                throw new IOException("the sandbox's control socket has ended");
            }
            if (n == 0) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                try {
                    selector.select(Math.max(1, left / 1_000_000));
                    selector.selectedKeys().clear();
                } catch (ClosedSelectorException e) {
                    throw new IOException("closed", e);
                }
            }
        }
    }

    private JsonNode parse(byte[] text) throws IOException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            close();
            throw new IOException("the sandbox's control socket sent no JSON", e);
        }
    }

    private static JsonNode result(String method, JsonNode reply) throws SandboxException {
        if (!reply.path("success").asBoolean()) {
            String reason = reply.path("err").asText();
            throw new SandboxException(method + ": "
                    + (reason.isEmpty() ? "refused" : reason.substring(0, Math.min(reason.length(), 500))));
        }
        return reply.path("result");
    }

    @Override
    public void close() throws IOException {
        // Not synchronised: it has to end a call that waits.
        selector.close();
        channel.close();
    }

    /** Finds the end of a JSON object in a stream of bytes. */
    static final class JsonEnd {
        private int depth;
        private boolean inString;
        private boolean escaped;

        /** True when {@code b} closes the outermost object. */
        boolean isEnd(byte b) {
            if (inString) {
                if (escaped) {
                    escaped = false;
                } else if (b == '\\') {
                    escaped = true;
                } else if (b == '"') {
                    inString = false;
                }
                return false;
            }
            switch (b) {
                case '"' -> inString = true;
                case '{', '[' -> depth++;
                case '}', ']' -> {
                    depth--;
                    return depth <= 0;
                }
                default -> {}
            }
            return false;
        }

        void reset() {
            depth = 0;
            inString = false;
            escaped = false;
        }
    }
}
