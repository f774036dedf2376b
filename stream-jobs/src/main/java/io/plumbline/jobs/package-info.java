/** The Flink jobs: thin adapters that carry events through the watcher and into Elasticsearch. */
@NullMarked
package io.plumbline.jobs;

import org.jspecify.annotations.NullMarked;
