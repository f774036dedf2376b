/** The contract of Plumbline: ids, limits, redaction and rendering of events. Knows no framework. */
@NullMarked
package io.plumbline.events;

import org.jspecify.annotations.NullMarked;
