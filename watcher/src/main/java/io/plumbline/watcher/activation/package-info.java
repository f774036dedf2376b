/**
 * Which rule set and which model judge a tenant's sessions: orders in, what is in force out. The last valid set is never given up for
 * one that does not load.
 */
@NullMarked
package io.plumbline.watcher.activation;

import org.jspecify.annotations.NullMarked;
