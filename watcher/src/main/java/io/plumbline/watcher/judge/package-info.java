/** The seam for rules and the classifier: judges are called with every event and its context, and answer with findings. */
@NullMarked
package io.plumbline.watcher.judge;

import org.jspecify.annotations.NullMarked;
