/** What each coding agent needs to run watched: managed hooks and telemetry that it cannot switch off, environment, doors. */
@NullMarked
package io.plumbline.sandbox.agents;

import org.jspecify.annotations.NullMarked;
