/** Tests of attribution. */
@NullMarked
package io.plumbline.watcher.attribution;

import org.jspecify.annotations.NullMarked;
