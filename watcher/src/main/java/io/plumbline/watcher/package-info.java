/** The session watcher: a pure function of (state, event). No clock, no random ids, no framework. */
@NullMarked
package io.plumbline.watcher;

import org.jspecify.annotations.NullMarked;
