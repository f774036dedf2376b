/** Tests of evidence bundles. */
@NullMarked
package io.plumbline.events.evidence;

import org.jspecify.annotations.NullMarked;
