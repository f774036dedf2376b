/** Triage as pure values: the question behind the queue, its words, and what became of a decision. */
@NullMarked
package io.plumbline.console.triage;

import org.jspecify.annotations.NullMarked;
