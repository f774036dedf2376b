package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventLimits;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.posix.OpenDirectory;
import io.plumbline.sandbox.posix.TerminalSize;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's socket for {@code plumbline run}. Root and the daemon's own user may do everything; others, where they may
 * talk to it at all, have sessions on workspaces of their own, and see and stop no others.
 */
final class RunServer implements AutoCloseable {
    private static final int MAX_COMMAND = 4096;

    /** Connections of one user who is neither root nor the daemon's own at a time; each session is one. */
    private static final int MAX_CONNECTIONS = 32;

    private static final Pattern UNKNOWN_AGENT = Pattern.compile("[a-z0-9._-]{1,40}");

    private static final Logger LOG = LoggerFactory.getLogger(RunServer.class);

    private final ServerSocketChannel server;
    private final Path socket;
    private final UserPrincipal owner;
    private final SandboxHost host;
    private final HostSettings.Users users;
    private final StartPolicies policies;
    private final Map<UserPrincipal, Integer> connections = new ConcurrentHashMap<>();

    /** @param everything whether other users' sessions and workspaces are this one's business too */
    private record Peer(UserPrincipal user, boolean everything) {
        String name() {
            return user.getName();
        }

        boolean owns(Session session) {
            return everything || session.request().assignedBy().equals(name());
        }
    }

    private RunServer(
            ServerSocketChannel server,
            Path socket,
            UserPrincipal owner,
            SandboxHost host,
            HostSettings.Users users,
            StartPolicies policies) {
        this.server = server;
        this.socket = socket;
        this.owner = owner;
        this.host = host;
        this.users = users;
        this.policies = policies;
    }

