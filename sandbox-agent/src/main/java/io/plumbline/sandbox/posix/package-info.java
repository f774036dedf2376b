/** The few system calls that the JDK does not offer, by the Foreign Function and Memory API; knows nothing of sandboxes. */
@NullMarked
package io.plumbline.sandbox.posix;

import org.jspecify.annotations.NullMarked;
