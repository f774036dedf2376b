/**
 * Rules and the store: queries for Elasticsearch over the ECS documents of events that find what the engine would match, or a refusal that
 * names what cannot be asked there; and the documents read back as events. One table says where documents have what rules ask for.
 */
@NullMarked
package io.plumbline.rules.hunt;

import org.jspecify.annotations.NullMarked;
