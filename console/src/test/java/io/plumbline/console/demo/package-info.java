/** Recorded and invented sessions that fill a search copy for tests and for looking at the pages. */
@NullMarked
package io.plumbline.console.demo;

import org.jspecify.annotations.NullMarked;
