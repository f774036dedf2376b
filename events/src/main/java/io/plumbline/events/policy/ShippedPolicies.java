package io.plumbline.events.policy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Policies for usual tasks, to be taken as they are or as a beginning. */
public final class ShippedPolicies {
    /** The tightest first. */
    public static final List<String> NAMES =
            List.of("locked-down", "read-only-review", "maintenance", "feature-work", "dependency-update");

    private ShippedPolicies() {}

    /**
     * The document.
     *
     * @throws IllegalArgumentException when there is none of this name
     */
    public static String yaml(String name) {
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException(
                    "policy: " + name + " (expected: one of " + String.join(", ", NAMES) + ")");
        }
        return resource(name + ".yaml");
    }

    /** JSON Schema (2020-12) of policy documents, for editors. */
    public static String schema() {
        return resource("policy.schema.json");
    }

    private static String resource(String name) {
        try (InputStream in = ShippedPolicies.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing in the program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
