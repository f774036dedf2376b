/** The thin door of the platform: telemetry in, orders out. Decides nothing. */
@NullMarked
package io.plumbline.ingest;

import org.jspecify.annotations.NullMarked;
