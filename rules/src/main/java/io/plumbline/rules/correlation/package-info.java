/**
 * Correlations: windows over the matches of other rules, by event time, in explicit state that is bounded, versioned and counted.
 * The same events in the same order give the same matches.
 */
@NullMarked
package io.plumbline.rules.correlation;

import org.jspecify.annotations.NullMarked;
