/** The root file system of a sandbox: what is in it, from where, and with which rights. */
@NullMarked
package io.plumbline.sandbox.rootfs;

import org.jspecify.annotations.NullMarked;
