/** Scenarios: a task, what the agent does, and what the watcher has to say of it; run for real, or judged again as recorded. */
@NullMarked
package io.plumbline.standalone.scenario;

import org.jspecify.annotations.NullMarked;
