package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The daemon's socket for {@code plumbline run}: only root and the daemon's own user may talk to it. */
final class RunServer implements AutoCloseable {
    private static final int MAX_COMMAND = 4096;
    private static final Logger LOG = LoggerFactory.getLogger(RunServer.class);

    private final ServerSocketChannel server;
    private final Path socket;
    private final UserPrincipal owner;
    private final SandboxHost host;
    private final Function<String, TaskPolicy> policies;

    private RunServer(
            ServerSocketChannel server,
            Path socket,
            UserPrincipal owner,
            SandboxHost host,
            Function<String, TaskPolicy> policies) {
        this.server = server;
        this.socket = socket;
        this.owner = owner;
        this.host = host;
        this.policies = policies;
    }

    /** @param policies parses a policy, or throws with a message of one line */
    static RunServer open(Path socket, SandboxHost host, Function<String, TaskPolicy> policies) throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        RunServer run = new RunServer(server, socket, Files.getOwner(socket), host, policies);
        Thread.ofPlatform().daemon().name("run-socket").start(run::accept);
        return run;
    }

    private void accept() {
        while (true) {
            try {
                SocketChannel peer = server.accept();
                Thread.ofPlatform().daemon().name("run-client").start(() -> serve(peer));
            } catch (AsynchronousCloseException e) {
                return;
            } catch (IOException e) {
                if (!server.isOpen()) {
                    return;
                }
                LOG.warn("run socket", e);
            }
        }
    }

    private void serve(SocketChannel peer) {
        try (Client client = new Client(peer)) {
            UserPrincipal user =
                    peer.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
            if (!user.equals(owner) && !user.getName().equals("root")) {
                client.error("user " + user.getName() + " may not use this sandbox host");
                return;
            }
            InputStream in = new BufferedInputStream(Channels.newInputStream(peer));
            Optional<JsonNode> request = RunProtocol.read(in);
            if (request.isEmpty()) {
                return;
            }
            if (request.get().path("op").asText().equals("sessions")) {
                client.send(sessions());
                return;
            }
            if (request.get().path("op").asText().equals("attach")) {
                attach(request.get(), user.getName(), client);
                return;
            }
            run(request.get(), user.getName(), client, in);
        } catch (IOException e) {
            LOG.debug("run client: {}", e.getMessage());
        }
    }

    private void run(JsonNode request, String user, Client client, InputStream in) throws IOException {
        Session session;
        try {
            session = host.start(parse(request, user), client);
        } catch (RuntimeException e) {
            client.error(String.valueOf(e.getMessage()));
            return;
        }
        // The client says nothing more: the end of its stream is its wish to end the session.
        try {
            while (in.read() >= 0) {
                continue;
            }
            session.stop("the client has gone");
        } catch (IOException e) {
            session.stop("the client has gone");
        }
        try {
            session.awaitFinished(java.time.Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The session stays when the client goes: it ends with the container. */
    private void attach(JsonNode request, String user, Client client) {
        try {
            SandboxHost.Attached attached = host.attach(new AttachRequest(
                    policies.apply(request.path("policy_yaml").asText()),
                    request.path("task").asText(),
                    agent(request),
                    AttachRequest.Target.of(
                            request.path("freezer").asText(),
                            request.path("container").asText(),
                            request.path("socket").asText(),
                            request.path("namespace").asText()),
                    user));
            client.send(RunProtocol.object()
                    .put("type", "attached")
                    .put("id", attached.session())
                    .put("sockets", attached.sockets().toString()));
        } catch (IOException | RuntimeException e) {
            client.error(String.valueOf(e.getMessage()));
        }
    }

    private static Agent agent(JsonNode request) {
        String name = request.path("agent").asText("none");
        return Agent.of(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "agent: " + name + " (expected: claude-code, codex, scripted or none)"));
    }

    private SessionRequest parse(JsonNode request, String user) {
        TaskPolicy policy = policies.apply(request.path("policy_yaml").asText());
        Agent agent = agent(request);
        List<String> command = new ArrayList<>();
        for (JsonNode word : request.path("command")) {
            if (command.size() == MAX_COMMAND) {
                throw new IllegalArgumentException("command: more than " + MAX_COMMAND + " words");
            }
            command.add(word.asText());
        }
        return new SessionRequest(
                policy,
                request.path("task").asText(),
                agent,
                Path.of(request.path("workspace").asText()).normalize(),
                command,
                user);
    }

    private ObjectNode sessions() {
        ObjectNode answer = RunProtocol.object().put("type", "sessions");
        ArrayNode list = answer.putArray("sessions");
        for (Session session : host.live()) {
            list.addObject()
                    .put("id", session.id())
                    .put("task", session.request().task())
                    .put("agent", session.request().agent().id())
                    .put("state", session.state())
                    .put("started", session.started().toString());
        }
        for (Attachment session : host.attachments()) {
            list.addObject()
                    .put("id", session.id())
                    .put("task", session.request().task())
                    .put("agent", session.request().agent().id())
                    .put("state", session.state())
                    .put("started", session.started().toString())
                    .put("degraded", true);
        }
        return answer;
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
    }

    /** One connection. A client that has gone is noticed by its reader; writes to it are then dropped. */
    private static final class Client implements SessionObserver, SandboxHost.Announcement, AutoCloseable {
        private final SocketChannel channel;
        private @Nullable IOException gone;

        Client(SocketChannel channel) {
            this.channel = channel;
        }

        synchronized void send(ObjectNode message) {
            if (gone != null) {
                return;
            }
            try {
                ByteBuffer bytes = ByteBuffer.wrap(RunProtocol.line(message));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            } catch (IOException e) {
                gone = e;
            }
        }

        void error(String message) {
            send(RunProtocol.object().put("type", "error").put("message", message));
        }

        @Override
        public void announced(String session) {
            send(RunProtocol.object().put("type", "session").put("id", session));
        }

        @Override
        public void output(Stream stream, byte[] bytes) {
            send(RunProtocol.object()
                    .put("type", stream == Stream.STDOUT ? "stdout" : "stderr")
                    .put("data", Base64.getEncoder().encodeToString(bytes)));
        }

        @Override
        public void state(RuntimeState.State state, String reason) {
            send(RunProtocol.object()
                    .put("type", "state")
                    .put("state", state.name())
                    .put("reason", reason));
        }

        @Override
        public void exited(int code, String reason) {
            send(RunProtocol.object().put("type", "exit").put("code", code).put("reason", reason));
            end();
        }

        @Override
        public void failed(String message) {
            error(message);
            end();
        }

        private void end() {
            try {
                channel.close();
            } catch (IOException e) {
                // It has gone already.
            }
        }

        @Override
        public void close() {
            end();
        }
    }
}
