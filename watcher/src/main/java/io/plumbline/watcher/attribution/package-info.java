/** Who did it: the process table of a session, and which announced call explains a process. */
@NullMarked
package io.plumbline.watcher.attribution;

import org.jspecify.annotations.NullMarked;
