/** Renders every event as an Elastic Common Schema document, field by field, without interpreting what agents wrote. */
@NullMarked
package io.plumbline.events.ecs;

import org.jspecify.annotations.NullMarked;
