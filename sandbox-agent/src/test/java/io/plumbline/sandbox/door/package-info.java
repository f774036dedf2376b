/** Tests of {@code door}. */
@NullMarked
package io.plumbline.sandbox.door;

import org.jspecify.annotations.NullMarked;
