/** Documents that people write by hand: YAML 1.2 of known keys, in which every mistake is named with its place. */
@NullMarked
package io.plumbline.events.yaml;

import org.jspecify.annotations.NullMarked;
