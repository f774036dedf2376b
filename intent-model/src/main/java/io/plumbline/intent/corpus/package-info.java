/** The corpus the model is trained on: a grammar of developer tasks and a deterministic generator of labelled sessions. */
@NullMarked
package io.plumbline.intent.corpus;

import org.jspecify.annotations.NullMarked;
