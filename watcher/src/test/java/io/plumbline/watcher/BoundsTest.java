package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.SignedPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.WatchState;
import org.junit.jupiter.api.Test;

/** What does not fit is counted, and never makes room by being said. */
class BoundsTest {
    private static final String POLICY = """
            ladder: {alert: 100, ask: 100, freeze: 100}
            egress: [{host: api.example.com}]
            scopes: {credentials: allow}
            """;

    private static final int O_WRONLY_CREAT = 0x41;
    private static final ProcessRef SHELL = SessionScript.process(10, 5);

    private final SessionScript session = SessionScript.of(POLICY);

    @Test
    void itemsOfAPlanThatDoNotFitAreCounted() {
        Plan.Builder plan = Plan.newBuilder();
        for (int i = 0; i < 250; i++) {
            plan.addItems(PlanItem.newBuilder().setText("Step " + i));
        }
        session.send(Channel.CLAIMS, Event.newBuilder().setPlan(plan));

        assertThat(session.state().values().getPlanCount()).isEqualTo(200);
        assertThat(session.state().values().getEvicted().getPlanItems()).isEqualTo(50);
    }

    @Test
    void callsAreForgottenByTheirBytesToo() {
        for (int i = 0; i < 300; i++) {
            session.call("c" + i, "Bash", "echo " + "x".repeat(30_000));
        }

        SessionState state = session.state();
        assertThat(state.callBytes()).isBetween(1L << 20, StateLimits.CALL_BYTES + 64 * 1024);
        assertThat(state.calls().lastEntry().getKey()).isEqualTo("c299");
        assertThat(state.values().getEvicted().getCalls() + state.calls().size())
                .isEqualTo(300);
        assertThat(SessionState.parse(state.toBytes()).callBytes()).isEqualTo(state.callBytes());
    }

    @Test
    void textsOfAPlanAreCut() {
        session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setPlan(
                                Plan.newBuilder().addItems(PlanItem.newBuilder().setText("x".repeat(100_000)))));

        assertThat(session.state().values().getPlan(0).getText().length()).isLessThanOrEqualTo(StateLimits.PLAN_TEXT);
    }

    @Test
    void filesOfACallThatDoNotFitAreCounted() {
        session.run("c1", "our-tool", SHELL);
        for (int i = 0; i < 20; i++) {
            session.open(SHELL, "/tmp/f" + i, O_WRONLY_CREAT);
        }

        assertThat(session.state().values().getEvicted().getWritten()).isEqualTo(4);
    }

    @Test
    void connectionsThatNobodyAsksForAreForgottenOldestFirst() {
        session.run("c1", "npm install", SHELL);
        for (int i = 0; i < 300; i++) {
            session.proxy(SHELL);
        }

        WatchState state = session.state().values().build();
        assertThat(state.getProxyConnectionsCount()).isEqualTo(256);
        assertThat(state.getEvicted().getProxyConnections()).isEqualTo(44);
        assertThat(Alerts.of(session.verdicts()))
                .extracting(AlertRaised::getClause)
                .contains("limits");
    }

    @Test
    void ownersOfConnectionsAreForgottenOldestFirst() {
        session.run("c1", "npm install", SHELL);
        for (int i = 0; i < 300; i++) {
            session.proxy(SHELL);
            session.connect("api.example.com", 443);
        }

        WatchState state = session.state().values().build();
        assertThat(state.getEgressOwnersCount()).isEqualTo(256);
        assertThat(state.getEvicted().getEgressOwners()).isEqualTo(44);
        assertThat(state.containsEgressOwners(300)).isTrue();
    }

    @Test
    void filesThatMayHoldASecretAreKeptAndFurtherOnesCounted() {
        session.run("c1", "our-tool", SHELL);
        session.open(SHELL, "/home/agent/.ssh/id_rsa", 0);
        for (int i = 0; i < 1_100; i++) {
            session.open(SHELL, "/tmp/f" + i, O_WRONLY_CREAT);
        }

        WatchState state = session.state().values().build();
        assertThat(state.getTaintedFilesCount()).isEqualTo(1_000);
        assertThat(state.containsTaintedFiles("/tmp/f0")).isTrue();
        assertThat(state.getEvicted().getTaintedFiles()).isEqualTo(100);
        assertThat(Alerts.of(session.verdicts()))
                .extracting(AlertRaised::getClause)
                .contains("limits");
    }

    @Test
    void ordersAndRevisionsThatDoNotFitAreCounted() {
        for (int i = 0; i < 20; i++) {
            session.order(Event.newBuilder()
                    .setPolicyRevised(PolicyRevised.newBuilder()
                            .setSigned(
                                    SignedPolicy.newBuilder().setStatement(ByteString.copyFromUtf8("revision " + i)))));
        }
        for (int i = 0; i < 250; i++) {
            session.order(
                    Event.newBuilder().setThawOrdered(ThawOrdered.newBuilder().setReason("again " + i)));
        }

        WatchState state = session.state().values().build();
        assertThat(state.getEvicted().getRevisions()).isEqualTo(4);
        assertThat(state.getOrdersDoneCount()).isEqualTo(256);
        assertThat(state.getEvicted().getOrders()).isEqualTo(14);
    }

    @Test
    void credentialsOfAProcessThatDoNotFitAreCounted() {
        session.run("c1", "our-tool", SHELL);
        for (int i = 0; i < 6; i++) {
            session.open(SHELL, "/home/agent/.ssh/id_" + i, 0);
        }

        assertThat(session.state().values().getEvicted().getTaints()).isEqualTo(2);
    }

    @Test
    void whatTheAgentSaysDoesNotUseUpTheRoomForWhatItDoes() {
        SessionScript talkative = SessionScript.of("scopes: {publishing: log, egress: log}");
        for (int i = 0; i < 80; i++) {
            talkative.call("t" + i, "TodoWrite", "");
            talkative.prompt("Go on.");
            talkative.run("w" + i, "make", SessionScript.process(1_000 + i, i + 1));
            talkative.open(SessionScript.process(1_000 + i, i + 1), "/workspace/a" + i, O_WRONLY_CREAT);
            talkative.say("I only listed the files, number " + i + ".");
        }
        talkative.run("c1", "ls", SHELL);

        assertThat(talkative.state().values().getSoftClaims()).isEqualTo(50);
        assertThat(Alerts.of(talkative.execFile(SHELL, "/tmp/ls", "ls"))).hasSize(1);
    }
}
