/** The SOC console: what agents said, what they did and what was judged, and the orders of people. Reads Elasticsearch and the live verdicts, writes the control topic. */
@NullMarked
package io.plumbline.console;

import org.jspecify.annotations.NullMarked;
