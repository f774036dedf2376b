/** Keeps the newest sessions, alerts and approvals for every open page, pushed by the verdicts topic and refreshed from the search copy. */
@NullMarked
package io.plumbline.console.live;

import org.jspecify.annotations.NullMarked;
