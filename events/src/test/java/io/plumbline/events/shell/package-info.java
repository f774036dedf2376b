/** Tests of the reading of shell command text. */
@NullMarked
package io.plumbline.events.shell;

import org.jspecify.annotations.NullMarked;
