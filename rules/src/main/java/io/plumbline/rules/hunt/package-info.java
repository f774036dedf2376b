/**
 * Rules as questions to the store: queries for Elasticsearch over the ECS documents of events that find what the engine would match, or a
 * refusal that names what cannot be asked there.
 */
@NullMarked
package io.plumbline.rules.hunt;

import org.jspecify.annotations.NullMarked;
