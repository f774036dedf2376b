package io.plumbline.sandbox.egress;

import static io.plumbline.sandbox.egress.EgressHarness.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.state.SessionState;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The proxy and the real watcher: a destination that no rule names waits for a person. */
class EgressApprovalTest {
    @TempDir
    Path directory;

    private final SessionState state = SessionState.empty();
    private final Watcher watcher = new Watcher(List.of());
    private final List<ApprovalRequested> questions = new CopyOnWriteArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private EgressHarness harness;

    @BeforeEach
    void start() {
        harness = new EgressHarness(directory);
    }

    @AfterEach
    void stop() throws Exception {
        harness.close();
    }

    @Test
    void opensTheConnectionOnceAPersonHasApproved() throws Exception {
        int port = harness.serve(socket -> {
            EgressHarness.readHead(socket);
            socket.getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                            .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        });
        // Private addresses stay closed to what no rule names: the answer ends at the address, after the approval.
        EgressProxy proxy = start(60);
        CompletableFuture<String> answer = ask(port);
        await().atMost(LIMIT).until(() -> questions.size() == 1);
        ApprovalRequested question = questions.getFirst();
        assertThat(question.getSubject()).isEqualTo("unknown.example.com:" + port + "\nGET\nasking revision 7");
        assertThat(answer).isNotDone();

        decide(proxy, question, true);

        assertThat(answer.get(30, TimeUnit.SECONDS)).contains("address-not-allowed");
        assertThat(harness.outbox.events().getFirst().getEgressRequested().getUnknown())
                .isTrue();
    }

    @Test
    void deniesWhatAPersonDenies() throws Exception {
        EgressProxy proxy = start(60);
        CompletableFuture<String> answer = ask(80);
        await().atMost(LIMIT).until(() -> questions.size() == 1);
        decide(proxy, questions.getFirst(), false);

        assertThat(answer.get(30, TimeUnit.SECONDS)).contains("denied-by-platform");
    }

    private CompletableFuture<String> ask(int port) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return harness.exchange("GET http://unknown.example.com:" + port + "/ HTTP/1.1\r\n\r\n");
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    private EgressProxy start(int seconds) throws Exception {
        TaskPolicy policy = TaskPolicy.newBuilder()
                .setName("asking")
                .setRevision(7)
                .setAlertAt(20)
                .setAskAt(40)
                .setFreezeAt(70)
                .setEgressUnknown("ask")
                .setApprovalDeadlineSeconds(seconds)
                .addEgress(EgressRule.newBuilder().setHost("known.example.com").setPort(443))
                .build();
        EgressProxy proxy = harness.start(policy);
        judge(
                proxy,
                EventIds.withId(Event.newBuilder()
                        .setTenant("acme")
                        .setHost("host")
                        .setSession("0".repeat(32))
                        .setChannel(Channel.CONTROL)
                        .setEventTimeNs(1)
                        .setTaskAssigned(TaskAssigned.newBuilder().setPolicy(policy))));
        harness.outbox.onPublish(event -> judge(proxy, event));
        return proxy;
    }

    private void decide(EgressProxy proxy, ApprovalRequested question, boolean approved) {
        judge(
                proxy,
                EventIds.withId(Event.newBuilder()
                        .setTenant("acme")
                        .setHost("host")
                        .setSession("0".repeat(32))
                        .setChannel(Channel.CONTROL)
                        .setEventTimeNs(question.getDeadlineNs() - 1)
                        .setApprovalDecided(ApprovalDecided.newBuilder()
                                .setApproval(question.getApproval())
                                .setApproved(approved)
                                .setDecidedBy("ada")
                                .setSubjectSha256(question.getSubjectSha256()))));
    }

    private synchronized void judge(EgressProxy proxy, Event event) {
        for (Event verdict : watcher.onEvent(state, event)) {
            if (verdict.hasApprovalRequested()) {
                questions.add(verdict.getApprovalRequested());
            }
            proxy.onVerdict(verdict, StageTimes.getDefaultInstance());
        }
    }
}
