package io.plumbline.events.shell;

import java.util.List;

/**
 * A program that a command text starts, or a builtin of the shell, without what is wrapped around it.
 *
 * @param at where it stands in the text
 * @param program as written, with its folder when it has one; empty: computed
 * @param arguments without the program
 * @param wrappers what it is started through, outermost first: {@code sudo}, {@code timeout}, {@code xargs}, …
 * @param assignments variables that are set for it alone, as {@code NAME=VALUE}
 * @param redirections its files and texts
 * @param upstream the programs in front of it in its pipeline, nearest last
 */
public record Invocation(
        int at,
        String program,
        List<Argument> arguments,
        List<String> wrappers,
        List<Argument> assignments,
        List<Redirected> redirections,
        List<String> upstream) {

    /** A redirection with its expanded target. */
    public record Redirected(String operator, Argument target) {
        /** Whether the shell opens the target for reading. */
        public boolean reads() {
            return operator.equals("<") || operator.equals("<>");
        }

        /** Whether the shell opens the target for writing. */
        public boolean writes() {
            boolean descriptor = operator.equals(">&") && target.text().matches("[0-9-]*");
            return operator.contains(">") && !descriptor;
        }
    }

    public Invocation {
        arguments = List.copyOf(arguments);
        wrappers = List.copyOf(wrappers);
        assignments = List.copyOf(assignments);
        redirections = List.copyOf(redirections);
        upstream = List.copyOf(upstream);
    }

    /** The program without its folder. */
    public String name() {
        return program.substring(program.lastIndexOf('/') + 1);
    }

    /** Whether every argument is known in full. */
    public boolean isExact() {
        return arguments.stream().allMatch(Argument::exact);
    }
}
