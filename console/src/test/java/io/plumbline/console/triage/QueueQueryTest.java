package io.plumbline.console.triage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QueueQueryTest {
    @Test
    void theAddressSaysAllOfTheQuestion() {
        QueueQuery query =
                new QueueQuery("mine", "high", "rule", "host-3", "codex", "bea", 24, "a&b=c +\"curl %\" \u202e");

        assertThat(QueueQuery.of(query.address())).isEqualTo(query);
        assertThat(QueueQuery.WAITING.address()).isEmpty();
        assertThat(QueueQuery.of("")).isEqualTo(QueueQuery.WAITING);
    }

    @Test
    void whatIsNoFilterIsLeftOut() {
        QueueQuery query = QueueQuery.of(Map.of(
                "state", List.of("deleted"),
                "severity", List.of("awful"),
                "hours", List.of("-1"),
                "q", List.of("x".repeat(10_000)),
                "tenant", List.of("other")));

        assertThat(query.state()).isEqualTo("waiting");
        assertThat(query.severity()).isEmpty();
        assertThat(query.within()).isZero();
        assertThat(query.text()).hasSize(500);
    }

    @Test
    void termsNameFieldsInEcs() {
        assertThat(QueueText.parse("id_rsa -rule.id:files.deny agent.name:\"claude code\" \"cat and curl\""))
                .containsExactly(
                        new QueueText("", "id_rsa", false),
                        new QueueText("rule.id", "files.deny", true),
                        new QueueText("agent.name", "claude code", false),
                        new QueueText("", "cat and curl", false));
        assertThat(QueueText.parse("tenant:other").getFirst().field()).isEmpty();
        assertThat(QueueText.parse("a ".repeat(1_000))).hasSize(QueueText.MAX_TERMS);
    }

    @Test
    void completesFieldsAndTheirKnownValues() {
        Map<String, List<String>> known = Map.of("agent.name", List.of("codex", "claude code"));

        assertThat(QueueText.completions("id_rsa host", known)).containsExactly("id_rsa host.name:");
        assertThat(QueueText.completions("-agent.name:c", known))
                .containsExactly("-agent.name:codex", "-agent.name:\"claude code\"");
        assertThat(QueueText.completions("", known)).isEmpty();
    }
}
