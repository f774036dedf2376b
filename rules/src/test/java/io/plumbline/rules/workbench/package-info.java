@NullMarked
package io.plumbline.rules.workbench;

import org.jspecify.annotations.NullMarked;
