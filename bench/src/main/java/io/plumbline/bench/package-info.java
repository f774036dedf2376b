/** Benchmarks that print one JSON line per figure. */
@NullMarked
package io.plumbline.bench;

import org.jspecify.annotations.NullMarked;
