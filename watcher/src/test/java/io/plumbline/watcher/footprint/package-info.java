@NullMarked
package io.plumbline.watcher.footprint;

import org.jspecify.annotations.NullMarked;
