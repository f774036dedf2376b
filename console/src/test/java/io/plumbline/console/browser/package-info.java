/** The browser that tests of this module and of the whole platform look through. */
@NullMarked
package io.plumbline.console.browser;

import org.jspecify.annotations.NullMarked;
