package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.posix.TerminalSize;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** Talks to the daemon of this host: starts sessions and follows them, lists the live ones. */
public final class RunClient {
    private final Path socket;

    /** @param socket {@code DATA/run.sock} of the daemon */
    public RunClient(Path socket) {
        this.socket = socket;
    }

    /**
     * What to run.
     *
     * @param agent claude-code, codex, gemini, qwen, opencode, none, or another word: it runs as none under that name
     * @param workspace absolute path
     * @param stdio the command's standard streams
     * @param image absolute path of a directory with the root file system to use; empty: a selection of the host's own system
     * @param policySignature of exactly this policy, as {@link io.plumbline.events.policy.PolicySignature} writes it; empty: none
     */
    public record Request(
            String policyYaml,
            String task,
            String agent,
            Path workspace,
            List<String> command,
            Stdio stdio,
            Optional<Path> image,
            String policySignature) {
        public Request {
            command = List.copyOf(command);
        }

        /** With a policy that nobody signed. */
        public Request(
                String policyYaml,
                String task,
                String agent,
                Path workspace,
                List<String> command,
                Stdio stdio,
                Optional<Path> image) {
            this(policyYaml, task, agent, workspace, command, stdio, image, "");
        }

        /** On the host's own system. */
        public Request(
                String policyYaml, String task, String agent, Path workspace, List<String> command, Stdio stdio) {
            this(policyYaml, task, agent, workspace, command, stdio, Optional.empty());
        }

        /** Without input. */
        public Request(String policyYaml, String task, String agent, Path workspace, List<String> command) {
            this(policyYaml, task, agent, workspace, command, new Stdio.OutputOnly());
        }
    }

    /** What a person, or a program in a pipe, has to say to the command. */
    public interface Keyboard {
        /** Bytes for the command's standard input; read on a thread of its own until its end. */
        InputStream bytes();

        /** Has {@code resized} told of each new size of the terminal, from now on. */
        void onResize(Consumer<TerminalSize> resized);
    }

    /** Takes what a session says of itself. */
    public interface Follower {
        void session(String id);

        /** The session has no kernel of its own; what it runs in instead. */
        default void degraded(String runtime) {}

        void stdout(byte[] bytes);

        void stderr(byte[] bytes);

        /** @param state CREATED, RUNNING, FROZEN, KILLED, EXITED, FAILED */
        void state(String state, String reason);
    }

    /** How a session ended. */
    public record Exit(int code, String reason) {}

    /** A session that is alive. {@code started}: ISO 8601. */
    public record LiveSession(String id, String task, String agent, String state, String started) {}

    /** The daemon refused, or the session did not come to run; the message is meant for people. */
    public static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /**
     * Starts a session and follows it to its end. When this thread is interrupted or the process ends, the session is killed.
     *
     * @throws IOException when the daemon cannot be reached or goes away
     */
    public Exit run(Request request, Follower follower) throws IOException {
        return run(request, follower, Optional.empty());
    }

    /** Likewise, with somebody at its standard input; {@code request.stdio()} must want it. */
    public Exit run(Request request, Follower follower, Keyboard keyboard) throws IOException {
        return run(request, follower, Optional.of(keyboard));
    }

