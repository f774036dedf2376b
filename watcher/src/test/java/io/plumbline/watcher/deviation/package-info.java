/** Tests of where evidence and intent part. */
@NullMarked
package io.plumbline.watcher.deviation;

import org.jspecify.annotations.NullMarked;
