/** Text as the model reads it: folded against look-alikes, cut into word pieces, encoded by ONNX Runtime; words and what programs are for. */
@NullMarked
package io.plumbline.intent.text;

import org.jspecify.annotations.NullMarked;
