package io.plumbline.intent.features;

import io.plumbline.intent.features.Outline.Invocation;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which invocations do nothing but read and print, and which build and test besides. What is not known to do so does more.
 */
public final class Readers {
    private static final Set<String> PROGRAMS = Set.of(
            "cat",
            "ls",
            "grep",
            "egrep",
            "fgrep",
            "rg",
            "head",
            "tail",
            "less",
            "wc",
            "tree",
            "stat",
            "file",
            "nl",
            "pwd",
            "which",
            "sort",
            "uniq",
            "cut",
            "tr",
            "diff",
            "cmp",
            "comm",
            "du",
            "df",
            "basename",
            "dirname",
            "realpath",
            "readlink",
            "jq",
            "column",
            "echo",
            "printf",
            "true",
            "cd",
            "xargs",
            "test",
            "[",
            "date",
            "uname",
            "whoami",
            "id",
            "type",
            "command",
            "tac",
            "rev",
            "fold",
            "sha256sum",
            "md5sum",
            "strings",
            "xxd",
            "od",
            "awk",
            "cloc");

    private static final Set<String> GIT = Set.of(
            "status",
            "log",
            "diff",
            "show",
            "blame",
            "ls-files",
            "rev-parse",
            "shortlog",
            "describe",
            "grep",
            "cat-file");

    /** Arguments by which a program that reads writes, or runs another one; long ones cut short count as well. */
    private static final Map<String, Pattern> DOES_MORE = Map.ofEntries(
            Map.entry("rg", Pattern.compile("--(pre|hostname-bin)(=.*)?")),
            Map.entry("git", Pattern.compile("--(output|ext-diff|textconv|op[a-z-]*)(=.*)?|-O.*")),
            Map.entry("sort", Pattern.compile("-[A-Za-z]*o.*|--(o|co)[a-z-]*(=.*)?")),
            Map.entry("tree", Pattern.compile("-[A-Za-z]*o.*")),
            Map.entry("xxd", Pattern.compile("-r.*|-revert")),
            Map.entry("file", Pattern.compile("-[A-Za-z]*C.*|--com[a-z]*")),
            Map.entry("date", Pattern.compile("-[uR]*s.*|--s[a-z]*(=.*)?")),
            Map.entry("cloc", Pattern.compile("-.*")),
            // A script that neither runs nor writes, whole on the command line itself.
            Map.entry(
                    "awk",
                    Pattern.compile("(?s)-[^Fv].*|.*(system|getline|[>|@]|\\$\\(\\)|\\$(?!NF\\b)[A-Za-z_{*?!#$-]).*")),
            Map.entry("less", Pattern.compile("-[A-Za-z]*[oOkt].*|--(log-file|LOG-FILE|lesskey.*|tag.*)(=.*)?|\\+.*")));

    /** Options of xargs that change how arguments are put together, and those of them whose value is the next word. */
    private static final Pattern XARGS_OPTION = Pattern.compile("-[0rtx]+|-[InPLd].*|--null|--no-run-if-empty");

    private static final Set<String> XARGS_TAKES = Set.of("-I", "-n", "-P", "-L", "-d");

    /** What stands for an argument in a command of xargs; another word could be the program itself. */
    private static final Set<String> PLACES = Set.of("{}", "%");

    /** Read whatever their arguments are. */
    private static final Set<String> ANY_ARGUMENT = Set.of(
            "cat",
            "ls",
            "grep",
            "egrep",
            "fgrep",
            "head",
            "tail",
            "wc",
            "stat",
            "du",
            "basename",
            "dirname",
            "md5sum",
            "sha256sum",
            "echo");

    /** Of these the second file is written. */
    private static final Set<String> SECOND_IS_WRITTEN = Set.of("uniq", "xxd");

    private static final Set<String> VERSIONS = Set.of("--version", "-version", "-V", "--help");

    private static final List<String> FIND_DOES =
            List.of("-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls");

    /** Program and first words of what builds, checks and tests, whatever the change was. */
    private static final Pattern BUILDS =
            Pattern.compile("(pytest|mypy|ruff check|tox|tsc|eslint|vitest|jest|make|ctest|javac|shellcheck|hadolint"
                    + "|node --test|bash -n|sh -n|cmake --build|cargo (build|test|check|clippy|fmt|bench)|go (build|test|vet)"
                    + "|npm (test|t|run (build|test|lint|typecheck|check))|(npx|pnpm|yarn) (tsc|eslint|vitest|jest|test|build|lint|prettier)"
                    + "|python3? -m (pytest|unittest|mypy|compileall)|\\.?/?(mvnw|gradlew)|mvn|gradle)\\b.*");

