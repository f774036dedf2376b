/** The daemon on a sandbox host: runs sessions, reports what they do, carries out orders. */
@NullMarked
package io.plumbline.sandbox;

import org.jspecify.annotations.NullMarked;
