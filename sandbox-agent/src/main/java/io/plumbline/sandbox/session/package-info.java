/** The sandbox host: the life of a session from its assignment to its end, and the orders that stop it. */
@NullMarked
package io.plumbline.sandbox.session;

import org.jspecify.annotations.NullMarked;
