/** Tests of the claims on captures of real agents. */
@NullMarked
package io.plumbline.events.claims;

import org.jspecify.annotations.NullMarked;
