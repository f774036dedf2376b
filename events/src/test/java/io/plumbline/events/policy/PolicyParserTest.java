package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.v1.TaskPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyParserTest {
    @Test
    void saysWhatADecoyLooksLikeAndWhoFreezes() throws Exception {
        TaskPolicy policy = PolicyParser.parse("""
                decoys: ["~/.ssh/id_rsa", {path: ~/notes, kind: aws}, {path: /srv/x}]
                honeytokens: {freeze: brain}
                metadata: {freeze: "off"}
                """);
        assertThat(policy.getDecoysList()).containsExactly("~/.ssh/id_rsa", "~/notes", "/srv/x");
        assertThat(policy.getDecoyKindsList()).containsExactly("", "aws", "");
        assertThat(policy.getHoneytokenFreeze()).isEqualTo("brain");
        assertThat(policy.getMetadataFreeze()).isEqualTo("off");
        TaskPolicy plain = PolicyParser.parse("name: x");
        assertThat(plain.getHoneytokenFreeze()).isEqualTo("local");
        assertThat(plain.getMetadataFreeze()).isEqualTo("local");
    }

    @Test
    void aRuntimeWithoutKernelEvidenceHasToBeAllowed() throws Exception {
        assertThat(PolicyParser.parse("name: x").getDegraded()).isEqualTo("deny");
        assertThat(PolicyParser.parse("evidence: {checkpoint: 512MiB}").getCheckpointBytes())
                .isEqualTo(512L << 20);
        assertThat(PolicyParser.parse("runtime: {degraded: allow}").getDegraded())
                .isEqualTo("allow");
    }

    @Test
    void readsEveryKey() throws PolicyException {
        TaskPolicy policy = PolicyParser.parse("""
                name: maintenance
                files:
                  deny: ["~/secrets/**"]
                  read: ["/srv/docs/**"]
                  write: ["${workspace}/build/**"]
                egress:
                  - {host: API.example.com}
                  - {host: 127.0.0.1, port: 8081, service: model, allow-private: true}
                  - host: api.example.org
                    methods: [GET, POST]
                    paths: ["/v1/**"]
                    terminate: true
                    max-out: 1MiB
                    credential: {name: example, header: X-Api-Key, env: EXAMPLE_API_KEY}
                  - {host: ssh.example.org, port: 22, plain: true}
                egress-unknown: ask
                tools: {ask: [WebFetch], deny: [KillShell]}
                ladder: {alert: 10, ask: 30, freeze: 60}
                limits: {wall-clock: 10m, memory: 2GiB, processes: 64, egress: 10MiB, ingress: 1GiB, egress-rate: 1MiB, upload-hold: 0B, cpu: 1.5, disk: 1GiB}
                workspace: read-only
                patience: 5s
                gate-deadline: 500ms
                approval-deadline: 2m
                decoys: ["~/.ssh/id_rsa"]
                """);

        assertThat(policy.getName()).isEqualTo("maintenance");
        assertThat(policy.getEgress(0).getHost()).isEqualTo("api.example.com");
        assertThat(policy.getEgress(0).getPort()).isEqualTo(443);
        assertThat(policy.getEgress(1).getService()).isEqualTo("model");
        assertThat(policy.getEgress(1).getAllowPrivate()).isTrue();
        assertThat(policy.getEgress(2).getMethodsList()).containsExactly("GET", "POST");
        assertThat(policy.getEgress(2).getPathsList()).containsExactly("/v1/**");
        assertThat(policy.getEgress(2).getTerminate()).isTrue();
        assertThat(policy.getEgress(2).getMaxOutBytes()).isEqualTo(1 << 20);
        assertThat(policy.getEgress(2).getCredential().getHeader()).isEqualTo("x-api-key");
        assertThat(policy.getEgress(2).getCredential().getEnv()).isEqualTo("EXAMPLE_API_KEY");
        assertThat(policy.getEgress(3).getPlain()).isTrue();
        assertThat(policy.getEgressUnknown()).isEqualTo("ask");
        assertThat(policy.getEgressBytes()).isEqualTo(10 << 20);
        assertThat(policy.getIngressBytes()).isEqualTo(1 << 30);
        assertThat(policy.getEgressRateBytes()).isEqualTo(1 << 20);
        assertThat(policy.hasUploadHoldBytes()).isTrue();
        assertThat(policy.getUploadHoldBytes()).isZero();
        assertThat(policy.getFreezeAt()).isEqualTo(60);
        assertThat(policy.getWallClockSeconds()).isEqualTo(600);
        assertThat(policy.getMemoryBytes()).isEqualTo(2L << 30);
        assertThat(policy.getCpuMillis()).isEqualTo(1500);
        assertThat(policy.getDiskBytes()).isEqualTo(1L << 30);
        assertThat(policy.getGateDeadlineMs()).isEqualTo(500);
        assertThat(policy.getDecoysList()).containsExactly("~/.ssh/id_rsa");
        assertThat(policy.getFilesList()).anyMatch(rule -> rule.getGlob().equals("~/.ssh/**"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            filez: {}                              | policy:1:1: unknown key 'filez' in policy (expected: one of approval-deadline
            files: [a]                             | policy:1:8: files is not a mapping
            files: {deny: [relative/**]}           | policy:1:16: deny: 'relative/**' (expected: a glob that starts with /
            egress: [{port: 443}]                  | policy:1:10: egress without host
            egress: [{host: a.b, port: 70000}]     | policy:1:28: port: '70000' (expected: a whole number from 1 to 65535)
            egress: [{host: 'a b'}]                | host: 'a b' (expected: a host name
            egress: [{host: a.b, methods: [get]}]  | methods: 'get' (expected: a method in upper case
            egress: [{host: a.b, paths: [v1]}]     | paths: 'v1' (expected: a glob over paths
            egress: [{host: a.b, terminate: true, plain: true}] | with terminate and plain (expected: one of them)
            egress: [{host: a.b, service: x, plain: true}] | (expected: a service is a raw tunnel)
            egress: [{host: a.b, credential: {name: x, env: X}}] | (expected: an exact host, and terminate: true)
            egress: [{host: a.b, terminate: true, credential: {name: ../x, env: X}}] | name: '../x'
            version: 2                             | version: '2' (expected: one of 1)
            egress-unknown: allow                  | egress-unknown: 'allow' (expected: one of ask, deny)
            workspace: writable                    | workspace: 'writable' (expected: one of read-only, read-write, review)
            limits: {cpu: 0.01}                    | cpu: '0.01' (expected: a number of processors from 0.05 on)
            limits: {cpu: all}                     | cpu: 'all' (expected: a number of processors such as
            patience: soon                         | patience: 'soon' (expected: a duration such as
            ladder: {alert: 90, ask: 40}           | ladder alert 90, ask 40, freeze 70 (expected: alert <= ask <= freeze <= kill, or kill 0 for never)
            decoys: [{path: '~/x', kind: ssh}]     | kind: 'ssh'
            decoys: [{kind: aws}]                  | path
            honeytokens: {freeze: off}             | freeze: 'off'
            honeytokens: {thaw: local}             | unknown key 'thaw'
            metadata: {freeze: never}              | freeze: 'never'
            not-scored: maybe                      | not-scored: 'maybe' (expected: one of allow, ask, ask-high-risk, deny)
            runtime: {degraded: maybe}             | degraded: 'maybe' (expected: one of allow, deny)
            runtime: {degrade: allow}              | unknown key 'degrade' in runtime
            decoys: ['~/../x']                     | decoys: '~/../x'
            'name: [unclosed'                      | policy: not YAML
            just text                              | (expected: a mapping
            """)
    void namesThePositionTheValueAndWhatWasExpected(String yaml, String message) {
        assertThatThrownBy(() -> PolicyParser.parse(yaml))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource({
        "/home/agent/.ssh/id_rsa,READ,true",
        "/home/agent/.ssh,READ,true",
        "/home/agent/.sshx,READ,false",
        "/workspace/src/a.c,WRITE,false",
        "/workspacex/a.c,WRITE,true",
        "/home/agent/.bashrc,READ,false",
        "/home/agent/.bashrc,WRITE,true",
        "/workspace/.git/hooks/post-commit,READ,false",
        "/workspace/.git/hooks/post-commit,WRITE,true",
        "/usr/bin/ls,READ,false",
        "/usr/bin/ls,WRITE,true",
        "/mnt/other,READ,true",
        "/etc/cron.d/job,WRITE,true"
    })
    void defaultsLetPeopleWorkAndKeepCredentialsAway(String path, FileRules.Access access, boolean refused) {
        FileRules rules = new FileRules(PolicyDefaults.policy(), "/home/agent", "/workspace");

        assertThat(rules.refusal(path, access).isPresent()).isEqualTo(refused);
    }

    @Test
    void hostilePathsDoNotMakeTheGlobBacktrack() {
        assertThat(FileRules.matches("/**a**a**a**a**a**b", "/" + "a".repeat(4_000)))
                .isFalse();
    }
}
