/** The intent ledger: the task, the plan, and the calls that the agent announced. */
@NullMarked
package io.plumbline.watcher.intent;

import org.jspecify.annotations.NullMarked;
