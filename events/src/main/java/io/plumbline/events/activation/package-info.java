/** Orders that put a rule set or a model in force: what is signed, how the content travels, and its limits. */
@NullMarked
package io.plumbline.events.activation;

import org.jspecify.annotations.NullMarked;
