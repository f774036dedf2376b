/** Hand-written stand-ins for the link to the platform. */
@NullMarked
package io.plumbline.sandbox.testing;

import org.jspecify.annotations.NullMarked;
