/** The log itself, for what the search copy does not hold: events as they were sent. Bounded, and read only when a person asks. */
@NullMarked
package io.plumbline.console.log;

import org.jspecify.annotations.NullMarked;
