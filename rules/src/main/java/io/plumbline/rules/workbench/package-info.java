/** What people do with rules before these go live: check them, run their cases, ask why one matched, take over foreign ones. */
@NullMarked
package io.plumbline.rules.workbench;

import org.jspecify.annotations.NullMarked;
