@NullMarked
package io.plumbline.events.shell;

import org.jspecify.annotations.NullMarked;
