/** The SOC console: reads the search copy and the live verdicts, writes orders, decides nothing. */
@NullMarked
package io.plumbline.console;

import org.jspecify.annotations.NullMarked;
