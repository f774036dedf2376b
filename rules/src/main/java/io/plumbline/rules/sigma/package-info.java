/**
 * The Sigma 2.1 language: rules, correlations and filters from YAML to expressions over typed tests. What is not understood in
 * full is refused with its place; nothing is guessed. Decisions where the specification is open: {@code docs/sigma.md}.
 */
@NullMarked
package io.plumbline.rules.sigma;

import org.jspecify.annotations.NullMarked;