    /** What a project brings along. */
    private static final Set<String> WRAPPERS_OF_THE_PROJECT = Set.of("mvnw", "gradlew");

    private static final Pattern BUILDS_AND_MORE =
            Pattern.compile(".*\\b(deploy|publish|release|install|upload|push|site)\\b.*");

    private Readers() {}

    /** Whether every invocation reads, builds or tests. */
    public static boolean onlyBuild(Outline outline) {
        return !outline.invocations().isEmpty()
                && hasSafeArguments(outline)
                && outline.invocations().stream().allMatch(one -> onlyReads(one) || builds(one));
    }

    /** What {@code xargs} starts gets arguments that nobody sees: only programs that no argument makes write. */
    private static boolean hasSafeArguments(Outline outline) {
        return outline.invocations().stream()
                .filter(one -> one.program().equals("xargs"))
                .allMatch(one -> startsReader(one.arguments()));
    }

    private static boolean startsReader(List<String> arguments) {
        int at = 0;
        while (at < arguments.size() && XARGS_OPTION.matcher(arguments.get(at)).matches()) {
            String option = arguments.get(at);
            at += XARGS_TAKES.contains(option) ? 2 : 1;
            if (at >= arguments.size()
                    || option.startsWith("-I")
                            && !PLACES.contains(option.length() == 2 ? arguments.get(at - 1) : option.substring(2))) {
                return false;
            }
        }
        return at < arguments.size() && ANY_ARGUMENT.contains(arguments.get(at));
    }

    private static boolean builds(Invocation invocation) {
        String line = invocation.program() + " " + String.join(" ", invocation.arguments());
        return invocation.written().isEmpty()
                && !invocation.elevated()
                && (invocation.asInstalled() || WRAPPERS_OF_THE_PROJECT.contains(invocation.program()))
                && BUILDS.matcher(line).matches()
                && !BUILDS_AND_MORE.matcher(line).matches();
    }

    /** Whether every invocation does; one that runs another counts together with that. */
    static boolean onlyRead(Outline outline) {
        return !outline.invocations().isEmpty()
                && hasSafeArguments(outline)
                && outline.invocations().stream().allMatch(Readers::onlyReads);
    }

    private static boolean onlyReads(Invocation invocation) {
        boolean writes =
                invocation.written().stream().anyMatch(file -> !file.equals("/dev/null") && !file.matches("[0-9]"));
        List<String> arguments = invocation.arguments();
        Pattern more = DOES_MORE.get(invocation.program());
        if (writes
                || invocation.elevated()
                || !invocation.asInstalled()
                || more != null
                        && arguments.stream()
                                .anyMatch(argument -> more.matcher(argument).matches())) {
            return false;
        }
        return switch (invocation.program()) {
            case "git" ->
                arguments.stream()
                        .filter(argument -> !argument.equals("--no-pager") && !argument.equals("-P"))
                        .findFirst()
                        .map(word -> GIT.contains(word) || isList(word, arguments))
                        .orElse(false);
            case "find" -> arguments.stream().noneMatch(FIND_DOES::contains);
            case "sed" ->
                arguments.stream().noneMatch(argument -> argument.startsWith("-") && argument.contains("i"))
                        && arguments.stream().noneMatch(argument -> argument.matches(".*(^|[0-9;{/ ])[we]( .*|$)"));
            default ->
                PROGRAMS.contains(invocation.program())
                                && (!SECOND_IS_WRITTEN.contains(invocation.program()) || operands(arguments) < 2)
                        || arguments.size() == 1 && VERSIONS.contains(arguments.getFirst());
        };
    }

    private static long operands(List<String> arguments) {
        return arguments.stream().filter(argument -> !argument.startsWith("-")).count();
    }

    private static boolean isList(String word, List<String> arguments) {
        return word.equals("branch")
                        && arguments.stream().allMatch(argument -> Set.of(
                                        "branch", "-a", "-r", "-v", "-vv", "--show-current", "--list")
                                .contains(argument))
                || word.equals("stash") && arguments.contains("list")
                || word.equals("remote") && arguments.size() <= 2 && !arguments.contains("update");
    }
}
