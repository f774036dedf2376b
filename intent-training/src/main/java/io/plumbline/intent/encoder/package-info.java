/** Trains the encoder of the intent model: from a public base model and the corpus to an ONNX file. Not needed to run the product. */
@NullMarked
package io.plumbline.intent.encoder;

import org.jspecify.annotations.NullMarked;
