/** The JSON interface for the command line, under a bearer token of its own. */
@NullMarked
package io.plumbline.console.api;

import org.jspecify.annotations.NullMarked;
