/** Policies of sessions: what was in force when, and what became of an ordered revision. Pure, but for reading the search copy. */
@NullMarked
package io.plumbline.console.policy;

import org.jspecify.annotations.NullMarked;
