/** What an announced call can honestly need: worked out from its text and a catalogue of known programs, never from what it did. */
@NullMarked
package io.plumbline.watcher.footprint;

import org.jspecify.annotations.NullMarked;
