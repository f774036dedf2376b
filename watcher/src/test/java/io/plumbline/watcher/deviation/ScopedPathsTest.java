package io.plumbline.watcher.deviation;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.policy.Scope;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScopedPathsTest {
    private final ScopedPaths scopes = new ScopedPaths("/home/agent", "/workspace");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/home/agent/.ssh/id_ed25519",
                "/home/other/.aws/credentials",
                "/root/.netrc",
                "/home/agent/.config/gh/hosts.yml",
                "/home/agent/.cargo/credentials.toml",
                "/etc/shadow",
                "/proc/1/environ",
                "/run/secrets/token"
            })
    void knowsCredentials(String path) {
        assertThat(scopes.read(path)).contains(Scope.CREDENTIALS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/home/agent/.ssh/id_ed25519.pub",
                "/home/agent/.ssh/known_hosts",
                "/home/agent/.config/git/config",
                "/proc/self/environ",
                "/workspace/src/credentials",
                "/workspace/.ssh/id_rsa",
                "/etc/passwd",
                "/home"
            })
    void doesNotTakeOtherFilesForThem(String path) {
        assertThat(scopes.read(path)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/home/agent/.bashrc, PERSISTENCE",
        "/root/.ssh/authorized_keys, PERSISTENCE",
        "/etc/cron.d/x, PERSISTENCE",
        "/workspace/.git/hooks/pre-commit, PERSISTENCE",
        "/home/agent/.config/systemd/user/x.service, PERSISTENCE",
        "/run/plumbline/door.sock, SECURITY_TOOLS",
        "/etc/audit/rules.d/x, SECURITY_TOOLS",
        "/workspace/CLAUDE.md, AGENT_CONFIGURATION",
        "/home/agent/.ssh/id_rsa, CREDENTIALS"
    })
    void knowsWhatIsWritten(String path, Scope scope) {
        assertThat(scopes.written(path)).contains(scope);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/workspace/.git/hooks/pre-commit.sample",
                "/workspace/.git/index",
                "/tmp/.bashrc",
                "/home/agent/notes"
            })
    void everydayFilesAreOfNoScope(String path) {
        assertThat(scopes.written(path)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/home/agent/.ssh/*, true",
        "/home/agent/.ssh/**, true",
        "/home/agent/.aws/cred*, true",
        "/home/agent/.ss*/id_rsa, true",
        "/etc/shado*, true",
        "/home/*/.netrc, true",
        "/home/agent/doc*, false",
        "/workspace/**/id_rsa, false",
        "/workspace/*, false",
        "**, false"
    })
    void aPatternMeansACredentialWhenItsFolderSaysSo(String pattern, boolean credential) {
        assertThat(scopes.named(pattern, false))
                .isEqualTo(credential ? Optional.of(Scope.CREDENTIALS) : Optional.empty());
    }

    @ParameterizedTest
    @CsvSource({
        "/workspace/.env, true",
        "/workspace/.env.production, true",
        "/workspace/certs/server.pem, true",
        "/workspace/.env.example, false",
        "/usr/lib/python3/site-packages/certifi/cacert.pem, false",
        "/workspace/env, false"
    })
    void knowsTheSecretsOfAProject(String path, boolean secret) {
        assertThat(ScopedPaths.isProjectSecret(path)).isEqualTo(secret);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "2852039166",
                "0xA9FEA9FE",
                "0xa9.0xfe.0xa9.0xfe",
                "0251.0376.0251.0376",
                "169.254.43518",
                "::ffff:169.254.169.254",
                "Metadata.Google.Internal",
                "fd00:ec2::254",
                "100.100.100.200"
            })
    void knowsTheMetadataServiceHoweverItIsWritten(String host) {
        assertThat(MetadataService.is(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"169.254.169.253", "example.com", "1", "256.256.256.256", "metadata.example.com", "0x", ""})
    void doesNotTakeOtherHostsForIt(String host) {
        assertThat(MetadataService.is(host)).isFalse();
    }
}
