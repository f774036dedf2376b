/** A model provider that plays a script, so that real, unmodified agents run a whole session without a network or an account. */
@NullMarked
package io.plumbline.standalone.model;

import org.jspecify.annotations.NullMarked;
