package io.plumbline.standalone.session;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How the built-in agent goes about one step. Real agents are honest about their calls; this one need not be.
 *
 * @param announces the command that its hook is told instead of the step's; empty: the step's
 * @param announced false: no hook is asked at all
 * @param obeys false: runs the step also when it is refused, as an agent does whose hook fails open
 * @param result what it tells as the result; empty: that it is done
 * @param exitCode what it tells as the exit code; empty: the command's
 */
public record Conduct(
        Optional<String> announces, boolean announced, boolean obeys, String result, OptionalInt exitCode) {
    /** Announces what it runs, does as it is told, and tells the result. */
    public static final Conduct HONEST = new Conduct(Optional.empty(), true, true, "", OptionalInt.empty());
}
