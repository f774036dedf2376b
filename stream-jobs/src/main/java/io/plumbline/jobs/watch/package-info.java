/** The watch job: carries telemetry and orders through the watcher and writes its verdicts. Decides nothing itself. */
@NullMarked
package io.plumbline.jobs.watch;

import org.jspecify.annotations.NullMarked;
