/**
 * The index job: every event of the log as an ECS document, and one document per session, alert and approval, in Elasticsearch;
 * at least once, and the same again after a replay.
 */
@NullMarked
package io.plumbline.jobs.index;

import org.jspecify.annotations.NullMarked;
