/**
 * The matching machine: rules compiled into one immutable program of shared tests, literal automata and conditions, and the
 * scratch memory of one thread that runs it. Time is linear in the event's size whatever its text.
 */
@NullMarked
package io.plumbline.rules.engine;

import org.jspecify.annotations.NullMarked;
