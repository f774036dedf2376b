package io.plumbline.intent.features;

import java.util.List;

/**
 * What a command line does, in order: its invocations, those inside substitutions and of {@code sh -c} included.
 *
 * @param invocations at most {@link CommandReader#MAX_INVOCATIONS}
 * @param deeds the command line without comments and without what only prints, as far as anything else is left: text that an agent
 *     can add at will says nothing about what the act is for
 * @param incomplete something was not understood or left out: too deep, too many, an open quote
 */
public record Outline(List<Invocation> invocations, String deeds, boolean incomplete) {
    public Outline {
        invocations = List.copyOf(invocations);
    }

    /**
     * One program and its arguments, quotes removed.
     *
     * @param program the last part of its path, without what stands in front (assignments, {@code sudo}, {@code env})
     * @param written files it writes by redirection
     * @param read files it reads by redirection
     * @param piped whether its input is the output of the invocation before it
     * @param depth how deep it lies inside of others
     * @param speaks it only prints its own arguments
     * @param elevated behind {@code sudo} or {@code doas}
     * @param asInstalled it is the program that is installed under its name, and no variable set for it may have it run another one
     */
    public record Invocation(
            String program,
            List<String> arguments,
            List<String> written,
            List<String> read,
            boolean piped,
            int depth,
            boolean speaks,
            boolean elevated,
            boolean asInstalled) {
        public Invocation {
            arguments = List.copyOf(arguments);
            written = List.copyOf(written);
            read = List.copyOf(read);
        }

        public boolean has(String... options) {
            for (String option : options) {
                if (arguments.contains(option)) {
                    return true;
                }
            }
            return false;
        }
    }
}
