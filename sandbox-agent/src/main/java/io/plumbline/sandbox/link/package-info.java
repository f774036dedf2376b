/** The host's link to the platform: numbers events, spools them on disk until they are in the log, and hands out verdicts. */
@NullMarked
package io.plumbline.sandbox.link;

import org.jspecify.annotations.NullMarked;
