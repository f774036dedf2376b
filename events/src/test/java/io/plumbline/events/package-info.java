/** Tests of the contract. */
@NullMarked
package io.plumbline.events;

import org.jspecify.annotations.NullMarked;
