package io.plumbline.events.redact;

import org.jspecify.annotations.Nullable;

/** Finds one kind of secret. Time is linear in the text: a detector never goes back over what it has rejected. */
@FunctionalInterface
interface Detector {
    /** The first secret at or after {@code from}, null when there is none. */
    @Nullable
    Secret next(String text, int from);
}
