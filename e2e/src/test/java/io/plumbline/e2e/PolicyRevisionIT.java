package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A policy is widened and tightened while its session runs, by signed revisions that the host confirms or refuses, and by a person who
 * decides about single connections.
 */
class PolicyRevisionIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String LADDER = "ladder: {alert: 10, ask: 99, freeze: 100}";

    private static @Nullable Platform started;
    private static @Nullable EventLog log;

    @BeforeAll
    static void start() throws Exception {
        started = Platform.start();
        log = started.log();
    }

    @AfterAll
    static void stop() {
        if (log != null) {
            log.close();
        }
        if (started != null) {
            started.close();
        }
    }

    @Test
    void aRevisionHoldsOnceTheHostHasItAndNotBefore() throws Exception {
        Platform platform = Objects.requireNonNull(started);
        EventLog log = Objects.requireNonNull(PolicyRevisionIT.log);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/", exchange -> {
            byte[] answer = "reached".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        try {
            int port = server.getAddress().getPort();
            String destination = "egress: [{host: 127.0.0.1, port: " + port + ", allow-private: true}]";
            RunningSession session = RunningSession.start(
                    platform,
                    "revised",
                    "{" + LADDER + "}",
                    "until curl -sf --noproxy '' --max-time 5 http://127.0.0.1:" + port + "/; do sleep 0.3; done;"
                            + " until [ -e stop ]; do sleep 0.3; done;"
                            + " while curl -sf --noproxy '' --max-time 5 http://127.0.0.1:" + port
                            + "/ > /dev/null; do sleep 0.3; done; echo closed again");
            String id = session.id();
            await().atMost(LIMIT).until(() -> log.has(id, PolicyRevisionIT::isDenied));
            await().atMost(LIMIT).until(() -> platform.search().state(id), "running"::equals);

            Platform.Answer refused =
                    revise(platform, id, "{egress: [{host: 127.0.0.1, port: 1, service: model}], " + LADDER + "}");
            assertThat(refused.code()).as(refused.err()).isEqualTo(1);
            assertThat(refused.err()).contains("policy revision 2 of " + id + " was refused: egress.service: changed");
            assertThat(session.output()).doesNotContain("reached");

            Platform.Answer wider = revise(platform, id, "{" + destination + ", " + LADDER + "}");
            assertThat(wider.code()).as(wider.err()).isZero();
            assertThat(wider.out()).contains("policy revision 2 in force");
            await().atMost(LIMIT).until(session::output, output -> output.contains("reached"));
            // The watcher's word comes behind the host's.
            Predicate<Event> judgedByIt =
                    event -> event.hasJudged() && event.getJudged().getPolicyRevision() == 2;
            await().atMost(LIMIT).until(() -> log.has(id, judgedByIt));
            assertThat(log.of(id, judgedByIt)).hasSize(1);

            Platform.Answer tighter = revise(platform, id, "{" + LADDER + "}");
            assertThat(tighter.code()).as(tighter.err()).isZero();
            session.finish();
            assertThat(session.exit(LIMIT).code()).as(session.output()).isZero();
            assertThat(session.output()).contains("closed again");
            await().atMost(LIMIT).until(() -> log.has(id, Event::hasSessionEnded));
            List<Event> confirmed = log.of(id, event -> event.hasPolicyConfirmed());
            assertThat(confirmed)
                    .extracting(event -> event.getPolicyConfirmed().getRevision())
                    .containsExactly(1, 2, 3);

            await().atMost(LIMIT).until(() -> platform.search().state(id), "exited"::equals);
            Platform.Answer over = revise(platform, id, "{}");
            assertThat(over.code()).isEqualTo(1);
            assertThat(over.err()).contains("The session has ended.");
        } finally {
            server.stop(0);
        }
    }

    /** Each announced call is a new one; the next after the revision is answered by it. */
    @Test
    void aToolThatARevisionRefusesOrAsksAboutIsAnsweredSoFromThenOn() throws Exception {
        Platform platform = Objects.requireNonNull(started);
        EventLog log = Objects.requireNonNull(PolicyRevisionIT.log);
        RunningSession session = RunningSession.start(platform, "revised-tools", "{" + LADDER + "}", "scripted", """
                call() {
                  printf '{"hook_event_name":"PreToolUse","session_id":"scripted","cwd":"/workspace","tool_name":"%s","tool_use_id":"t%s","tool_input":{"file_path":"/workspace/README.md"}}' "$1" "${EPOCHREALTIME/./}" \
                    | /opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/claude 60
                }
                [[ $(call Read) == *'"allow"'* ]] && echo allowed
                until [[ $(call Read) == *'"deny"'* ]]; do sleep 0.3; done
                echo refused
                until [ -e stop ]; do sleep 0.3; done
                [[ $(call Glob) == *'"allow"'* ]] && echo approved
                """);
        String id = session.id();
        await().atMost(LIMIT).until(session::output, output -> output.contains("allowed"));
        await().atMost(LIMIT).until(() -> platform.search().state(id), "running"::equals);

        Platform.Answer denied = revise(platform, id, "{tools: {deny: [Read], ask: [Glob]}, " + LADDER + "}");
        assertThat(denied.code()).as(denied.err()).isZero();
        await().atMost(LIMIT).until(session::output, output -> output.contains("refused"));

        session.finish();
        await().atMost(LIMIT).until(() -> log.has(id, Event::hasApprovalRequested));
        ApprovalRequested question =
                log.of(id, Event::hasApprovalRequested).getFirst().getApprovalRequested();
        await().atMost(LIMIT).until(() -> approve(platform, question).code() == 0);
        assertThat(session.exit(LIMIT).code()).as(session.output()).isZero();
        assertThat(session.output()).contains("approved");
    }

    /** An approval opens no private address, so the approved one ends at the next check, which it does not come to otherwise. */
    @ParameterizedTest
    @CsvSource({"approve, address-not-allowed", "deny, denied-by-platform"})
    void aConnectionThatNoRuleNamesWaitsForAPerson(String decision, String outcome) throws Exception {
        Platform platform = Objects.requireNonNull(started);
        EventLog log = Objects.requireNonNull(PolicyRevisionIT.log);
        RunningSession session = RunningSession.start(
                platform,
                "asked-" + decision,
                "{egress-unknown: ask, patience: 10m, " + LADDER + "}",
                "curl -s --noproxy '' --max-time 200 http://127.0.0.1:1/");
        String id = session.id();
        await().atMost(LIMIT).until(() -> log.has(id, Event::hasApprovalRequested));
        // It is held: nothing is decided before.
        assertThat(log.has(id, Event::hasEgressDecided)).isFalse();
        ApprovalRequested question =
                log.of(id, Event::hasApprovalRequested).getFirst().getApprovalRequested();
        assertThat(question.getSubject()).startsWith("127.0.0.1:1\nGET\n");

        await().atMost(LIMIT)
                .until(() -> (decision.equals("approve")
                                        ? approve(platform, question)
                                        : platform.plumbline(
                                                "approvals", "deny", question.getApproval(), "--reason", "seen"))
                                .code()
                        == 0);

        assertThat(session.exit(LIMIT).code()).as(session.output()).isZero();
        assertThat(session.output()).contains(outcome);
        await().atMost(LIMIT).until(() -> log.has(id, Event::hasEgressDecided));
        assertThat(log.of(id, Event::hasEgressDecided)).first().satisfies(event -> {
            assertThat(event.getEgressDecided().getReason()).isEqualTo(outcome);
            assertThat(event.getPolicyRevision()).isEqualTo(1);
        });
    }

    private static Platform.Answer approve(Platform platform, ApprovalRequested question)
            throws IOException, InterruptedException {
        return platform.plumbline(
                "approvals",
                "approve",
                question.getApproval(),
                "--sha256",
                question.getSubjectSha256(),
                "--reason",
                "seen");
    }

    private static boolean isDenied(Event event) {
        return event.hasEgressDecided() && !event.getEgressDecided().getAllowed();
    }

    private static Platform.Answer revise(Platform platform, String session, String yaml)
            throws IOException, InterruptedException {
        Path file = Files.createTempFile(platform.layout().home(), "policy", ".yaml");
        Files.writeString(file, yaml);
        return platform.plumbline("policy", "revise", session, file.toString(), "--reason", "asked for by the team");
    }
}
