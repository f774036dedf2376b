package io.plumbline.watcher.attribution;

import java.util.List;

/**
 * What an agent runs on its own account, recognised by the shape of the command line of its direct children. A shape explains
 * that a process is there; its files and connections are still held against the policy.
 *
 * @param agent as in sessions
 * @param version that it was observed with; empty: any
 * @param announces whether the agent announces every call through a hook; then nothing else counts as an announcement
 */
public record AgentProfile(String agent, String version, boolean announces, List<Shape> housekeeping) {
    /**
     * A command line.
     *
     * @param program file name of the executed binary or of argv[0]
     * @param contains texts that must occur in the joined arguments, in this order; at the end, {@code $} stands for the end of the
     *     line, {@code #} for a number and {@code @} for a single word at its end, so that nothing can be appended
     */
    public record Shape(String program, List<String> contains) {
        public Shape {
            contains = List.copyOf(contains);
        }

        boolean fits(String binary, List<String> argv) {
            String zero = argv.isEmpty() ? "" : argv.get(0);
            if (!fileName(binary).equals(program) && !fileName(zero).equals(program)) {
                return false;
            }
            String joined = String.join(" ", argv);
            int from = 0;
            for (String text : contains) {
                if (text.equals("$")) {
                    return from == joined.length();
                }
                if (text.equals("@")) {
                    return joined.substring(from).matches("[A-Za-z0-9._-]{1,64}");
                }
                if (text.equals("#")) {
                    return joined.substring(from).matches("[0-9]{1,10}");
                }
                int at = joined.indexOf(text, from);
                if (at < 0) {
                    return false;
                }
                from = at + text.length();
            }
            return true;
        }
    }

    public AgentProfile {
        housekeeping = List.copyOf(housekeeping);
    }

    boolean keepsHouseWith(String binary, List<String> argv) {
        for (Shape shape : housekeeping) {
            if (shape.fits(binary, argv)) {
                return true;
            }
        }
        return false;
    }

    static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
