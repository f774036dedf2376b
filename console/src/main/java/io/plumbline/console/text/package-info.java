/** Makes attacker-controlled text safe to look at: control, bidirectional and invisible characters become visible escapes. */
@NullMarked
package io.plumbline.console.text;

import org.jspecify.annotations.NullMarked;
