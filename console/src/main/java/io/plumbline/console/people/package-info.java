/** People: their roles, what each role may do, and the ways in. Knows no framework. */
@NullMarked
package io.plumbline.console.people;

import org.jspecify.annotations.NullMarked;
