/** YAML 1.2 as rules need it: documents as trees with positions, every size bounded, nothing constructed by a tag. */
@NullMarked
package io.plumbline.rules.yaml;

import org.jspecify.annotations.NullMarked;
