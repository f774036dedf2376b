/** What a session in review mode changed: found, kept, shown, and applied exactly as shown, never outside the workspace. */
@NullMarked
package io.plumbline.sandbox.review;

import org.jspecify.annotations.NullMarked;
