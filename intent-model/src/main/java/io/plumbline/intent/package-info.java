/** Scores whether an act serves the stated intent. Knows nothing of Flink or Kafka. */
@NullMarked
package io.plumbline.intent;

import org.jspecify.annotations.NullMarked;
