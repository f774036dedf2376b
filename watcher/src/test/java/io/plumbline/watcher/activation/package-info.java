/** Tests of activations. */
@NullMarked
package io.plumbline.watcher.activation;

import org.jspecify.annotations.NullMarked;
