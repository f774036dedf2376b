package io.plumbline.sandbox.egress;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the host's configuration says about egress.
 *
 * @param credentials folder with one file per credential, outside every sandbox
 * @param trustedAuthorities PEM of authorities that are trusted besides the system's
 */
public record EgressSettings(Optional<Path> credentials, Optional<Path> trustedAuthorities) {
    /** No credentials, and the system's authorities alone. */
    public static EgressSettings none() {
        return new EgressSettings(Optional.empty(), Optional.empty());
    }
}
