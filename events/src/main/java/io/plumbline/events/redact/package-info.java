/** Redaction: takes secrets out of events before they leave the host and leaves a keyed hash, so that equal secrets stay equal. */
@NullMarked
package io.plumbline.events.redact;

import org.jspecify.annotations.NullMarked;
