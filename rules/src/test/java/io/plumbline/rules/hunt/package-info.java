@NullMarked
package io.plumbline.rules.hunt;

import org.jspecify.annotations.NullMarked;
