@NullMarked
package io.plumbline.rules.sigma;

import org.jspecify.annotations.NullMarked;
