package io.plumbline.console.people;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TotpTest {
    private static final byte[] SECRET = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);

    /** RFC 6238, appendix B, SHA-1. */
    @ParameterizedTest
    @CsvSource({
        "59, 94287082",
        "1111111109, 07081804",
        "1111111111, 14050471",
        "1234567890, 89005924",
        "2000000000, 69279037",
        "20000000000, 65353130"
    })
    void givesTheCodesOfTheStandard(long seconds, String code) {
        assertThat(Totp.code(SECRET, seconds / 30, 8)).isEqualTo(code);
        assertThat(Totp.code(SECRET, Instant.ofEpochSecond(seconds))).isEqualTo(code.substring(2));
    }

    @Test
    void takesTheCodesOfOneStepBeforeAndAfter() {
        Instant now = Instant.ofEpochSecond(1_111_111_111);
        long step = now.getEpochSecond() / 30;
        for (int off = -1; off <= 1; off++) {
            String code = Totp.code(SECRET, now.plusSeconds(30L * off));
            assertThat(Totp.accept(SECRET, code, now, 0)).hasValue(step + off);
        }
        assertThat(Totp.accept(SECRET, Totp.code(SECRET, now.plusSeconds(60)), now, 0))
                .isEmpty();
        assertThat(Totp.accept(SECRET, Totp.code(SECRET, now.minusSeconds(60)), now, 0))
                .isEmpty();
    }

    @Test
    void takesNoCodeTwiceAndNoOlderOne() {
        Instant now = Instant.ofEpochSecond(1_111_111_111);
        String code = Totp.code(SECRET, now);
        long step = Totp.accept(SECRET, code, now, 0).orElseThrow();
        assertThat(Totp.accept(SECRET, code, now, step)).isEmpty();
        assertThat(Totp.accept(SECRET, Totp.code(SECRET, now.minusSeconds(30)), now, step))
                .isEmpty();
        assertThat(Totp.accept(SECRET, Totp.code(SECRET, now.plusSeconds(30)), now, step))
                .isPresent();
    }

    @Test
    void otherTextsAreNoCodes() {
        Instant now = Instant.ofEpochSecond(59);
        for (String text : new String[] {"", "287 082", "94287082", "٢٨٧٠٨٢", "287082\n"}) {
            assertThat(Totp.accept(SECRET, text, now, 0)).as(text).isEmpty();
        }
    }

    @Test
    void secretsAreBase32() {
        assertThat(Totp.base32("foobar".getBytes(StandardCharsets.US_ASCII))).isEqualTo("MZXW6YTBOI");
        assertThat(Totp.secret("MZXW6YTBOI")).isEqualTo("foobar".getBytes(StandardCharsets.US_ASCII));
        assertThat(Totp.secret(Totp.base32(SECRET))).isEqualTo(SECRET);
        assertThatThrownBy(() -> Totp.secret("MZXW1")).hasMessageContaining("expected: A-Z, 2-7");
    }
}
