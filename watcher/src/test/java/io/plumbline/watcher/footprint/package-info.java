/** Tests of what a call can need. */
@NullMarked
package io.plumbline.watcher.footprint;

import org.jspecify.annotations.NullMarked;
