/** Who may sign in, what each role may order, and the headers of every answer. */
@NullMarked
package io.plumbline.console.security;

import org.jspecify.annotations.NullMarked;
