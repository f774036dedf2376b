/** Tests of redaction. */
@NullMarked
package io.plumbline.events.redact;

import org.jspecify.annotations.NullMarked;
