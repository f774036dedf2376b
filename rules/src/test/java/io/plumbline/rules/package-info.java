@NullMarked
package io.plumbline.rules;

import org.jspecify.annotations.NullMarked;
