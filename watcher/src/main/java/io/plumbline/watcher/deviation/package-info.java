/** Where evidence and intent part: policy checks, completeness, and what a deviation says. */
@NullMarked
package io.plumbline.watcher.deviation;

import org.jspecify.annotations.NullMarked;
