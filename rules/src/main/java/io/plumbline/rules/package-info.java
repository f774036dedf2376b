/** The Sigma engine: compiles rule sets and judges events with them. Knows nothing of Flink or Kafka. */
@NullMarked
package io.plumbline.rules;

import org.jspecify.annotations.NullMarked;
