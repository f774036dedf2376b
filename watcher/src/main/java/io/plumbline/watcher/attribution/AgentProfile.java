package io.plumbline.watcher.attribution;

import io.plumbline.watcher.intent.Executions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What an agent runs on its own account, recognised by the shape of the command line of its direct children. A shape explains
 * that a process is there; its files and connections are still held against the policy.
 *
 * @param agent as in sessions
 * @param version that it was observed with; empty: any
 * @param announces whether the agent announces every call through a hook; then nothing else counts as an announcement
 * @param sets names of the variables that the agent gives its calls beside its own environment, or with other values
 */
public record AgentProfile(
        String agent, String version, boolean announces, List<Shape> housekeeping, List<Pattern> sets) {
    /** Files that go by another name. What argv[0] says is the caller's choice, and proves nothing. */
    private static final Map<String, Set<String>> ALIASES =
            Map.of("sh", Set.of("dash", "bash"), "which", Set.of("which.debianutils"));

    /**
     * A command line, whole: one word for each argument, and nothing besides.
     *
     * @param program file name of the executed binary
     * @param arguments a text for each argument, in which {@code {n}} stands for a number, {@code {w}} for a word of letters, digits,
     *     {@code ._-}, {@code {p}} for a path of such words without {@code ..}, {@code {any}} for anything, {@code \n} for the end of a
     *     line and {@code \\} for a backslash; {@code ...} as the last stands for up to 32 arguments that have no program run and no
     *     file written
     */
    public static final class Shape {
        private static final String REST = "...";
        private static final int MAX_REST = 32;
        private static final Pattern PART = Pattern.compile("\\{(n|w|p|any)}|\\\\(n|\\\\)");
        private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._/=:@%,^~*!{}+()\\[\\] -]{0,256}");

        /** Options that have something run, written or configured; git takes any beginning of a name that is its alone. */
        private static final List<String> REACHING = List.of(
                "--config",
                "--exec",
                "--ext-diff",
                "--hostname-bin",
                "--open-files-in-pager",
                "--output",
                "--pre",
                "--receive-pack",
                "--textconv",
                "--upload-pack");

        private final String program;
        private final List<Pattern> arguments;
        private final boolean rest;

        Shape(String program, List<String> arguments) {
            this.program = program;
            this.rest = !arguments.isEmpty() && arguments.getLast().equals(REST);
            this.arguments = arguments.subList(0, arguments.size() - (rest ? 1 : 0)).stream()
                    .map(Shape::pattern)
                    .toList();
        }

        boolean fits(String binary, List<String> argv) {
            int given = argv.size() - 1;
            if (!isProgram(binary) || given < arguments.size() || (!rest && given > arguments.size())) {
                return false;
            }
            for (int i = 0; i < arguments.size(); i++) {
                if (!arguments.get(i).matcher(argv.get(i + 1)).matches()) {
                    return false;
                }
            }
            List<String> others = argv.subList(arguments.size() + 1, argv.size());
            return others.size() <= MAX_REST
                    && others.stream().allMatch(other -> PLAIN.matcher(other).matches() && !reaches(other));
        }

        private static boolean reaches(String argument) {
            if (!argument.startsWith("--")) {
                return argument.startsWith("-c") || argument.startsWith("-o");
            }
            String name = argument.replaceFirst("=.*", "");
            return name.length() > 2
                    && REACHING.stream().anyMatch(option -> option.startsWith(name) || name.startsWith(option));
        }

        private boolean isProgram(String binary) {
            String name = fileName(binary);
            return Executions.isInstalled(binary)
                    && (name.equals(program)
                            || ALIASES.getOrDefault(program, Set.of()).contains(name));
        }

        static Pattern pattern(String text) {
            StringBuilder pattern = new StringBuilder();
            Matcher part = PART.matcher(text);
            int from = 0;
            while (part.find()) {
                pattern.append(Pattern.quote(text.substring(from, part.start())))
                        .append(meaning(part));
                from = part.end();
            }
            return Pattern.compile(
                    pattern.append(Pattern.quote(text.substring(from))).toString());
        }

        private static String meaning(Matcher part) {
            if (part.group(1) == null) {
                return part.group(2).equals("n") ? "\\n" : "\\\\";
            }
            return switch (part.group(1)) {
                case "n" -> "[0-9]{1,20}";
                case "w" -> "[A-Za-z0-9._-]{1,128}";
                case "p" -> "/(?:(?!\\.\\.?/)[A-Za-z0-9._-]{1,128}/){0,31}(?!\\.\\.?$)[A-Za-z0-9._-]{1,128}";
                default -> "(?s:.*)";
            };
        }

        @Override
        public String toString() {
            return program + " " + arguments.stream().map(Pattern::pattern).collect(Collectors.joining(" "));
        }
    }

    public AgentProfile {
        housekeeping = List.copyOf(housekeeping);
        sets = List.copyOf(sets);
    }

    /** Whether the agent itself gives its calls a variable of this name. */
    public boolean setsItself(String variable) {
        return sets.stream().anyMatch(name -> name.matcher(variable).matches());
    }

    boolean keepsHouseWith(String binary, List<String> argv) {
        for (Shape shape : housekeeping) {
            if (shape.fits(binary, argv)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether a program that housekeeping executes is still housekeeping: one that lies where the workload cannot have put it, and
     * below git nothing but git, since what else git starts is named by a repository's configuration.
     *
     * @param before what the process or its parent had executed until then
     */
    static boolean belongsToHousekeeping(String before, String binary) {
        return Executions.isInstalled(binary)
                && (!fileName(before).equals("git") || fileName(binary).equals("git"));
    }

    static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
