/** The demo: two real sessions of a real agent, one honest and one not, and what became of them. */
@NullMarked
package io.plumbline.standalone.demo;

import org.jspecify.annotations.NullMarked;
