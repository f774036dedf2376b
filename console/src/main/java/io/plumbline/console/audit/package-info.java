/** What people did: written as events, and read again for those who watch them. */
@NullMarked
package io.plumbline.console.audit;

import org.jspecify.annotations.NullMarked;
