/** The serialisable state of one session. */
@NullMarked
package io.plumbline.watcher.state;

import org.jspecify.annotations.NullMarked;
