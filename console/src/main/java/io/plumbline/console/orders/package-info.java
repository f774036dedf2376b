/** Writes the orders of people to the control topic: reason required, actor named, acknowledged by the log before it is shown. */
@NullMarked
package io.plumbline.console.orders;

import org.jspecify.annotations.NullMarked;
