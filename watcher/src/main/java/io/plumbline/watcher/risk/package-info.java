/** The response ladder: deviations add up to risk, risk climbs from log to freeze. */
@NullMarked
package io.plumbline.watcher.risk;

import org.jspecify.annotations.NullMarked;
