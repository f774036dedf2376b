@NullMarked
package io.plumbline.rules.engine;

import org.jspecify.annotations.NullMarked;