    private Exit run(Request request, Follower follower, Optional<Keyboard> keyboard) throws IOException {
        ObjectNode message = RunProtocol.object()
                .put("policy_yaml", request.policyYaml())
                .put("policy_signature", request.policySignature())
                .put("task", request.task())
                .put("agent", request.agent())
                .put("workspace", request.workspace().toString());
        request.image().ifPresent(image -> message.put("image", image.toString()));
        request.command().forEach(message.putArray("command")::add);
        switch (request.stdio()) {
            case Stdio.OutputOnly none -> message.put("stdio", "output");
            case Stdio.Piped piped -> message.put("stdio", "piped");
            case Stdio.Terminal terminal ->
                message.put("stdio", "terminal")
                        .put("term", terminal.type())
                        .put("rows", terminal.size().rows())
                        .put("columns", terminal.size().columns());
        }
        try (SocketChannel channel = connect()) {
            send(channel, message);
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
            Semaphore window = new Semaphore(WorkloadInput.WINDOW);
            keyboard.ifPresent(typing -> attach(typing, channel, window));
            while (true) {
                JsonNode line = RunProtocol.read(in).orElseThrow(() -> new IOException("the daemon has gone"));
                switch (line.path("type").asText()) {
                    case "session" -> follower.session(line.path("id").asText());
                    case "degraded" -> follower.degraded(line.path("runtime").asText());
                    case "stdout" -> follower.stdout(data(line));
                    case "stderr" -> follower.stderr(data(line));
                    case "stdin-taken" -> window.release(line.path("bytes").asInt());
                    case "state" ->
                        follower.state(
                                line.path("state").asText(), line.path("reason").asText());
                    case "exit" -> {
                        return new Exit(
                                line.path("code").asInt(), line.path("reason").asText());
                    }
                    case "error" ->
                        throw new RefusedException(line.path("message").asText());
                    default -> {}
                }
            }
        }
    }

    /**
     * A container that is to be watched.
     *
     * @param freezer docker, containerd, runc
     * @param container the runtime's name for it
     * @param socket of the runtime, for runc its state directory; empty: the usual one
     * @param namespace containerd's; empty: default
     * @param policySignature as in {@link Request}
     */
    public record Attach(
            String policyYaml,
            String task,
            String agent,
            String freezer,
            String container,
            String socket,
            String namespace,
            String policySignature) {
        /** With a policy that nobody signed. */
        public Attach(
                String policyYaml,
                String task,
                String agent,
                String freezer,
                String container,
                String socket,
                String namespace) {
            this(policyYaml, task, agent, freezer, container, socket, namespace, "");
        }
    }

    /**
     * A session that was attached.
     *
     * @param sockets folder on the host with the sockets for the agent in the container
     */
    public record Attached(String session, Path sockets) {}

    /** Has a container watched; the session stays when this process ends. */
    public Attached attach(Attach request) throws IOException {
        try (SocketChannel channel = connect()) {
            send(
                    channel,
                    RunProtocol.object()
                            .put("op", "attach")
                            .put("policy_yaml", request.policyYaml())
                            .put("policy_signature", request.policySignature())
                            .put("task", request.task())
                            .put("agent", request.agent())
                            .put("freezer", request.freezer())
                            .put("container", request.container())
                            .put("socket", request.socket())
                            .put("namespace", request.namespace()));
            JsonNode line = RunProtocol.read(new BufferedInputStream(Channels.newInputStream(channel)))
                    .orElseThrow(() -> new IOException("the daemon has gone"));
            if (line.path("type").asText().equals("error")) {
                throw new RefusedException(line.path("message").asText());
            }
            return new Attached(
                    line.path("id").asText(), Path.of(line.path("sockets").asText()));
        }
    }

