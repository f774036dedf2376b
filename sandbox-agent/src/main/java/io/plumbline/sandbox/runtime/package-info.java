/** Sandbox runtimes: creating, freezing, inspecting and ending sandboxes; every step has a time limit. */
@NullMarked
package io.plumbline.sandbox.runtime;

import org.jspecify.annotations.NullMarked;
