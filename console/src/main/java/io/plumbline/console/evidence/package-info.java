/** Evidence of sessions, taken out by people. */
@NullMarked
package io.plumbline.console.evidence;

import org.jspecify.annotations.NullMarked;
