package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.plumbline.events.policy.PolicyComparison.Direction;
import io.plumbline.events.v1.TaskPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyComparisonTest {
    private static List<String> changes(String before, String after) throws PolicyException {
        return PolicyComparison.between(
                        PolicyParser.parse("name: a\n" + before), PolicyParser.parse("name: a\n" + after))
                .stream()
                .map(change -> change.direction() + " " + change.key())
                .toList();
    }

    @Test
    void everyFieldOfAPolicyIsCompared() {
        assertThat(PolicyComparison.fields())
                .containsExactlyInAnyOrderElementsOf(TaskPolicy.getDescriptor().getFields().stream()
                        .map(FieldDescriptor::getName)
                        .toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            files: {deny: [/srv/**]}                          | TIGHTER files.deny
            files: {protect: [/srv/**]}                       | TIGHTER files.protect
            files: {read: [/srv/**]}                          | WIDER files.read
            files: {write: [/srv/**]}                         | WIDER files.write
            egress: [{host: example.com}]                     | WIDER egress
            egress-unknown: ask                               | WIDER egress-unknown
            tools: {ask: [Bash]}                              | TIGHTER tools.ask
            tools: {deny: [Bash]}                             | TIGHTER tools.deny
            ladder: {alert: 10}                               | TIGHTER ladder.alert
            ladder: {ask: 50}                                 | WIDER ladder.ask
            ladder: {freeze: 71}                              | WIDER ladder.freeze
            limits: {wall-clock: 30m}                         | TIGHTER limits.wall-clock
            limits: {memory: 5GiB}                            | WIDER limits.memory
            limits: {processes: 9}                            | TIGHTER limits.processes
            limits: {egress: 1MiB}                            | TIGHTER limits.egress
            limits: {ingress: 1MiB}                           | TIGHTER limits.ingress
            limits: {egress-rate: 1MiB}                       | TIGHTER limits.egress-rate
            limits: {ingress-rate: 1MiB}                      | TIGHTER limits.ingress-rate
            limits: {upload-hold: 1MiB}                       | TIGHTER limits.upload-hold
            limits: {cpu: 1}                                  | TIGHTER limits.cpu
            scopes: {publishing: freeze}                      | TIGHTER scopes.publishing
            scopes: {credentials: log}                        | WIDER scopes.credentials
            limits: {disk: 1MiB}                              | TIGHTER limits.disk
            workspace: review                                 | TIGHTER workspace
            patience: 11s                                     | WIDER patience
            gate-deadline: 1s                                 | OTHER gate-deadline
            approval-deadline: 1m                             | OTHER approval-deadline
            decoys: [/srv/key]                                | TIGHTER decoys
            honeytokens: {freeze: brain}                      | WIDER honeytokens.freeze
            metadata: {freeze: "off"}                         | WIDER metadata.freeze
            runtime: {degraded: allow}                        | WIDER runtime.degraded
            not-scored: allow                                 | WIDER not-scored
            not-scored: deny                                  | TIGHTER not-scored
            evidence: {checkpoint: 1MiB}                      | OTHER evidence.checkpoint
            may-widen: [egress]                               | WIDER may-widen
            """)
    void saysInWhichDirectionADocumentDiffersFromTheDefaults(String document, String change) throws Exception {
        assertThat(changes("", document))
                .contains(change)
                .allMatch(found -> found.equals(change) || found.startsWith("OTHER"));
        String back =
                change.startsWith("TIGHTER") ? change.replace("TIGHTER", "WIDER") : change.replace("WIDER", "TIGHTER");
        assertThat(changes(document, "")).contains(back);
    }

    @Test
    void aNarrowerDestinationIsNoWiderOne() throws Exception {
        String wide = "egress: [{host: '*.example.com', terminate: true}]";
        String narrow =
                "egress: [{host: api.example.com, methods: [GET], paths: [/v1/**], terminate: true, max-out: 1MiB}]";
        assertThat(changes(wide, narrow)).containsExactly("TIGHTER egress");
        assertThat(changes(narrow, wide)).containsExactly("WIDER egress");
        assertThat(changes(wide, wide + "\n# the same")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {host: a.example.com}                                            | {host: b.example.com}
            {host: '*.example.com'}                                          | {host: example.com}
            {host: a.example.com}                                            | {host: a.example.com, port: 8443}
            {host: a.example.com, methods: [GET], terminate: true}           | {host: a.example.com, methods: [GET, POST], terminate: true}
            {host: a.example.com, methods: [GET], terminate: true}           | {host: a.example.com, terminate: true}
            {host: a.example.com, paths: [/v1/**], terminate: true}          | {host: a.example.com, paths: [/**], terminate: true}
            {host: a.example.com, terminate: true}                           | {host: a.example.com}
            {host: a.example.com}                                            | {host: a.example.com, plain: true}
            {host: a.example.com}                                            | {host: a.example.com, allow-private: true}
            {host: a.example.com, max-out: 1MiB}                             | {host: a.example.com, max-out: 2MiB}
            {host: a.example.com, max-out: 1MiB}                             | {host: a.example.com}
            {host: a.example.com}                                            | {host: a.example.com, service: model}
            {host: a.example.com, terminate: true}                           | {host: a.example.com, terminate: true, credential: {name: a, env: A}}
            """)
    void aDestinationThatIsMoreInOneRespectIsWider(String before, String after) throws Exception {
        assertThat(changes("egress: [" + before + "]", "egress: [" + after + "]"))
                .contains("WIDER egress");
    }

    @Test
    void aGlobWhoseTextDoesNotShowThatItIsCoveredCountsAsWider() throws Exception {
        assertThat(FileRules.covers("/srv/**", "/srv/a/*.txt")).isTrue();
        assertThat(FileRules.covers("/srv/**", "/srv")).isTrue();
        assertThat(FileRules.covers("/srv/*.txt", "/srv/a.txt")).isTrue();
        assertThat(FileRules.covers("/srv/*.txt", "/srv/a*.txt")).isFalse();
        assertThat(FileRules.covers("/srv/**", "/srv*/x")).isFalse();
        assertThat(FileRules.covers("/srv/**", "/srvx/a")).isFalse();
        assertThat(FileRules.covers("/srv/a", "/srv/*")).isFalse();
        assertThat(changes("files: {write: [/srv/*.txt]}", "files: {write: [/srv/a*.txt]}"))
                .containsExactly("TIGHTER files.write", "WIDER files.write");
    }

    @Test
    void aChangeShowsBothValues() throws Exception {
        assertThat(PolicyComparison.between(
                        PolicyParser.parse("limits: {memory: 1GiB}"), PolicyParser.parse("limits: {memory: 2GiB}")))
                .containsExactly(new PolicyComparison.Change("limits.memory", Direction.WIDER, "1 GiB", "2 GiB"));
    }
}
