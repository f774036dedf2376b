/** Makes a head out of the corpus, on one machine and in minutes. */
@NullMarked
package io.plumbline.intent.training;

import org.jspecify.annotations.NullMarked;
