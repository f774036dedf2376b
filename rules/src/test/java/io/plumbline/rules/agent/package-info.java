@NullMarked
package io.plumbline.rules.agent;

import org.jspecify.annotations.NullMarked;
