package io.plumbline.standalone;

import io.plumbline.events.EventIds;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The parts, what each is started with, and in which order. Ports are chosen once, so that a restarted part is found again. */
final class Topology {
    static final String BROKER = "broker";
    static final String SEARCH = "search";
    static final String JOBS = "jobs";
    static final String INGEST = "ingest";
    static final String CONSOLE = "console";
    static final String HOST = "host";

    /** Parts of one step start side by side. */
    static final List<List<String>> START_ORDER =
            List.of(List.of(BROKER, SEARCH), List.of(JOBS, INGEST, CONSOLE), List.of(HOST));

    static final String TENANT = "default";

    /** After what freezes, before the workloads of sandboxes. */
    private static final List<String> BEHIND = List.of("nice", "-n", "5");

    private static final Duration LIMIT = Duration.ofSeconds(120);

    /** In which an ordinary user's sandbox host may make mounts and what gVisor needs, over nothing but that user's own. */
    private static final List<String> USER_NAMESPACE = List.of("unshare", "--user", "--map-root-user", "--mount");

    private final Layout layout;
    private final Secrets secrets;
    private final int brokerPort;
    private final int searchPort;
    private final int consolePort;
    private final int ingestPort;

    Topology(Layout layout, int consolePort, int ingestPort) {
        this.layout = layout;
        this.secrets = new Secrets(layout);
        this.brokerPort = free(0);
        this.searchPort = free(0);
        this.consolePort = free(consolePort);
        this.ingestPort = free(ingestPort);
    }

    Component component(String name, Map<String, String> endpoints) throws IOException {
        return switch (name) {
            case BROKER ->
                part(
                        name,
                        "standalone/broker",
                        "io.plumbline.broker.Broker",
                        320,
                        List.of(layout.data("kafka").toString(), String.valueOf(brokerPort)));
            case SEARCH ->
                behind(
                        name,
                        "standalone/search-node",
                        "io.plumbline.search.SearchNode",
                        512,
                        List.of("--data", layout.data("search").toString(), "--port", String.valueOf(searchPort)));
            case JOBS ->
                part(
                        name,
                        "stream-jobs",
                        "io.plumbline.jobs.StreamJobs",
                        384,
                        List.of(
                                "127.0.0.1:" + brokerPort,
                                "http://127.0.0.1:" + searchPort,
                                layout.data("checkpoints").toString(),
                                secrets.policyPublicKey().toString()));
            case INGEST -> part(name, "ingest", "io.plumbline.ingest.Ingest", 192, ingest());
            case CONSOLE ->
                behind(
                        name,
                        "console",
                        "io.plumbline.console.ConsoleApplication",
                        320,
                        List.of(
                                "--server.address=127.0.0.1",
                                "--server.port=" + consolePort,
                                "--plumbline.elasticsearch-url=http://127.0.0.1:" + searchPort,
                                "--plumbline.kafka-bootstrap=127.0.0.1:" + brokerPort,
                                "--plumbline.tenant=" + TENANT,
                                "--plumbline.admin-password-file=" + secrets.adminPassword(),
                                "--plumbline.api-token-file=" + secrets.apiToken(),
                                "--plumbline.people-file=" + layout.secrets().resolve("people.json"),
                                "--plumbline.policy-key-file=" + secrets.policyKey()));
            case HOST ->
                new Component(
                        name,
                        "sandbox-agent",
                        "io.plumbline.sandbox.HostDaemon",
                        256,
                        isRoot() ? List.of() : USER_NAMESPACE,
                        List.of(),
                        host(),
                        LIMIT);
            default ->
                throw new IllegalArgumentException("component: " + name + " (expected: one of " + endpoints + ")");
        };
    }

    private static boolean isRoot() throws IOException {
        return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    private List<String> ingest() throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "ingest.port=" + ingestPort,
                "kafka.bootstrap=127.0.0.1:" + brokerPort,
                "tokens.file=" + tokens(),
                "data.directory=" + layout.data("ingest"),
                "direct.policy-file=" + directPolicy()));
        Path further = layout.home().resolve("ingest.properties");
        if (Files.exists(further)) {
            arguments.add(further.toString());
        }
        return arguments;
    }

    private List<String> host() {
        List<String> arguments = new ArrayList<>(List.of(
                "--host.data=" + layout.hostData(),
                "--host.name=host-1",
                "--host.tenant=" + TENANT,
                "--host.redaction-key-file=" + secrets.redactionKey(),
                "--ingest.address=127.0.0.1:" + ingestPort,
                "--ingest.token-file=" + secrets.hostToken(),
                "--agents.path=" + layout.agents(),
                "--guest.path=" + layout.guest(),
                "--host.credentials=" + layout.credentials(),
                "--policy.keys-file=" + secrets.policyPublicKey()));
        layout.runsc().ifPresent(runsc -> arguments.add("--runsc.path=" + runsc));
        Path organisation = layout.home().resolve("organisation-policy.yaml");
        if (Files.exists(organisation)) {
            arguments.add("--policy.organisation-file=" + organisation);
        }
        return arguments;
    }

    /** The policy of agents outside any sandbox; made at first use, then the user's to change. */
    private Path directPolicy() throws IOException {
        Path file = layout.home().resolve("direct-policy.yaml");
        if (!Files.exists(file)) {
            Files.writeString(file, """
                    # The policy of agents outside any sandbox (plumbline agent-config). Nothing but their hooks holds them to it.
                    name: direct
                    runtime: {degraded: allow}
                    """);
        }
        return file;
    }

    /** Where a part can be reached, for people and for the command line. */
    String endpoint(String name, String said) {
        return switch (name) {
            case BROKER -> "127.0.0.1:" + brokerPort;
            case SEARCH -> "http://127.0.0.1:" + searchPort;
            case INGEST -> "http://127.0.0.1:" + ingestPort;
            case CONSOLE -> "http://127.0.0.1:" + consolePort;
            case HOST -> layout.hostData().resolve("run.sock").toString();
            default -> said;
        };
    }

    private static Component part(
            String name, String module, String mainClass, int heapMegabytes, List<String> arguments) {
        return new Component(name, module, mainClass, heapMegabytes, List.of(), List.of(), arguments, LIMIT);
    }

    /** One that no freeze waits for. */
    private static Component behind(
            String name, String module, String mainClass, int heapMegabytes, List<String> arguments) {
        return new Component(name, module, mainClass, heapMegabytes, BEHIND, List.of(), arguments, LIMIT);
    }

    /** The tokens that ingest accepts, in its own file format. */
    private Path tokens() throws IOException {
        Path file = layout.secrets().resolve("tokens.yaml");
        Files.writeString(
                file,
                "tokens:\n" + token(secrets.hostToken(), "host") + token(secrets.agentToken(), "agent"),
                StandardCharsets.UTF_8);
        return file;
    }

    /** Only the token's hash: whoever reads the file cannot use it. */
    private static String token(Path secret, String role) {
        return "  - {sha256: " + EventIds.sha256Hex(Secrets.read(secret)) + ", tenant: " + TENANT + ", role: " + role
                + "}\n";
    }

    private static int free(int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new CommandException("port " + port + " is taken on 127.0.0.1 (expected: a free port, or 0 for any)");
        }
    }
}
