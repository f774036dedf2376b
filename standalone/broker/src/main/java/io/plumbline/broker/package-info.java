/** A single Kafka node (KRaft) for the standalone process tree. */
@NullMarked
package io.plumbline.broker;

import org.jspecify.annotations.NullMarked;
