package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.cli.PlumblineCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code plumbline rules backtest --search} as a person types it, over a real Elasticsearch. */
class StoredBacktestIT {
    private static final Path NODE = Path.of("..", "standalone", "search-node", "target");
    private static final Path TEMPLATES =
            Path.of("..", "stream-jobs", "src", "main", "resources", "io", "plumbline", "jobs", "index");
    private static final String INDEX = "/plumbline-events-2026.11";
    private static final Actor GIT = Actor.newBuilder()
            .setProcess(ProcessRef.newBuilder().setThreadGroup(7).setStartTimeNs(3))
            .build();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static Process node;

    private static String url = "";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void storeASession() throws IOException, InterruptedException {
        Path port = folder.resolve("port");
        node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        // As the supervisor does.
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        NODE.resolve("classes") + ":"
                                + Files.readString(NODE.resolve("classpath.txt"))
                                        .strip(),
                        "io.plumbline.search.SearchNode",
                        "--data",
                        folder.resolve("data").toString(),
                        "--port-file",
                        port.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> Files.exists(port));
        url = "http://127.0.0.1:" + Files.readString(port).strip();
        send("PUT", "/_index_template/plumbline-events", Files.readString(TEMPLATES.resolve("events-template.json")));
        store(event(1).setProcessStarted(ProcessStarted.newBuilder()
                .setActor(GIT)
                .setBinary("/usr/bin/git")
                .addAllArgv(List.of("git", "apply", "x.patch"))));
        store(event(2).setFileOpened(FileOpened.newBuilder()
                .setActor(GIT)
                .setPath("/workspace/.mcp.json")
                .setFlags(1)));
        Files.writeString(folder.resolve("patch.yml"), rule("patch", "CommandLine|contains: ' apply '"));
        Files.writeString(folder.resolve("checkout.yml"), rule("checkout", "CommandLine|contains: ' checkout '"));
        Files.writeString(folder.resolve("role.yml"), rule("role", "Role: call"));
        Files.writeString(folder.resolve("bad.yml"), rule("bad", "CommandLine|sounds: x"));
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (node == null) {
            return;
        }
        node.destroy();
        if (!node.waitFor(20, TimeUnit.SECONDS)) {
            node.destroyForcibly();
        }
    }

    private static Event.Builder event(int seq) {
        return Event.newBuilder()
                .setId("event-" + seq)
                .setTenant("acme")
                .setHost("h")
                .setSession("stored")
                .setChannel(Channel.EVIDENCE)
                .setSeq(seq)
                .setEventTimeNs(seq * 1_000_000_000L);
    }

    private static void store(Event.Builder event) throws IOException, InterruptedException {
        send(
                "PUT",
                INDEX + "/_doc/" + event.getId() + "?refresh=true",
                EcsDocument.render(event.build()).toString());
    }

    private static String rule(String id, String selection) {
        return """
                title: %1$s
                id: %1$s
                level: high
                logsource: {category: file_event, product: linux}
                detection:
                  selection:
                    %2$s
                  condition: selection
                """.formatted(id, selection);
    }

    private static void send(String method, String path, String body) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create(url + path))
                            .header("Content-Type", "application/json")
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 201);
        }
    }

    private int backtest(String rules, String... more) {
        List<String> all = new ArrayList<>(
                List.of("rules", "backtest", folder.resolve(rules).toString()));
        all.addAll(List.of(more));
        return PlumblineCommand.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }

    private int stored(String rules, String... more) {
        List<String> all = new ArrayList<>(List.of("--search", url, "--tenant", "acme"));
        all.addAll(List.of(more));
        return backtest(rules, all.toArray(String[]::new));
    }

    @Test
    void hitsOfAStoredSessionAreTold() {
        assertThat(stored("patch.yml", "--hits")).as(err.toString()).isEqualTo(ExitCodes.OK);
        assertThat(out.toString())
                .contains("hit  patch [patch] at event-2 in stored", "1 hits in 2 events of 1 recordings");
    }

    @Test
    void aLostHitFails() {
        assertThat(stored(
                        "checkout.yml", "--against", folder.resolve("patch.yml").toString()))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("lost  patch [patch] at event-2", "1 hits lost, 0 new");
    }

    @Test
    void aNewHitDoesNot() {
        assertThat(stored(
                        "patch.yml", "--against", folder.resolve("checkout.yml").toString()))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains("new  patch [patch] at event-2", "0 hits lost, 1 new");
    }

    @Test
    void aRuleThatTheCopyCannotAnswerIsNamedAndNeitherLostNorNew() {
        assertThat(stored("patch.yml", "--against", folder.resolve("role.yml").toString()))
                .isEqualTo(ExitCodes.OK);
        assertThat(stored("role.yml")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString())
                .contains("not answerable from the search copy, which has no Role", "1 rules not answerable");
    }

    @Test
    void whoOrWhatIsNotThereIsNotFound() {
        assertThat(stored("patch.yml", "--session", "another")).isEqualTo(ExitCodes.NOT_FOUND);
        assertThat(err.toString()).contains("session another: not in the search copy");
        assertThat(backtest("patch.yml", "--search", url, "--tenant", "nobody")).isEqualTo(ExitCodes.NOT_FOUND);
        assertThat(err.toString()).contains("nothing of tenant nobody");
        assertThat(stored("patch.yml", "--from", "2026-11-24T00:00:00Z")).isEqualTo(ExitCodes.NOT_FOUND);
    }

    @Test
    void wrongInputIsUsage() {
        assertThat(stored("bad.yml")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("bad.yml:", "sounds");
        assertThat(stored("patch.yml", "--events", folder.toString())).isEqualTo(ExitCodes.USAGE);
        assertThat(stored("patch.yml", "--from", "yesterday")).isEqualTo(ExitCodes.USAGE);
        assertThat(backtest("patch.yml", "--tenant", "acme")).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void whatDoesNotAnswerFails() throws IOException {
        // Taken, so that nobody else can take it, and not listened at.
        try (Socket taken = new Socket()) {
            taken.bind(new InetSocketAddress("127.0.0.1", 0));
            assertThat(backtest("patch.yml", "--search", "http://127.0.0.1:" + taken.getLocalPort()))
                    .isEqualTo(ExitCodes.FAILED);
        }
        assertThat(err.toString()).contains("nothing answers there");
    }

    @Test
    void aClosedIndexFailsAndIsNamed() throws IOException, InterruptedException {
        send("PUT", "/plumbline-events-closed", "");
        send("POST", "/plumbline-events-closed/_close", "");
        try {
            assertThat(stored("patch.yml")).isEqualTo(ExitCodes.FAILED);
            assertThat(err.toString()).contains("closed", "plumbline-events-closed");
        } finally {
            send("DELETE", "/plumbline-events-closed", "");
        }
    }
}
