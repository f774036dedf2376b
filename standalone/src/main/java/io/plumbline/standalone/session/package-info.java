/** Sessions of agents that play a script: installed, started on a sandbox host, followed through the log. */
@NullMarked
package io.plumbline.standalone.session;

import org.jspecify.annotations.NullMarked;
