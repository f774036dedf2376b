/** Reads the four indices of Elasticsearch as typed records; never writes. */
@NullMarked
package io.plumbline.console.search;

import org.jspecify.annotations.NullMarked;
