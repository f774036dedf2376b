/** Tests of the benchmarks' own arithmetic and command line. */
@NullMarked
package io.plumbline.bench;

import org.jspecify.annotations.NullMarked;
