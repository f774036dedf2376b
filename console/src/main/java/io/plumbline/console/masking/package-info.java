/** What of a raw event people see who have not asked for more. */
@NullMarked
package io.plumbline.console.masking;

import org.jspecify.annotations.NullMarked;
