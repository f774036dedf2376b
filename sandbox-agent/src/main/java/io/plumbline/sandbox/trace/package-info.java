/** The trace listener: reads what the sandbox runtime saw, decodes it within bounds, and reports loss. */
@NullMarked
package io.plumbline.sandbox.trace;

import org.jspecify.annotations.NullMarked;
