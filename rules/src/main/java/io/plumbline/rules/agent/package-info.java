/** Plumbline's events as rules see them: which log source each belongs to and what its fields are called. */
@NullMarked
package io.plumbline.rules.agent;

import org.jspecify.annotations.NullMarked;
