/** Tests of the door: against a real Kafka broker and a real host link. */
@NullMarked
package io.plumbline.ingest;

import org.jspecify.annotations.NullMarked;
