/** Tests of {@code link}. */
@NullMarked
package io.plumbline.sandbox.link;

import org.jspecify.annotations.NullMarked;
