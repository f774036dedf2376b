/** The session's door for its agent: hooks and OpenTelemetry over HTTP on a Unix socket; answers hooks, and denies when it cannot. */
@NullMarked
package io.plumbline.sandbox.door;

import org.jspecify.annotations.NullMarked;
