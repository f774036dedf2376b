/**
 * Sessions where gVisor cannot run: bubblewrap's namespaces instead of a kernel of their own, watched by the host's kernel
 * (process connector, fanotify), stopped by a freezer control group. Degraded: see docs/fallback.md.
 */
@NullMarked
package io.plumbline.sandbox.fallback;

import org.jspecify.annotations.NullMarked;
