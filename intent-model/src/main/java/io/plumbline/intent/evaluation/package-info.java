/** What the model is worth: metrics, attacks on it, baselines, the report and the model card. */
@NullMarked
package io.plumbline.intent.evaluation;

import org.jspecify.annotations.NullMarked;
