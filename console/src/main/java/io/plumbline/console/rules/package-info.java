/** Rule sets as people work on them: what is in force, how each rule does, a draft held against events, and proposals to a second person. */
@NullMarked
package io.plumbline.console.rules;

import org.jspecify.annotations.NullMarked;
