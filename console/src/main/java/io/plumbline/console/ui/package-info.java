/** The pages. Agent text reaches the browser as text only. */
@NullMarked
package io.plumbline.console.ui;

import org.jspecify.annotations.NullMarked;
