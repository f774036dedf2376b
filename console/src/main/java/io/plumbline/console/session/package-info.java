/** What the session page says, as pure functions over events: timeline, process tree, said against done. */
@NullMarked
package io.plumbline.console.session;

import org.jspecify.annotations.NullMarked;
