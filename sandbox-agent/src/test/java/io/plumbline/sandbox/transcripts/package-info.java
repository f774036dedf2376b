/** Tests of {@code transcripts}. */
@NullMarked
package io.plumbline.sandbox.transcripts;

import org.jspecify.annotations.NullMarked;
