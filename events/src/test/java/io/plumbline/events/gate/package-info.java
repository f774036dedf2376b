/** Tests of the gate. */
@NullMarked
package io.plumbline.events.gate;

import org.jspecify.annotations.NullMarked;