    static RunServer open(Path socket, SandboxHost host, HostSettings.Users users, StartPolicies policies)
            throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Files.setPosixFilePermissions(
                socket,
                PosixFilePermissions.fromString(
                        switch (users) {
                            case OWNER -> "rw-------";
                            case ALL -> "rw-rw-rw-";
                        }));
        RunServer run = new RunServer(server, socket, Files.getOwner(socket), host, users, policies);
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
        try (RunConnection client = RunConnection.open(peer)) {
            UserPrincipal user =
                    peer.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
            boolean everything = user.equals(owner) || user.getName().equals("root");
            if (!everything && users == HostSettings.Users.OWNER) {
                client.error("user " + user.getName() + " may not use this sandbox host (expected: its owner or root;"
                        + " host.users: all lets everybody)");
                return;
            }
            int open = connections.merge(user, 1, Integer::sum);
            try {
                if (!everything && open > MAX_CONNECTIONS) {
                    client.error("user " + user.getName() + ": " + open + " connections (expected: <= "
                            + MAX_CONNECTIONS + ")");
                    return;
                }
                serve(peer, new Peer(user, everything), client);
            } finally {
                connections.computeIfPresent(user, (same, count) -> count == 1 ? null : count - 1);
            }
        } catch (IOException e) {
            LOG.debug("run client: {}", e.getMessage());
        }
    }

    private void serve(SocketChannel channel, Peer peer, RunConnection client) throws IOException {
        InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
        Optional<JsonNode> request = RunProtocol.read(in);
        if (request.isEmpty()) {
            return;
        }
        switch (request.get().path("op").asText("run")) {
            case "sessions" -> client.send(sessions(peer));
            case "stop" -> stop(request.get(), peer, client);
            case "review" -> review(request.get(), peer.name(), client);
            case "attach" -> attach(request.get(), peer, client);
            default -> run(request.get(), peer, client, in);
        }
    }

    private void stop(JsonNode request, Peer peer, RunConnection client) {
        String id = request.path("session").asText();
        Optional<Session> session = host.live().stream()
                .filter(live -> live.id().equals(id) && peer.owns(live))
                .findFirst();
        // Whether another user has a session of this id is not told.
        if (session.isEmpty()) {
            client.error("session " + EventLimits.cut(id, 40) + ": not one of user " + peer.name());
            return;
        }
        session.get().stop("stopped by " + peer.name());
        client.send(RunProtocol.object().put("type", "stopped"));
    }

    private void run(JsonNode request, Peer peer, RunConnection client, InputStream in) throws IOException {
        Session session;
        Optional<OpenDirectory> pinned = Optional.empty();
        try {
            Path workspace = Path.of(request.path("workspace").asText()).normalize();
            if (!peer.everything()) {
                pinned = Optional.of(own(workspace, peer));
            }
            SessionRequest wanted = parse(
                    request,
                    workspace,
                    RepositoryPolicy.of(
                            pinned.map(open -> open.path().resolve(".")).orElse(workspace)),
                    peer.name());
            if (!peer.everything()) {
                refuseWhatOthersMayNot(wanted, peer);
            }
            session = host.start(wanted.with(pinned), client);
            if (host.degraded()) {
                client.send(RunProtocol.object().put("type", "degraded").put("runtime", host.runtime()));
            }
        } catch (IOException | RuntimeException e) {
            pinned.ifPresent(OpenDirectory::close);
            client.error(String.valueOf(e.getMessage()));
            return;
        }
        // The end of its stream is the client's wish to end the session.
        String reason = "the client has gone";
        try {
            for (Optional<JsonNode> line = RunProtocol.read(in); line.isPresent(); line = RunProtocol.read(in)) {
                follow(session, line.get());
            }
        } catch (IOException e) {
            LOG.debug("run client: {}", e.getMessage());
        } catch (IllegalArgumentException e) {
            reason = "the client broke the protocol: " + e.getMessage();
        } catch (RuntimeException e) {
            reason = "the client's connection failed: " + e.getMessage();
            throw e;
        } finally {
            session.stop(reason);
        }
        try {
            session.awaitFinished(java.time.Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The session stays when the client goes: it ends with the container. */
    private void attach(JsonNode request, Peer peer, RunConnection client) {
        if (!peer.everything()) {
            client.error("user " + peer.name() + " may not attach to containers (expected: the host's owner or root)");
            return;
        }
        try {
            StartPolicies.Admitted policy = policy(request, Optional.empty());
            Named agent = agent(request);
            SandboxHost.Attached attached = host.attach(new AttachRequest(
                    policy.policy(),
                    request.path("task").asText(),
                    agent.agent(),
                    AttachRequest.Target.of(
                            request.path("freezer").asText(),
                            request.path("container").asText(),
                            request.path("socket").asText(),
                            request.path("namespace").asText()),
                    peer.name(),
                    agent.unknown(),
                    policy.levels(),
                    policy.key()));
            client.send(RunProtocol.object()
                    .put("type", "attached")
                    .put("id", attached.session())
                    .put("sockets", attached.sockets().toString()));
        } catch (IOException | RuntimeException e) {
            client.error(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The workspace of somebody who is not to get at more than before: a directory of that user, held by its descriptor, since
     * its name may lead elsewhere a moment later.
     */
    private static OpenDirectory own(Path path, Peer peer) throws IOException {
        OpenDirectory workspace = OpenDirectory.open(path);
        if (!Files.getOwner(workspace.path()).equals(peer.user())) {
            workspace.close();
            throw new IllegalArgumentException(
                    "workspace: " + path + " (expected: a directory of user " + peer.name() + ")");
        }
        return workspace;
    }

    private static void refuseWhatOthersMayNot(SessionRequest request, Peer peer) throws IOException {
        if (request.policy().getWorkspaceMode().equals("review")) {
            throw new IllegalArgumentException("workspace: review (expected: read-only or read-write, for user "
                    + peer.name() + " of a shared sandbox host)");
        }
        if (request.image().isPresent() && !onlyRootMayChange(request.image().get())) {
            throw new IllegalArgumentException("image: " + request.image().get()
                    + " (expected: a directory that only root may change, for user " + peer.name() + ")");
        }
        if (request.policy().getEgressList().stream().anyMatch(EgressRule::hasCredential)) {
            throw new IllegalArgumentException("egress.credential: of the host (expected: none, for user " + peer.name()
                    + " of a shared sandbox host, who writes the policy)");
        }
    }

    private static boolean onlyRootMayChange(Path image) throws IOException {
        Path real = image.toRealPath();
        for (Path folder = real; folder != null; folder = folder.getParent()) {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
            if (!Integer.valueOf(0).equals(Files.getAttribute(folder, "unix:uid"))
                    || permissions.contains(PosixFilePermission.GROUP_WRITE)
                    || permissions.contains(PosixFilePermission.OTHERS_WRITE)
                    || !permissions.contains(PosixFilePermission.OTHERS_EXECUTE)) {
                return false;
            }
        }
        return true;
    }

    /** Shows what waits for a decision, or takes the decision when there is one in the request. */
    private void review(JsonNode request, String user, RunConnection client) {
        String session = request.path("session").asText();
        try {
            Reviews.Waiting waiting = host.reviews().show(session);
            if (!user.equals(waiting.assignedBy()) && !user.equals("root")) {
                client.error("session " + session + " is not of user " + user);
                return;
            }
            if (request.has("accept")) {
                host.reviews()
                        .decide(
                                session,
                                request.path("sha256").asText(),
                                decision(request),
                                user,
                                request.path("reason").asText());
                client.send(RunProtocol.object().put("type", "decided"));
                return;
            }
            String diff = waiting.diff();
            for (int from = 0; from < diff.length(); from += RunProtocol.CHUNK) {
                client.sendWithRoom(RunProtocol.object()
                        .put("type", "diff")
                        .put("text", diff.substring(from, Math.min(diff.length(), from + RunProtocol.CHUNK))));
            }
            client.send(RunProtocol.object()
                    .put("type", "review")
                    .put("sha256", waiting.sha256())
                    .put("unseen", waiting.unseen()));
        } catch (IOException | SpoolException | IllegalArgumentException e) {
            client.error(String.valueOf(e.getMessage()));
        }
    }

    private static Reviews.Decision decision(JsonNode request) {
        if (!request.path("accept").asBoolean()) {
            return Reviews.Decision.REJECT;
        }
        return request.path("unseen").asBoolean() ? Reviews.Decision.ACCEPT_UNSEEN : Reviews.Decision.ACCEPT;
    }

    /** @throws IllegalArgumentException for what no client of this version sends */
    private static void follow(Session session, JsonNode line) throws IOException {
        switch (line.path("type").asText()) {
            case "stdin" ->
                session.input()
                        .offer(Base64.getDecoder().decode(line.path("data").asText()));
            case "stdin-end" -> session.input().end();
            case "resize" -> session.resize(size(line));
            default ->
                throw new IllegalArgumentException("type: "
                        + EventLimits.cut(line.path("type").asText(), 40) + " (expected: stdin, stdin-end or resize)");
        }
    }

    private static TerminalSize size(JsonNode line) {
        return new TerminalSize(line.path("rows").asInt(), line.path("columns").asInt());
    }

    private static Stdio stdio(JsonNode request) {
        return switch (request.path("stdio").asText("output")) {
            case "output" -> new Stdio.OutputOnly();
            case "piped" -> new Stdio.Piped();
            case "terminal" -> new Stdio.Terminal(request.path("term").asText(), size(request));
            default ->
                throw new IllegalArgumentException("stdio: "
                        + EventLimits.cut(request.path("stdio").asText(), 40)
                        + " (expected: output, piped or terminal)");
        };
    }

    private StartPolicies.Admitted policy(JsonNode request, Optional<PolicyLevels.Level> repository) {
        return policies.admit(
                request.path("policy_yaml").asText(),
                request.path("policy_signature").asText(),
                repository);
    }

    /** @param unknown what an agent is called that nobody knows, and that runs without claims; else empty */
    private record Named(Agent agent, String unknown) {}

    /** Whatever the agent is, the kernel tells what it does. */
    private static Named agent(JsonNode request) {
        String name = request.path("agent").asText(Agent.NONE.id());
        return Agent.of(name).map(agent -> new Named(agent, "")).orElseGet(() -> {
            if (!UNKNOWN_AGENT.matcher(name).matches()) {
                throw new IllegalArgumentException("agent: '"
                        + EventLimits.cut(name, 40).replaceAll("[^ -~]", "?")
                        + "' (expected: at most 40 of a-z, 0-9 and ._-, such as claude-code, codex, gemini, qwen, opencode or"
                        + " none)");
            }
            return new Named(Agent.NONE, name);
        });
    }

    private SessionRequest parse(
            JsonNode request, Path workspace, Optional<PolicyLevels.Level> repository, String user) {
        StartPolicies.Admitted policy = policy(request, repository);
        Named agent = agent(request);
        List<String> command = new ArrayList<>();
        for (JsonNode word : request.path("command")) {
            if (command.size() == MAX_COMMAND) {
                throw new IllegalArgumentException("command: more than " + MAX_COMMAND + " words");
            }
            command.add(word.asText());
        }
        return new SessionRequest(
                policy.policy(),
                request.path("task").asText(),
                agent.agent(),
                workspace,
                command,
                user,
                stdio(request),
                Optional.of(request.path("image").asText())
                        .filter(image -> !image.isEmpty())
                        .map(Path::of),
                Optional.empty(),
                agent.unknown(),
                policy.levels(),
                policy.key());
    }

    private static String shown(Agent agent, String unknown) {
        return unknown.isEmpty() ? agent.id() : unknown;
    }

    private ObjectNode sessions(Peer peer) {
        ObjectNode answer = RunProtocol.object().put("type", "sessions");
        ArrayNode list = answer.putArray("sessions");
        for (Session session : host.live()) {
            if (!peer.owns(session)) {
                continue;
            }
            ObjectNode live = list.addObject()
                    .put("id", session.id())
                    .put("task", session.request().task())
                    .put(
                            "agent",
                            shown(session.request().agent(), session.request().agentName()))
                    .put("state", session.state())
                    .put("assigned_by", session.request().assignedBy())
                    .put("started", session.started().toString());
            if (host.degraded()) {
                live.put("degraded", true);
            }
        }
        for (Attachment session : peer.everything() ? host.attachments() : List.<Attachment>of()) {
            list.addObject()
                    .put("id", session.id())
                    .put("task", session.request().task())
                    .put(
                            "agent",
                            shown(session.request().agent(), session.request().agentName()))
                    .put("state", session.state())
                    .put("assigned_by", session.request().assignedBy())
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
}
