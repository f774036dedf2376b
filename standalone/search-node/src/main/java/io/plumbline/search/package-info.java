/** The search node of the standalone process tree: one Elasticsearch on loopback in a JVM of its own, stopped by SIGTERM. */
@NullMarked
package io.plumbline.search;

import org.jspecify.annotations.NullMarked;
