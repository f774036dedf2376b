/** Evidence bundles: the records of one session as the log has them, and how to check that they are. */
@NullMarked
package io.plumbline.events.evidence;

import org.jspecify.annotations.NullMarked;