    /** Passes on what is typed, never more than the daemon has room for. */
    private static void attach(Keyboard keyboard, SocketChannel channel, Semaphore window) {
        keyboard.onResize(size -> {
            try {
                send(
                        channel,
                        RunProtocol.object()
                                .put("type", "resize")
                                .put("rows", size.rows())
                                .put("columns", size.columns()));
            } catch (IOException e) {
                // The session is over; its follower hears of it.
            }
        });
        Thread.ofPlatform().daemon().name("keyboard").start(() -> {
            byte[] buffer = new byte[RunProtocol.CHUNK];
            try {
                InputStream bytes = keyboard.bytes();
                for (int n = bytes.read(buffer); n >= 0; n = bytes.read(buffer)) {
                    window.acquire(n);
                    String data = Base64.getEncoder().encodeToString(Arrays.copyOf(buffer, n));
                    send(channel, RunProtocol.object().put("type", "stdin").put("data", data));
                }
                send(channel, RunProtocol.object().put("type", "stdin-end"));
            } catch (IOException e) {
                // The session is over; its follower hears of it.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    public List<LiveSession> sessions() throws IOException {
        try (SocketChannel channel = connect()) {
            send(channel, RunProtocol.object().put("op", "sessions"));
            JsonNode line = RunProtocol.read(new BufferedInputStream(Channels.newInputStream(channel)))
                    .orElseThrow(() -> new IOException("the daemon has gone"));
            if (line.path("type").asText().equals("error")) {
                throw new RefusedException(line.path("message").asText());
            }
            List<LiveSession> sessions = new ArrayList<>();
            for (JsonNode session : line.path("sessions")) {
                sessions.add(new LiveSession(
                        session.path("id").asText(),
                        session.path("task").asText(),
                        session.path("agent").asText(),
                        session.path("state").asText(),
                        session.path("started").asText()));
            }
            return sessions;
        }
    }

    /** Ends a session. @throws RefusedException when it is not one of this user, or there is none */
    public void stop(String session) throws IOException {
        try (SocketChannel channel = connect()) {
            send(channel, RunProtocol.object().put("op", "stop").put("session", session));
            JsonNode line = RunProtocol.read(new BufferedInputStream(Channels.newInputStream(channel)))
                    .orElseThrow(() -> new IOException("the daemon has gone"));
            if (!line.path("type").asText().equals("stopped")) {
                throw new RefusedException(line.path("message").asText());
            }
        }
    }

    /**
     * What a session in review mode has changed.
     *
     * @param sha256 names exactly this set of changes; a decision has to repeat it
     * @param diff as the workload wrote it: to be escaped before it is shown
     * @param unseen changed files whose new content it does not show
     */
    public record Review(String sha256, String diff, int unseen) {}

    /** @throws RefusedException when nothing waits for a review, or it is another user's */
    public Review review(String session) throws IOException {
        try (SocketChannel channel = connect()) {
            send(channel, RunProtocol.object().put("op", "review").put("session", session));
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
            StringBuilder diff = new StringBuilder();
            while (true) {
                JsonNode line = RunProtocol.read(in).orElseThrow(() -> new IOException("the daemon has gone"));
                switch (line.path("type").asText()) {
                    case "diff" -> diff.append(line.path("text").asText());
                    case "review" -> {
                        return new Review(
                                line.path("sha256").asText(),
                                diff.toString(),
                                line.path("unseen").asInt());
                    }
                    case "error" ->
                        throw new RefusedException(line.path("message").asText());
                    default -> {}
                }
            }
        }
    }

    /**
     * Applies the changes that {@code review} showed.
     *
     * @throws RefusedException when they are not what waits, not all of it was shown, or the workspace has changed meanwhile;
     *     nothing is changed then
     */
    public void accept(String session, Review review, String reason) throws IOException {
        decide(session, review, decision(true).put("reason", reason));
    }

    /** As {@link #accept}, also those whose content {@code review} did not show. */
    public void acceptUnseen(String session, Review review, String reason) throws IOException {
        decide(session, review, decision(true).put("reason", reason).put("unseen", true));
    }

    /** Throws the changes that {@code review} showed away. */
    public void reject(String session, Review review, String reason) throws IOException {
        decide(session, review, decision(false).put("reason", reason));
    }

    private static ObjectNode decision(boolean accept) {
        return RunProtocol.object().put("op", "review").put("accept", accept);
    }

    private void decide(String session, Review review, ObjectNode decision) throws IOException {
        try (SocketChannel channel = connect()) {
            send(channel, decision.put("session", session).put("sha256", review.sha256()));
            JsonNode line = RunProtocol.read(new BufferedInputStream(Channels.newInputStream(channel)))
                    .orElseThrow(() -> new IOException("the daemon has gone"));
            if (!line.path("type").asText().equals("decided")) {
                throw new RefusedException(line.path("message").asText());
            }
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw new IOException("no sandbox host answers at " + socket + ": " + e.getMessage(), e);
        }
    }

    private static void send(SocketChannel channel, ObjectNode message) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(RunProtocol.line(message));
        // A line is not torn by another one.
        synchronized (channel) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    private static byte[] data(JsonNode line) {
        return Base64.getDecoder().decode(line.path("data").asText());
    }
}
