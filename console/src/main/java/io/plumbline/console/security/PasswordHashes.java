package io.plumbline.console.security;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.crypto.password.Pbkdf2PasswordEncoder;

/** The kinds of password hashes that are taken: those that are slow to guess by. */
final class PasswordHashes {
    private static final String BCRYPT = "bcrypt";

    private static final String PBKDF2 = "pbkdf2@SpringSecurity_v5_8";

    private static final Pattern TAKEN = Pattern.compile(
            "\\{" + BCRYPT + "}\\$2[aby]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}" + "|\\{" + PBKDF2 + "}[0-9a-f]{64,}");

    private static final Pattern KIND = Pattern.compile("^\\{[A-Za-z0-9@_.-]{1,40}}");

    private PasswordHashes() {}

    /** Encodes with bcrypt. */
    static PasswordEncoder encoder() {
        return new DelegatingPasswordEncoder(
                BCRYPT,
                Map.of(
                        BCRYPT,
                        new BCryptPasswordEncoder(),
                        PBKDF2,
                        Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_8()));
    }

    /**
     * @param setting what to name in the error; of the hash only its kind is told, since what has none may be a password
     * @throws IllegalArgumentException when it is of another kind or not whole
     */
    static String checked(String setting, String hash) {
        if (!TAKEN.matcher(hash).matches()) {
            Matcher kind = KIND.matcher(hash);
            throw new IllegalArgumentException(setting + ": " + (kind.find() ? kind.group() + "..." : "no kind of hash")
                    + " (expected: {" + BCRYPT + "}$2... or {" + PBKDF2 + "}...)");
        }
        return hash;
    }
}
