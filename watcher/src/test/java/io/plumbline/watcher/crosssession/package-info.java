/** Tests of what sessions do together. */
@NullMarked
package io.plumbline.watcher.crosssession;

import org.jspecify.annotations.NullMarked;
