/** Figures of a time, for reports. */
@NullMarked
package io.plumbline.console.report;

import org.jspecify.annotations.NullMarked;
