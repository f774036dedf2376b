package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.TaskPolicy;
import java.util.Comparator;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyDocumentTest {
    /** Has a value of its own in every field. */
    private static final String EVERYTHING = """
            name: everything
            files:
              deny: [/srv/**]
              protect: ["${workspace}/ci/**"]
              read: [/data/**]
              write: [/scratch/**]
            egress:
              - {host: api.example.com, port: 8443, methods: [GET], paths: [/v1/**], terminate: true, max-out: 5MiB,
                 credential: {name: example, env: EXAMPLE_KEY}}
              - {host: model.example.com, service: model, allow-private: true}
              - {host: "*.plain.example", port: 80, plain: true}
            egress-unknown: ask
            not-scored: deny
            tools: {ask: [Bash], deny: [WebFetch]}
            scopes: {publishing: freeze}
            gate:
              - {name: strangers, when: 'act.hosts.exists(h, !h.endsWith(".example.com"))', answer: ask, why: Nobody has looked.}
            approvals: {four-eyes: high, session: none}
            ladder: {alert: 10, ask: 30, freeze: 60, kill: 90}
            unannounced: freeze
            limits: {wall-clock: 90m, memory: 3GiB, processes: 99, cpu: 1.5, disk: 1500B, egress: 5MiB, ingress: 7KiB,
                     egress-rate: 9KiB, ingress-rate: 8KiB, upload-hold: 3B}
            workspace: review
            patience: 7s
            gate-deadline: 1500ms
            approval-deadline: 2m
            decoys: [~/.netrc, {path: ~/.aws/credentials, kind: aws}]
            honeytokens: {freeze: brain}
            metadata: {freeze: "off"}
            evidence: {checkpoint: 1GiB}
            runtime: {degraded: allow}
            may-widen: [limits]
            """;

    private static void isReadAsTheSame(String yaml) throws PolicyException {
        TaskPolicy policy = PolicyParser.parse(yaml);
        String written = PolicyDocument.yaml(policy);
        assertThat(sorted(PolicyParser.parse(written))).as(written).isEqualTo(sorted(policy));
        // The levels below an organisation's policy read it as nothing new.
        assertThat(sorted(PolicyParser.parse(written, policy, Set.of())))
                .as(written)
                .isEqualTo(sorted(policy));
    }

    private static TaskPolicy sorted(TaskPolicy policy) {
        var files = policy.getFilesList().stream()
                .sorted(Comparator.comparing(Object::toString))
                .toList();
        return policy.toBuilder().clearFiles().addAllFiles(files).build();
    }

    @Test
    void isReadAsTheSamePolicy() throws PolicyException {
        isReadAsTheSame(EVERYTHING);
        isReadAsTheSame("name: plain");
        for (String name : ShippedPolicies.NAMES) {
            isReadAsTheSame(ShippedPolicies.yaml(name));
        }
    }

    /** A field that is forgotten in the document would change with the next revision. */
    @Test
    void everyFieldIsTried() throws PolicyException {
        TaskPolicy everything = PolicyParser.parse(EVERYTHING);
        TaskPolicy plain = PolicyParser.parse("name: plain");
        assertThat(TaskPolicy.getDescriptor().getFields())
                .filteredOn(field -> !field.getName().equals("revision"))
                .allSatisfy(field -> assertThat(everything.getField(field))
                        .as(field.getName())
                        .isNotEqualTo(plain.getField(field)));
    }

    @Test
    void anIsolatedPolicyIsOnlyTighter() throws PolicyException {
        TaskPolicy policy = PolicyParser.parse(EVERYTHING);
        TaskPolicy isolated = PolicyParser.parse(PolicyDocument.yaml(PolicyDocument.isolated(policy)));
        assertThat(isolated.getEgressList()).isEmpty();
        assertThat(PolicyComparison.between(policy, isolated))
                .hasSize(4)
                .allSatisfy(change -> assertThat(change.direction()).isEqualTo(PolicyComparison.Direction.TIGHTER));
    }
}
