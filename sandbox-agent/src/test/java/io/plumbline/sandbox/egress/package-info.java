/** Tests of {@code egress}. */
@NullMarked
package io.plumbline.sandbox.egress;

import org.jspecify.annotations.NullMarked;
