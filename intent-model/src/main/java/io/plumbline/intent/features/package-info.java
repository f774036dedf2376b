/** What can be said of an intent and an act in numbers: similarity, shared words, and the structure of the act, which no prose changes. */
@NullMarked
package io.plumbline.intent.features;

import org.jspecify.annotations.NullMarked;
