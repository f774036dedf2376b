package io.plumbline.sandbox.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecoysTest {
    @ParameterizedTest
    @CsvSource({
        "/home/agent/.ssh/id_rsa, '', OPENSSH",
        "/home/agent/.aws/credentials, '', aws_secret_access_key",
        "/srv/.env, '', DATABASE_URL",
        "/home/agent/.kube/config, '', certificate-authority-data",
        "/srv/token, '', tok_",
        "/srv/anything, aws, aws_access_key_id",
        "/home/agent/.ssh/x, token, tok_",
        "/srv/unknown, '', OPENSSH",
    })
    void looksLikeWhatItsNameOrItsKindPromises(String path, String kind, String holds) {
        assertThat(Decoys.content("s", path, kind)).contains(holds).endsWith("\n");
    }

    @Test
    void tellsWhichSessionACopyCameFrom() {
        for (String kind : List.of("ssh-key", "aws", "env", "kubeconfig", "token")) {
            Set<String> contents = new HashSet<>();
            for (String session : List.of("a", "b")) {
                for (String path : List.of("/x", "/y")) {
                    assertThat(contents.add(Decoys.content(session, path, kind)))
                            .isTrue();
                    assertThat(contents.add(Decoys.content(session, path, kind)))
                            .isFalse();
                }
            }
        }
    }
}
