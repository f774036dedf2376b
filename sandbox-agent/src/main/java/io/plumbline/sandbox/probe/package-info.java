/** What a sandbox host needs and whether this machine has it: each check says what it found and what to do. */
@NullMarked
package io.plumbline.sandbox.probe;

import org.jspecify.annotations.NullMarked;
