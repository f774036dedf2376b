/** What helps a person to decide on an approval, as pure values: what it would touch, what it differs in, when to slow down. */
@NullMarked
package io.plumbline.console.approvals;

import org.jspecify.annotations.NullMarked;
