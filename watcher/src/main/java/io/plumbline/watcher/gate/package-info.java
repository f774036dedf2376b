/** The gate: answers to announced calls and new connections, and the approvals of people. */
@NullMarked
package io.plumbline.watcher.gate;

import org.jspecify.annotations.NullMarked;
