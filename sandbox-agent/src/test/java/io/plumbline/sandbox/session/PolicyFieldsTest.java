package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.session.PolicyInForce.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of each field of a policy when a revision changes it in a running session. A new field has to be decided on here. */
class PolicyFieldsTest {
    private static final String SESSION = "0123456789abcdef0123456789abcdef";
    private static final SigningKey KEY = SigningKey.generate();
    private static final String START =
            "name: build\ndecoys: [{path: ~/.ssh/id_rsa, kind: ssh-key}]\nlimits: {processes: 9, cpu: 2}\n";

    /** For each field a policy that differs from {@link #START} in it. */
    private static final Map<String, String> REVISED = Map.ofEntries(
            Map.entry("name", START.replace("build", "other")),
            Map.entry("revision", START),
            Map.entry("files", START + "files: {deny: [/srv/secret/**]}"),
            Map.entry("egress", START + "egress: [{host: repo.example.com}]"),
            Map.entry("tools_ask", START + "tools: {ask: [Bash]}"),
            Map.entry("tools_deny", START + "tools: {deny: [Bash]}"),
            Map.entry("alert_at", START + "ladder: {alert: 1}"),
            Map.entry("ask_at", START + "ladder: {ask: 69}"),
            Map.entry("freeze_at", START + "ladder: {freeze: 99}"),
            Map.entry("kill_at", START + "ladder: {kill: 99}"),
            Map.entry("unannounced", START + "unannounced: freeze"),
            Map.entry("wall_clock_seconds", limits("wall-clock: 7m")),
            Map.entry("memory_bytes", limits("memory: 3GiB")),
            Map.entry("processes", START.replace("processes: 9", "processes: 8")),
            Map.entry("workspace_mode", START + "workspace: read-only"),
            Map.entry("patience_seconds", START + "patience: 77s"),
            Map.entry("gate_deadline_ms", START + "gate-deadline: 777ms"),
            Map.entry("approval_deadline_seconds", START + "approval-deadline: 77s"),
            Map.entry("decoys", START.replace("id_rsa", "id_dsa")),
            Map.entry("decoy_kinds", START.replace("ssh-key", "aws")),
            Map.entry("honeytoken_freeze", START + "honeytokens: {freeze: brain}"),
            Map.entry("metadata_freeze", START + "metadata: {freeze: brain}"),
            Map.entry("egress_unknown", START + "egress-unknown: ask"),
            Map.entry("egress_bytes", limits("egress: 7MiB")),
            Map.entry("ingress_bytes", limits("ingress: 7MiB")),
            Map.entry("egress_rate_bytes", limits("egress-rate: 7MiB")),
            Map.entry("ingress_rate_bytes", limits("ingress-rate: 7MiB")),
            Map.entry("upload_hold_bytes", limits("upload-hold: 7MiB")),
            Map.entry("cpu_millis", START.replace("cpu: 2", "cpu: 1")),
            Map.entry("disk_bytes", limits("disk: 7MiB")),
            Map.entry("scopes", START + "scopes: {publishing: deny}"),
            Map.entry("may_widen", START + "may-widen: [egress]"),
            Map.entry("gate", START + "gate: [{name: a, when: 'act.risk > 9', answer: ask, why: w}]"),
            Map.entry("four_eyes", START + "approvals: {four-eyes: high}"),
            Map.entry("session_approval_seconds", START + "approvals: {session: 7m}"),
            Map.entry("not_scored", START + "not-scored: deny"),
            Map.entry("degraded", START + "runtime: {degraded: allow}"),
            Map.entry("checkpoint_bytes", START + "evidence: {checkpoint: 7MiB}"));

    private final TaskPolicy first = PolicyParser.parse(START);

    PolicyFieldsTest() throws PolicyException {}

    private static String limits(String more) {
        return START.replace("cpu: 2", "cpu: 2, " + more);
    }

    private static Set<String> fields() {
        return TaskPolicy.getDescriptor().getFields().stream()
                .map(FieldDescriptor::getName)
                .collect(Collectors.toSet());
    }

    @Test
    void everyFieldOfAPolicyIsDecidedOnAndTriedHere() {
        Set<String> decided = new HashSet<>(PolicyInForce.AT_ONCE);
        Stream.of(PolicyInForce.AT_NEXT_START.keySet(), PolicyInForce.BY_THE_KERNEL)
                .forEach(more -> more.forEach(field -> assertThat(decided.add(field))
                        .as("%s decided on once", field)
                        .isTrue()));

        assertThat(decided).isEqualTo(fields());
        assertThat(REVISED.keySet()).isEqualTo(fields());
    }

    @ParameterizedTest
    @MethodSource("fields")
    void holdsAtOnceOrStaysAndIsNamed(String name, @TempDir Path root) throws Exception {
        FieldDescriptor field = TaskPolicy.getDescriptor().findFieldByName(name);
        TaskPolicy written = PolicyParser.parse(String.valueOf(REVISED.get(name))).toBuilder()
                .setRevision(2)
                .build();
        assertThat(written.getField(field)).as("the revision changes it").isNotEqualTo(first.getField(field));
        PolicyInForce inForce = new PolicyInForce(
                "acme",
                SESSION,
                TrustedKeys.parse(KEY.publicPem()),
                PolicyLevels.NONE,
                first,
                policy -> new ControlGroups.Limits(
                        policy.getMemoryBytes(), policy.getCpuMillis(), policy.getProcesses()));

        Answer answer = inForce.revise(order(String.valueOf(REVISED.get(name))), List.of(), group(root));

        assertThat(answer).isInstanceOf(Answer.Confirmed.class);
        PolicyConfirmed confirmed = ((Answer.Confirmed) answer).confirmation();
        assertThat(inForce.policy()).isEqualTo(confirmed.getInForce());
        String fixed = PolicyInForce.AT_NEXT_START.get(name);
        if (fixed == null) {
            assertThat(inForce.policy()).isEqualTo(written);
            assertThat(confirmed.getAtNextStartList())
                    .isEqualTo(
                            name.equals("disk_bytes") ? List.of("disk: size of /tmp, /var/tmp and /dev") : List.of());
        } else {
            assertThat(inForce.policy())
                    .isEqualTo(first.toBuilder().setRevision(2).build());
            assertThat(confirmed.getAtNextStartList()).containsExactly(fixed);
        }
    }

    private static PolicyRevised order(String yaml) throws PolicyException {
        return PolicyRevised.newBuilder()
                .setSigned(KEY.sign(PolicyStatement.newBuilder()
                        .setTenant("acme")
                        .setSession(SESSION)
                        .setRevision(2)
                        .setPolicyYaml(yaml)
                        .build()))
                .build();
    }

    /** A group of version 2 in plain files. */
    private static ControlGroups.Group group(Path root) throws Exception {
        Files.writeString(root.resolve("cgroup.controllers"), "cpu memory pids\n");
        Path folder = Files.createDirectories(root.resolve("test/one"));
        for (String file : List.of("memory.max", "memory.stat", "cpu.max", "pids.max")) {
            Files.createFile(folder.resolve(file));
        }
        Files.writeString(folder.resolve("memory.current"), "1000");
        return ControlGroups.open(root, List.of("0::/"), "test").create("one", new ControlGroups.Limits(0, 2000, 9));
    }
}
