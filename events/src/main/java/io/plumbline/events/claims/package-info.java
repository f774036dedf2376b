/** Reads what agents say about themselves (hooks, OpenTelemetry logs) and puts it in the contract's words. Knows no transport. */
@NullMarked
package io.plumbline.events.claims;

import org.jspecify.annotations.NullMarked;
