/** The standalone process tree, its command line and the demo. */
@NullMarked
package io.plumbline.standalone;

import org.jspecify.annotations.NullMarked;
