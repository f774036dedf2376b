/** A single Elasticsearch node for the standalone process tree, bound to loopback. */
@NullMarked
package io.plumbline.search;

import org.jspecify.annotations.NullMarked;
