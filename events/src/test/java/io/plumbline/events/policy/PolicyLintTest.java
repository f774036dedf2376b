package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class PolicyLintTest {
    static final java.util.List<String> SHIPPED = ShippedPolicies.NAMES;

    /** Nothing to be said against. */
    private static final String CLEAN = "decoys: [/srv/key]\n";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            files: {read: [~/.ssh/config]}                                        | ERROR   | unreachable-grant
            files: {write: ['${workspace}/.git/hooks/pre-commit']}                | ERROR   | unreachable-grant
            files: {read: [/srv/**, /srv/a]}                                      | NOTE    | superfluous-rule
            files: {read: [/srv/a, /srv/a]}                                       | NOTE    | superfluous-rule
            files: {write: [/etc/**]}                                             | WARNING | wide-grant
            {workspace: read-only, files: {write: ['${workspace}/out/x']}}        | ERROR   | read-only-workspace
            egress: [{host: 169.254.169.254, port: 80}]                           | ERROR   | metadata-destination
            egress: [{host: metadata.google.internal, port: 80}]                  | ERROR   | metadata-destination
            egress: [{host: '*.com'}]                                             | WARNING | wide-destination
            egress: [{host: a.example}, {host: a.example}]                        | NOTE    | superfluous-rule
            egress: [{host: a.example, methods: [GET]}]                           | ERROR   | unreadable-requests
            egress: [{host: a.example, terminate: true, credential: {name: a, env: A}}] | NOTE | broad-credential
            egress: [{host: a.example, plain: true}]                              | WARNING | plain-tunnel
            egress: [{host: a.example, allow-private: true}]                      | NOTE    | private-destination
            egress: [{host: a.example, port: 22}]                                 | WARNING | remote-login-or-mail
            egress: [{host: a.example}]                                           | NOTE    | no-egress-budget
            egress-unknown: ask                                                   | NOTE    | everything-asked
            tools: {ask: [Bash], deny: [Bash]}                                    | WARNING | asked-and-denied
            ladder: {freeze: 100}                                                 | WARNING | never-frozen
            metadata: {freeze: 'off'}                                             | WARNING | metadata-not-frozen
            runtime: {degraded: allow}                                            | WARNING | degraded
            not-scored: allow                                                     | WARNING | unscored-allowed
            decoys: []                                                            | NOTE    | no-decoys
            {decoys: [/srv/key], honeytokens: {freeze: brain}}                    | NOTE    | slow-honeytoken
            limits: {wall-clock: 30h}                                             | WARNING | long-task
            patience: 2m                                                          | WARNING | long-patience
            """)
    void says(String document, PolicyLint.Level level, String rule) throws Exception {
        assertThat(PolicyLint.of(PolicyParser.parse(document)))
                .anyMatch(finding -> finding.rule().equals(rule) && finding.level() == level);
        assertThat(PolicyLint.of(PolicyParser.parse(CLEAN))).isEmpty();
    }

    @Test
    void theGravestComesFirst() throws Exception {
        assertThat(PolicyLint.of(PolicyParser.parse("patience: 2m\negress: [{host: 169.254.169.254}]\n")))
                .extracting(PolicyLint.Finding::level)
                .isSorted()
                .startsWith(PolicyLint.Level.ERROR);
    }

    @ParameterizedTest
    @FieldSource("SHIPPED")
    void hasNothingGraveAgainstShippedPolicies(String name) throws Exception {
        assertThat(PolicyLint.of(PolicyParser.parse(ShippedPolicies.yaml(name))))
                .allMatch(finding -> finding.level() == PolicyLint.Level.NOTE);
    }
}
