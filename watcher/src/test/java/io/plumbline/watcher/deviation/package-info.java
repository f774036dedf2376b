@NullMarked
package io.plumbline.watcher.deviation;

import org.jspecify.annotations.NullMarked;
