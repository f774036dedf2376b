/** The command line {@code plumbline}: thin commands over the supervisor, the console's API and the sandbox host. */
@NullMarked
package io.plumbline.standalone.cli;

import org.jspecify.annotations.NullMarked;
