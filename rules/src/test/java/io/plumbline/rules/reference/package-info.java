/** A second evaluator of rules, as simple as can be and without a line of the first, to hold it against. */
@NullMarked
package io.plumbline.rules.reference;

import org.jspecify.annotations.NullMarked;
