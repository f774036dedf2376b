/** The polite gate's mechanics: holds an agent's call until the platform has answered, and denies when it does not. */
@NullMarked
package io.plumbline.events.gate;

import org.jspecify.annotations.NullMarked;
