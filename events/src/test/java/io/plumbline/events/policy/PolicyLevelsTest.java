package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.policy.PolicyLevels.Level;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.PathRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyLevelsTest {
    private static final String ORGANISATION = """
            name: acme
            egress: [{host: '*.acme.example'}, {host: registry.npmjs.org}]
            limits: {memory: 4GiB, wall-clock: 2h}
            ladder: {alert: 10, ask: 30, freeze: 60}
            files: {deny: [/srv/payroll/**], write: [/srv/build/**]}
            """;

    private static PolicyLevels levels(String organisation, String repository) {
        return new PolicyLevels(
                Optional.of(organisation).filter(text -> !text.isEmpty()).map(text -> new Level("organisation", text)),
                Optional.of(repository).filter(text -> !text.isEmpty()).map(text -> new Level("repository", text)));
    }

    private static void refused(PolicyLevels levels, String task, String... parts) {
        assertThatThrownBy(() -> levels.task(task))
                .isInstanceOf(PolicyException.class)
                .satisfies(refusal -> {
                    assertThat(refusal.getMessage()).contains(parts);
                });
    }

    @Test
    void withNothingAboveATaskHasItsOwnPolicy() throws Exception {
        String task = "name: t\negress: [{host: example.com}]\nlimits: {memory: 64GiB}\n";
        assertThat(PolicyLevels.NONE.task(task)).isEqualTo(PolicyParser.parse(task));
    }

    @Test
    void whatATaskLeavesOutIsAsAboveIt() throws Exception {
        TaskPolicy policy = levels(ORGANISATION, "").task("name: t\n");
        assertThat(policy)
                .isEqualTo(PolicyParser.parse(ORGANISATION).toBuilder()
                        .setName("t")
                        .build());
    }

    @Test
    void aTaskTightens() throws Exception {
        TaskPolicy policy = levels(ORGANISATION, "").task("""
                name: t
                egress: [{host: git.acme.example, methods: [GET], terminate: true}]
                limits: {memory: 1GiB}
                ladder: {freeze: 50}
                files: {deny: [/srv/build/secret/**]}
                tools: {ask: [Bash]}
                """);
        assertThat(policy.getEgressList()).extracting(EgressRule::getHost).containsExactly("git.acme.example");
        assertThat(policy.getMemoryBytes()).isEqualTo(1L << 30);
        assertThat(policy.getWallClockSeconds()).isEqualTo(7_200);
        assertThat(policy.getFilesList())
                .extracting(PathRule::getGlob)
                .contains("/srv/payroll/**", "/srv/build/secret/**", "/srv/build/**");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "egress: [{host: example.com}]",
                "egress: [{host: git.acme.example, plain: true}]",
                "egress-unknown: ask",
                "limits: {memory: 5GiB}",
                "ladder: {freeze: 61}",
                "files: {write: [/srv/**]}",
                "files: {read: [/srv/**]}",
                "workspace: read-write\npatience: 1h",
                "honeytokens: {freeze: brain}",
                "metadata: {freeze: 'off'}",
                "runtime: {degraded: allow}"
            })
    void aTaskThatWidensIsRefusedAndTheRefusalSaysWhoWouldHaveToAllowIt(String widening) {
        refused(levels(ORGANISATION, ""), "name: t\n" + widening, "policy: ", "organisation says", "may-widen");
    }

    @Test
    void theRefusalNamesKeyAndBothValues() {
        refused(
                levels(ORGANISATION, ""),
                "limits: {memory: 5GiB}",
                "policy: limits.memory: 5 GiB (expected: nothing wider than 4 GiB, as organisation says, which does not"
                        + " list limits under may-widen)");
    }

    @Test
    void whatTheOrganisationListsMayBeWidened() throws Exception {
        PolicyLevels levels = levels(ORGANISATION + "may-widen: [egress, limits]\n", "");
        TaskPolicy policy = levels.task("egress: [{host: example.com}]\nlimits: {memory: 5GiB}");
        assertThat(policy.getEgressList())
                .extracting(EgressRule::getHost)
                .containsExactly("*.acme.example", "registry.npmjs.org", "example.com");
        assertThat(policy.getMemoryBytes()).isEqualTo(5L << 30);
        assertThat(policy.getMayWidenList()).isEmpty();
        refused(levels, "ladder: {freeze: 70}", "ladder.freeze");
    }

    /** The agents that work on a repository can write its files. */
    @Test
    void aRepositoryNeverWidensByItself() {
        refused(
                levels("", "egress: [{host: evil.example}]"),
                "name: t",
                "repository: egress: evil.example:443",
                "the defaults say");
        refused(levels(ORGANISATION, "limits: {memory: 5GiB}"), "name: t", "repository: limits.memory");
        refused(levels(ORGANISATION, "may-widen: [limits]"), "limits: {memory: 5GiB}", "policy: limits.memory");
    }

    @Test
    void aTaskKeepsWhatItsRepositoryTightened() throws Exception {
        PolicyLevels levels = levels("", "workspace: review\nfiles: {protect: ['${workspace}/ci/**']}\n");
        assertThat(levels.task("name: t").getWorkspaceMode()).isEqualTo("review");
        refused(levels, "workspace: read-write", "policy: workspace: read-write", "repository says");
        refused(levels, "egress: [{host: example.com}]", "policy: egress", "repository says");
        assertThat(levels("", "workspace: review\nmay-widen: [egress]")
                        .task("egress: [{host: example.com}]")
                        .getEgressCount())
                .isEqualTo(1);
    }

    @Test
    void theLowestLevelAnswersAScope() throws Exception {
        PolicyLevels levels = levels("scopes: {publishing: deny, uninspectable: log}", "");
        TaskPolicy policy = levels.task("scopes: {publishing: freeze}");
        assertThat(Scope.PUBLISHING.answer(policy)).isEqualTo(Scope.Answer.FREEZE);
        assertThat(Scope.UNINSPECTABLE.answer(policy)).isEqualTo(Scope.Answer.LOG);
        refused(
                levels,
                "scopes: {publishing: ask}",
                "policy: scopes.publishing: ask",
                "not list scopes under may-widen");
    }

    @Test
    void aLevelThatIsNoPolicyIsNamed() {
        refused(levels("nope: 1", ""), "name: t", "organisation: policy:1:1: unknown key 'nope'");
        refused(levels("", "nope: 1"), "name: t", "repository: policy:1:1: unknown key 'nope'");
        refused(levels(ORGANISATION, ""), "nope: 1", "policy:1:1: unknown key 'nope'");
    }
}
