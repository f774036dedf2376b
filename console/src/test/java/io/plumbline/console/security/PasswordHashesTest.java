package io.plumbline.console.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.Pbkdf2PasswordEncoder;

class PasswordHashesTest {
    @Test
    void slowHashesAreTakenAndMatchTheirPasswordAlone() {
        for (String hash : List.of(
                "{bcrypt}" + new BCryptPasswordEncoder(4).encode("secret"),
                "{pbkdf2@SpringSecurity_v5_8}"
                        + Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_8().encode("secret"),
                String.valueOf(PasswordHashes.encoder().encode("secret")))) {
            assertThat(PasswordHashes.checked("users[0]", hash)).isEqualTo(hash);
            assertThat(PasswordHashes.encoder().matches("secret", hash)).isTrue();
            assertThat(PasswordHashes.encoder().matches("Secret", hash)).isFalse();
        }
    }

    @Test
    void anythingElseIsRefusedAndNotRepeated() {
        for (String hash :
                List.of("{noop}secret", "{MD5}5ebe2294ecd0e0f08eab7690d2a6ee69", "secret", "{bcrypt}secret")) {
            assertThatThrownBy(() -> PasswordHashes.checked("user bea: password-hash", hash))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("user bea: password-hash: ")
                    .hasMessageContaining("(expected: {bcrypt}$2...")
                    .hasMessageNotContaining("secret")
                    .hasMessageNotContaining("5ebe");
        }
    }
}
