/** The policy of one task: parses its YAML document into the contract's {@code TaskPolicy}, strictly, with positions in errors. */
@NullMarked
package io.plumbline.events.policy;

import org.jspecify.annotations.NullMarked;
