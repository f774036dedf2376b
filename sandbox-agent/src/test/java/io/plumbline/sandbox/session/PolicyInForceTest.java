package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyLevels.Level;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.LimitReached;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.PolicyRefused;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.ControlGroups.Group;
import io.plumbline.sandbox.session.PolicyInForce.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyInForceTest {
    private static final String SESSION = "0123456789abcdef0123456789abcdef";
    private static final SigningKey KEY = SigningKey.generate();
    private static final String WIDER = "name: build\negress:\n  - {host: repo.example.com, port: 443}\n";

    private final Part part = new Part();
    private Group limited = Group.none();
    private TaskPolicy first;
    private PolicyInForce inForce;

    @BeforeEach
    void start() throws PolicyException {
        first = PolicyParser.parse("name: build");
        inForce = inForce(PolicyLevels.NONE);
    }

    private PolicyInForce inForce(PolicyLevels above) throws PolicyException {
        return new PolicyInForce(
                "acme", SESSION, TrustedKeys.parse(KEY.publicPem()), above, first, PolicyInForceTest::limits);
    }

    @Test
    void aRevisionIsHeldAgainstWhatStandsAboveIt() throws PolicyException {
        inForce = inForce(new PolicyLevels(Optional.of(new Level("acme", "name: acme")), Optional.empty()));

        Answer answer = inForce.revise(order("acme", SESSION, 2, WIDER), List.of(part), Group.none());

        assertThat(answer).isInstanceOf(Answer.Refused.class);
        assertThat(((Answer.Refused) answer).refusal().getReason()).startsWith("policy: egress: repo.example.com:443");
        assertThat(inForce.policy()).isEqualTo(first);
        assertThat(part.taken).isEmpty();
    }

    @Test
    void takesASignedRevisionOver() throws PolicyException {
        PolicyRevised order = order("acme", SESSION, 2, WIDER);

        PolicyConfirmed confirmed = confirmed(inForce.revise(order, List.of(part), Group.none()));

        assertThat(confirmed.getRevision()).isEqualTo(2);
        assertThat(confirmed.getStatementSha256()).isEqualTo(PolicyStatements.sha256(order.getSigned()));
        assertThat(confirmed.getInForce().getEgress(0).getHost()).isEqualTo("repo.example.com");
        assertThat(inForce.policy()).isEqualTo(confirmed.getInForce());
        assertThat(part.taken).containsExactly(confirmed.getInForce());
    }

    @Test
    void whatTheHostDecidesNamesTheRevisionThatItWasDecidedUnder() throws PolicyException {
        RecordingLink link = new RecordingLink();
        SessionJournal journal = new SessionJournal(
                link.open("acme", SESSION, (verdict, stages) -> {}),
                () -> inForce.policy().getRevision(),
                reason -> {});
        Event.Builder cut = Event.newBuilder().setEgressDecided(EgressDecided.getDefaultInstance());
        Part proxy = new Part();
        proxy.step = () -> journal.publish(Channel.EVIDENCE, 1, cut.clone());
        assertThat(inForce.revise(order("acme", SESSION, 2, WIDER), List.of(), Group.none()))
                .isInstanceOf(Answer.Confirmed.class);

        journal.publish(Channel.EVIDENCE, 1, cut.clone());
        assertThat(inForce.revise(order("acme", SESSION, 3, WIDER), List.of(proxy), Group.none()))
                .isInstanceOf(Answer.Confirmed.class);
        for (Event.Builder decision : List.of(
                Event.newBuilder().setEgressRequested(EgressRequested.getDefaultInstance()),
                Event.newBuilder().setLimitReached(LimitReached.getDefaultInstance()),
                Event.newBuilder().setRuntimeState(RuntimeState.getDefaultInstance()),
                Event.newBuilder().setFileOpened(FileOpened.getDefaultInstance()))) {
            journal.publish(Channel.EVIDENCE, 1, decision);
        }

        assertThat(link.events)
                .extracting(event -> event.getPayloadCase() + " " + event.getPolicyRevision())
                .containsExactly(
                        "EGRESS_DECIDED 2",
                        "EGRESS_DECIDED 3",
                        "EGRESS_REQUESTED 3",
                        "LIMIT_REACHED 3",
                        "RUNTIME_STATE 3",
                        "FILE_OPENED 0");
    }

    @Test
    void leavesWhatASandboxIsMadeOfForTheNextStart() throws PolicyException {
        String yaml = WIDER + "workspace: read-only\ndecoys: [~/.ssh/id_rsa]\nlimits: {processes: 3, cpu: 2}\n";

        PolicyConfirmed confirmed =
                confirmed(inForce.revise(order("acme", SESSION, 2, yaml), List.of(part), Group.none()));

        assertThat(confirmed.getAtNextStartList()).containsExactly("workspace", "decoys", "processes", "cpu");
        assertThat(confirmed.getInForce().getWorkspaceMode()).isEqualTo("read-write");
        assertThat(confirmed.getInForce().getDecoysList()).isEmpty();
        assertThat(confirmed.getInForce().getEgressCount()).isEqualTo(1);
    }

    @Test
    void changesWhatTheKernelHoldsARunningSandboxTo(@TempDir Path root) throws Exception {
        Path group = group(root);
        String yaml = "name: build\nlimits: {processes: 3, memory: 1MiB, cpu: 0.5, disk: 1GiB}\n";

        PolicyConfirmed confirmed = confirmed(inForce.revise(order("acme", SESSION, 2, yaml), List.of(part), limited));

        assertThat(confirmed.getAtNextStartList()).containsExactly("disk: size of /tmp, /var/tmp and /dev");
        assertThat(confirmed.getInForce().getProcesses()).isEqualTo(3);
        assertThat(group.resolve("memory.max")).hasContent(Long.toString((1 << 20) + SessionLimits.RUNTIME_MEMORY));
        assertThat(group.resolve("cpu.max")).hasContent("50000 100000");
        assertThat(group.resolve("pids.max")).hasContent(Integer.toString(256 + 3 * 8));
    }

    @Test
    void doesNotLetASandboxHaveMoreProcessesThanItsKernelAllows(@TempDir Path root) throws Exception {
        Path group = group(root);
        String yaml = "name: build\nlimits: {processes: 1025}\n";

        PolicyConfirmed confirmed = confirmed(inForce.revise(order("acme", SESSION, 2, yaml), List.of(part), limited));

        assertThat(confirmed.getAtNextStartList()).containsExactly("processes");
        assertThat(group.resolve("pids.max")).hasContent(Integer.toString(256 + 1024 * 8));
    }

    @Test
    void refusesAMemoryLimitBelowWhatIsInUse(@TempDir Path root) throws Exception {
        Path group = group(root);
        Files.writeString(group.resolve("memory.current"), "900000000");

        assertThat(refused(inForce.revise(
                        order("acme", SESSION, 2, "name: build\nlimits: {memory: 1MiB}\n"), List.of(part), limited)))
                .startsWith("limits: memory: 900000000 bytes in use");
        nothingChanged();
        assertThat(group.resolve("memory.max"))
                .hasContent(Long.toString(limits(first).memoryBytes()));
    }

    /** A group of version 2 in plain files, with the limits of the start. */
    private Path group(Path root) throws IOException {
        Files.writeString(root.resolve("cgroup.controllers"), "cpu memory pids\n");
        Path folder = Files.createDirectories(root.resolve("test/one"));
        for (String file : List.of("memory.max", "memory.stat", "cpu.max", "pids.max")) {
            Files.createFile(folder.resolve(file));
        }
        Files.writeString(folder.resolve("memory.current"), "1000");
        limited = ControlGroups.open(root, List.of("0::/"), "test").create("one", limits(first));
        return folder;
    }

    @Test
    void refusesARevisionThatIsNotNewer() throws PolicyException {
        assertThat(refused(inForce.revise(order("acme", SESSION, 1, WIDER), List.of(part), Group.none())))
                .isEqualTo("revision: 1 (expected: above 1, which is in force)");
        nothingChanged();
    }

    @Test
    void refusesAnOrderForAnotherSessionOrTenant() throws PolicyException {
        assertThat(refused(inForce.revise(order("acme", "f".repeat(32), 2, WIDER), List.of(part), Group.none())))
                .startsWith("session:");
        assertThat(refused(inForce.revise(order("other", SESSION, 2, WIDER), List.of(part), Group.none())))
                .startsWith("tenant:");
        nothingChanged();
    }

    @Test
    void refusesAForeignSignature() throws PolicyException {
        PolicyRevised order = PolicyRevised.newBuilder()
                .setSigned(SigningKey.generate().sign(statement("acme", SESSION, 2, WIDER)))
                .setCause("order-1")
                .build();

        Answer answer = inForce.revise(order, List.of(part), Group.none());

        assertThat(refused(answer)).startsWith("policy signature: key");
        assertThat(((Answer.Refused) answer).refusal().getOrder()).isEqualTo("order-1");
        nothingChanged();
    }

    @Test
    void refusesAPolicyThatCannotBeRead() throws PolicyException {
        assertThat(refused(inForce.revise(order("acme", SESSION, 2, "egres: []"), List.of(part), Group.none())))
                .contains("egres");
        nothingChanged();
    }

    @Test
    void changesNothingAnywhereWhenOnePartCannotTakeItOver() throws PolicyException {
        Part unable = new Part();
        unable.problem = "egress.service: changed";

        assertThat(refused(inForce.revise(order("acme", SESSION, 2, WIDER), List.of(part, unable), Group.none())))
                .isEqualTo("egress.service: changed");
        nothingChanged();
    }

    private void nothingChanged() {
        assertThat(inForce.policy()).isEqualTo(first);
        assertThat(part.taken).isEmpty();
    }

    private static PolicyConfirmed confirmed(Answer answer) {
        assertThat(answer).isInstanceOf(Answer.Confirmed.class);
        return ((Answer.Confirmed) answer).confirmation();
    }

    private static String refused(Answer answer) {
        assertThat(answer).isInstanceOf(Answer.Refused.class);
        PolicyRefused refusal = ((Answer.Refused) answer).refusal();
        return refusal.getReason();
    }

    private static PolicyRevised order(String tenant, String session, int revision, String yaml)
            throws PolicyException {
        return PolicyRevised.newBuilder()
                .setSigned(KEY.sign(statement(tenant, session, revision, yaml)))
                .build();
    }

    private static PolicyStatement statement(String tenant, String session, int revision, String yaml) {
        return PolicyStatement.newBuilder()
                .setTenant(tenant)
                .setSession(session)
                .setRevision(revision)
                .setPolicyYaml(yaml)
                .build();
    }

    private static final class Part implements SessionPart {
        final List<TaskPolicy> taken = new ArrayList<>();
        String problem = "";
        Runnable step = () -> {};

        @Override
        public Runnable prepare(TaskPolicy revised) throws CannotHoldException {
            if (!problem.isEmpty()) {
                throw new CannotHoldException(problem);
            }
            return () -> {
                taken.add(revised);
                step.run();
            };
        }

        @Override
        public void onVerdict(Event verdict, StageTimes stages) {}

        @Override
        public void close() {}
    }

    private static ControlGroups.Limits limits(TaskPolicy policy) {
        return new ControlGroups.Limits(
                policy.getMemoryBytes() == 0 ? 0 : policy.getMemoryBytes() + (256L << 20),
                policy.getCpuMillis(),
                256 + 8 * Bundle.processes(policy));
    }
}
