package io.plumbline.jobs.watch;

import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.watcher.activation.InitialJudges;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the watch job is started with.
 *
 * @param initial what judges a tenant that has activated nothing
 * @param keysPem PEM of the keys whose activations are taken; empty: unsigned ones are, too
 */
public record WatchSettings(InitialJudges initial, String keysPem) implements Serializable {
    /** Variable of the job's environment that says which rules run at first: {@code shipped}, the default, or {@code none}. */
    public static final String RULES = "PLUMBLINE_RULES";

    /** Variable that says which intent model judges at first: {@code none}, the default, or {@code shipped}. */
    public static final String MODEL = "PLUMBLINE_MODEL";

    /** Nothing judges, and everybody may activate. */
    public static final WatchSettings NONE = new WatchSettings(InitialJudges.NONE, "");

    /** @throws IllegalArgumentException when the keys cannot be read */
    public WatchSettings {
        parsed(keysPem);
    }

    /**
     * From the environment.
     *
     * @param keys file with the keys' PEM; empty: none are asked for
     * @throws IllegalArgumentException when a variable or the file holds something else than it may
     */
    public static WatchSettings fromEnvironment(Optional<Path> keys) {
        return new WatchSettings(
                new InitialJudges(shipped(RULES, "shipped"), shipped(MODEL, "none")),
                keys.map(WatchSettings::read).orElse(""));
    }

    private static boolean shipped(String variable, String otherwise) {
        String word = System.getenv().getOrDefault(variable, otherwise);
        return switch (word) {
            case "none" -> false;
            case "shipped" -> true;
            default -> throw new IllegalArgumentException(variable + ": " + word + " (expected: none or shipped)");
        };
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("activation keys " + file + " (expected: a readable file)", e);
        }
    }

    Optional<TrustedKeys> trustedKeys() {
        return parsed(keysPem);
    }

    private static Optional<TrustedKeys> parsed(String pem) {
        try {
            return pem.isBlank() ? Optional.empty() : Optional.of(TrustedKeys.parse(pem));
        } catch (PolicyException e) {
            throw new IllegalArgumentException("activation keys: " + e.getMessage(), e);
        }
    }
}
