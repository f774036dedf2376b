/** The trained part: a small network with its calibration and thresholds, its file, and its training. Deterministic. */
@NullMarked
package io.plumbline.intent.head;

import org.jspecify.annotations.NullMarked;
