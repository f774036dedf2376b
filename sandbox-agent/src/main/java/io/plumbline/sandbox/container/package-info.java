/**
 * Containers that somebody else's runtime runs (Docker-compatible engines, containerd, runc): asked to stand still, forced to when the
 * runtime does not answer, and described as the host's kernel sees them.
 */
@NullMarked
package io.plumbline.sandbox.container;

import org.jspecify.annotations.NullMarked;
