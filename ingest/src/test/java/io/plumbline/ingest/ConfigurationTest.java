package io.plumbline.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
    private static final Map<String, String> LEAST =
            Map.of("kafka.bootstrap", "127.0.0.1:9092", "tokens.file", "t", "data.directory", "d");

    @TempDir
    Path directory;

    @Test
    void hasDefaults() {
        IngestSettings settings = IngestSettings.from(LEAST);

        assertThat(settings.address()).isEqualTo("127.0.0.1");
        assertThat(settings.port()).isEqualTo(4318);
        assertThat(settings.bodyBytes()).isEqualTo(4 << 20);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ingest.prot | 1 | property: ingest.prot (expected: one of [data.directory
            ingest.port | x | ingest.port: x (expected: 0 to 65535)
            ingest.port | 65536 | ingest.port: 65536 (expected: 0 to 65535)
            limits.streams | 0 | limits.streams: 0 (expected: 1 to 100000)
            silence.seconds | 4 | silence.seconds: 4 (expected: 5 to 3600)
            silence.seconds | 3601 | silence.seconds: 3601 (expected: 5 to 3600)
            ingest.tls-key | k | ingest.tls-certificate, ingest.tls-key: one of them (expected: both or none)
            tokens.file | '' | tokens.file: none (expected: a value)
            """)
    void refusesWhatItDoesNotKnow(String name, String value, String message) {
        Map<String, String> properties = new HashMap<>(LEAST);
        properties.put(name, value);

        assertThatThrownBy(() -> IngestSettings.from(properties))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void takesAPolicyForDirectAgentsThatAllowsADegradedSession() throws Exception {
        Path file = Files.writeString(directory.resolve("policy.yaml"), "name: p\nruntime: {degraded: allow}\n");
        Map<String, String> properties = new HashMap<>(LEAST);
        assertThat(IngestSettings.from(properties).directPolicy()).isEmpty();

        properties.put("direct.policy-file", file.toString());
        assertThat(IngestSettings.from(properties).directPolicy())
                .hasValueSatisfying(policy -> assertThat(policy.getName()).isEqualTo("p"));

        Files.writeString(file, "name: p\n");
        assertThatThrownBy(() -> IngestSettings.from(properties)).hasMessageContaining("runtime.degraded: deny");
        Files.writeString(file, "nam: p\n");
        assertThatThrownBy(() -> IngestSettings.from(properties))
                .hasMessageContaining(file.toString())
                .hasMessageContaining("unknown key 'nam'");
        Files.delete(file);
        assertThatThrownBy(() -> IngestSettings.from(properties)).hasMessageContaining("expected: a readable file");
    }

    @Test
    void knowsTokensByTheirHash() throws Exception {
        Path file = directory.resolve("tokens.yaml");
        Files.writeString(file, "tokens:\n" + Tokens.line("secret", "acme", "host"));
        Tokens tokens = Tokens.load(file);

        assertThat(Files.readString(file)).doesNotContain("secret");
        assertThat(tokens.principal("secret")).contains(new Principal("acme", Role.HOST));
        assertThat(tokens.principal("Secret")).isEmpty();
        assertThat(tokens.principal("x".repeat(10_000))).isEmpty();
        assertThat(tokens.authorize(Optional.of("bearer secret"))).isPresent();
        assertThat(tokens.authorize(Optional.of("Basic secret"))).isEmpty();
        assertThat(tokens.authorize(Optional.empty())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            tokens: x | (expected: one list named tokens)
            'tokens: [{sha256: abc, tenant: a, role: host}]' | tokens[1].sha256: (expected: 64 lower-case hex digits)
            'tokens: [{sha256: abc, tenant: a}]' | tokens[1]: (expected: sha256, tenant and role, all text)
            'tokens: []\nother: 1' | (expected: one list named tokens)
            'tokens: [' | (expected: YAML)
            """)
    void refusesATokensFileThatIsNotClear(String text, String message) throws Exception {
        Path file = directory.resolve("tokens.yaml");
        Files.writeString(file, text.replace("\\n", "\n"));

        assertThatThrownBy(() -> Tokens.load(file))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesTenantsAndRolesThatItDoesNotKnow() throws Exception {
        Path file = directory.resolve("tokens.yaml");
        Files.writeString(file, "tokens:\n" + Tokens.line("a", "a/b", "host"));
        assertThatThrownBy(() -> Tokens.load(file)).hasMessage("tokens[1].tenant: a/b (expected: [A-Za-z0-9._-])");
        Files.writeString(file, "tokens:\n" + Tokens.line("a", "a", "admin"));
        assertThatThrownBy(() -> Tokens.load(file)).hasMessage("tokens[1].role: admin (expected: host or agent)");
        Files.writeString(file, "tokens:\n" + Tokens.line("a", "a", "host") + Tokens.line("a", "b", "host"));
        assertThatThrownBy(() -> Tokens.load(file)).hasMessage("tokens[2].sha256: twice (expected: once)");
        assertThatThrownBy(() -> Tokens.load(directory.resolve("none")))
                .hasMessageContaining("(expected: a file that can be read)");
    }

    @Test
    void makesItsRedactionKeyOnce() throws Exception {
        byte[] key = RedactionKey.in(directory.resolve("data"));

        assertThat(key).hasSize(32);
        assertThat(RedactionKey.in(directory.resolve("data"))).isEqualTo(key);
        assertThat(Files.getPosixFilePermissions(directory.resolve("data/redaction.key")))
                .hasSize(2);
    }

    @Test
    void saysThatKafkaCannotBeReached() throws Exception {
        Files.writeString(directory.resolve("tokens.yaml"), "tokens: []");
        Map<String, String> properties = Map.of(
                "ingest.port",
                "0",
                "kafka.bootstrap",
                "nowhere",
                "tokens.file",
                directory.resolve("tokens.yaml").toString(),
                "data.directory",
                directory.toString());

        assertThatThrownBy(() -> Ingest.start(IngestSettings.from(properties)))
                .isInstanceOf(IngestException.class)
                .hasMessageStartingWith("kafka.bootstrap: nowhere (expected: a reachable broker): ");
    }
}
