/** The egress proxy: the only way out of a session. Default deny; nothing new leaves before the platform has answered. */
@NullMarked
package io.plumbline.sandbox.egress;

import org.jspecify.annotations.NullMarked;
