/** Reads shell command text, within bounds and without running any of it: what it starts, and what of it cannot be told beforehand. */
@NullMarked
package io.plumbline.events.shell;

import org.jspecify.annotations.NullMarked;
