/** Views of the queue that people have named: what is kept between two starts of the console beside the log. */
@NullMarked
package io.plumbline.console.views;

import org.jspecify.annotations.NullMarked;
