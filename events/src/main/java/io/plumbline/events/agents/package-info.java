/** What host and watcher both have to know of coding agents; pure. */
@NullMarked
package io.plumbline.events.agents;

import org.jspecify.annotations.NullMarked;
