package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.v1.TaskPolicy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** The policies that are shipped say what they are for, and the schema says what the parser takes. */
class ShippedPoliciesTest {
    static final List<String> NAMES = ShippedPolicies.NAMES;

    private static TaskPolicy policy(String name) throws PolicyException {
        return PolicyParser.parse(ShippedPolicies.yaml(name));
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void hasItsNameAndKeepsCredentialsAndHooksFromTheTask(String name) throws Exception {
        TaskPolicy policy = policy(name);
        assertThat(policy.getName()).isEqualTo(name);
        for (String act : List.of(
                "read ~/.ssh/id_rsa",
                "read ~/.aws/credentials",
                "read /etc/shadow",
                "write ${workspace}/.git/hooks/pre-commit",
                "write ${workspace}/.claude/settings.json",
                "connect 169.254.169.254:80",
                "connect metadata.google.internal:80")) {
            assertThat(answer(policy, act)).as(act).isNotEqualTo(PolicyExplanation.Answer.ALLOW);
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            locked-down,       read ${workspace}/src/A.java,          ALLOW
            locked-down,       write ${workspace}/src/A.java,         DENY
            locked-down,       connect registry.npmjs.org,            DENY
            locked-down,       tool Bash,                             ASK
            read-only-review,  read ${workspace}/src/A.java,          ALLOW
            read-only-review,  write ${workspace}/src/A.java,         DENY
            read-only-review,  connect example.com,                   DENY
            read-only-review,  tool Bash,                             ALLOW
            maintenance,       write ${workspace}/src/A.java,         ALLOW
            maintenance,       write ${workspace}/.github/workflows/ci.yml, DENY
            maintenance,       connect example.com,                   DENY
            feature-work,      write ${workspace}/src/A.java,         ALLOW
            feature-work,      write ${workspace}/Jenkinsfile,        DENY
            feature-work,      connect example.com,                   ASK
            dependency-update, write ${workspace}/package.json,       ALLOW
            dependency-update, connect registry.npmjs.org,            ALLOW
            dependency-update, connect files.pythonhosted.org:443,    ALLOW
            dependency-update, connect upload.pypi.org,               DENY
            dependency-update, connect registry.npmjs.org:80,         DENY
            """)
    void answers(String name, String act, PolicyExplanation.Answer answer) throws Exception {
        assertThat(answer(policy(name), act)).isEqualTo(answer);
    }

    private static PolicyExplanation.Answer answer(TaskPolicy policy, String act) throws PolicyException {
        String[] words = act.split(" ", 2);
        return PolicyExplanation.of(policy, "/home/agent", "/workspace", words[0], words[1])
                .answer();
    }

    @Test
    void anExplanationNamesTheClauseAndWhatElseMustHold() throws Exception {
        PolicyExplanation.Explanation npm = PolicyExplanation.of(
                policy("dependency-update"), "/home/agent", "/workspace", "connect", "registry.npmjs.org");
        assertThat(npm.clause()).isEqualTo("egress[0] registry.npmjs.org:443 GET,HEAD terminate");
        assertThat(npm.conditions())
                .contains("the method is GET or HEAD", "its name leads to a public address")
                .anyMatch(condition -> condition.endsWith("bytes are sent in all"));
        assertThat(PolicyExplanation.of(policy("maintenance"), "/home/agent", "/workspace", "write", "/workspace/a")
                        .conditions())
                .singleElement()
                .asString()
                .contains("workspace: review");
        assertThat(PolicyExplanation.of(policy("maintenance"), "/home/agent", "/workspace", "read", "~/.ssh/id_rsa")
                        .clause())
                .isEqualTo("files.deny[0] ~/.ssh/**");
    }

    @Test
    void refusesActsOfAnotherForm() throws Exception {
        TaskPolicy policy = policy("maintenance");
        for (String act :
                List.of("sing /a", "read relative", "read /a/../b", "read /a//b", "connect :80", "connect a:b")) {
            String[] words = act.split(" ", 2);
            assertThatThrownBy(() -> PolicyExplanation.of(policy, "/home/agent", "/workspace", words[0], words[1]))
                    .as(act)
                    .isInstanceOf(PolicyException.class)
                    .hasMessageStartingWith("act: ")
                    .hasMessageContaining("(expected: ");
        }
        assertThatThrownBy(() -> ShippedPolicies.yaml("../maintenance"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("policy: ../maintenance (expected: one of locked-down, ");
    }

    /** For each mapping of a document: one with an unknown key, which the parser answers with all that it knows. */
    @Test
    void theSchemaHasTheKeysOfTheParser() throws Exception {
        JsonNode schema = new ObjectMapper().readTree(ShippedPolicies.schema());
        JsonNode keys = schema.path("properties");
        Map<String, JsonNode> mappings = new HashMap<>(Map.of(
                "%s", schema,
                "files: {%s}", keys.path("files"),
                "egress: [{host: a.example, %s}]", keys.path("egress").path("items"),
                "egress: [{host: a.example, terminate: true, credential: {name: a, env: A, %s}}]",
                        keys.path("egress").path("items").path("properties").path("credential"),
                "tools: {%s}", keys.path("tools"),
                "ladder: {%s}", keys.path("ladder"),
                "limits: {%s}", keys.path("limits"),
                "decoys: [{path: /srv/key, %s}]",
                        keys.path("decoys").path("items").path("anyOf").path(1),
                "evidence: {%s}", keys.path("evidence"),
                "runtime: {%s}", keys.path("runtime")));
        mappings.put("scopes: {%s}", keys.path("scopes"));
        mappings.put("approvals: {%s}", keys.path("approvals"));
        mappings.put(
                "gate: [{name: a, when: 'true', answer: ask, why: w, %s}]",
                keys.path("gate").path("items"));
        for (Map.Entry<String, JsonNode> mapping : mappings.entrySet()) {
            assertThat(known(mapping.getKey().formatted("no-such-key: 1")))
                    .as(mapping.getKey())
                    .isEqualTo(names(mapping.getValue().path("properties")));
            assertThat(mapping.getValue().path("additionalProperties").asBoolean(true))
                    .isFalse();
        }
        assertThat(words(keys.path("may-widen").path("items").path("enum")))
                .isEqualTo(new TreeSet<>(PolicyParser.SECTIONS));
    }

    private static Set<String> known(String yaml) {
        try {
            PolicyParser.parse(yaml);
        } catch (PolicyException e) {
            Matcher list = Pattern.compile("unknown key 'no-such-key' .*\\(expected: one of (.*)\\)")
                    .matcher(String.valueOf(e.getMessage()));
            if (list.find()) {
                return new TreeSet<>(List.of(list.group(1).split(", ")));
            }
            throw new AssertionError(e.getMessage());
        }
        throw new AssertionError(yaml + " was taken");
    }

    private static Set<String> names(JsonNode properties) {
        Set<String> names = new TreeSet<>();
        properties.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static Set<String> words(JsonNode list) {
        Set<String> words = new TreeSet<>();
        list.forEach(word -> words.add(word.asText()));
        return words;
    }
}
