/**
 * Learning mode: recorded sessions become a proposed least-privilege policy, each line with its evidence. Proposes only: nothing here puts a
 * policy in force, and nothing that it proposes is wider than the policy above.
 */
@NullMarked
package io.plumbline.watcher.learning;

import org.jspecify.annotations.NullMarked;
