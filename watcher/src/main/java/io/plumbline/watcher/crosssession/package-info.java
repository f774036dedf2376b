/**
 * What several sessions of one task, workspace or principal do together and none of them alone: a budget that is spent by drips, a secret that
 * one reads and another could send, an act that is refused again and again. A pure function of state and fact, as the watcher is.
 */
@NullMarked
package io.plumbline.watcher.crosssession;

import org.jspecify.annotations.NullMarked;
