package io.plumbline.intent.features;

import io.plumbline.intent.features.Outline.Invocation;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which invocations do nothing but read and print, and which build and test besides. What is not known to do so does more.
 */
final class Readers {
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

    private static final Set<String> VERSIONS = Set.of("--version", "-version", "-V", "--help");

    private static final List<String> FIND_DOES =
            List.of("-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls");

    /** Program and first words of what builds, checks and tests, whatever the change was. */
    private static final Pattern BUILDS =
            Pattern.compile("(pytest|mypy|ruff check|tox|tsc|eslint|vitest|jest|make|ctest|javac|shellcheck|hadolint"
                    + "|node --test|bash -n|sh -n|cmake --build|cargo (build|test|check|clippy|fmt|bench)|go (build|test|vet)"
                    + "|npm (test|t|run (build|test|lint|typecheck|check))|(npx|pnpm|yarn) (tsc|eslint|vitest|jest|test|build|lint|prettier)"
                    + "|python3? -m (pytest|unittest|mypy|compileall)|\\.?/?(mvnw|gradlew)|mvn|gradle)\\b.*");

    private static final Pattern BUILDS_AND_MORE =
            Pattern.compile(".*\\b(deploy|publish|release|install|upload|push|site)\\b.*");

    private Readers() {}

    /** Whether every invocation reads, builds or tests. */
    static boolean onlyBuild(Outline outline) {
        return !outline.invocations().isEmpty()
                && outline.invocations().stream().allMatch(one -> onlyReads(one) || builds(one));
    }

    private static boolean builds(Invocation invocation) {
        String line = invocation.program() + " " + String.join(" ", invocation.arguments());
        return invocation.written().isEmpty()
                && !invocation.elevated()
                && BUILDS.matcher(line).matches()
                && !BUILDS_AND_MORE.matcher(line).matches();
    }

    /** Whether every invocation does; one that runs another counts together with that. */
    static boolean onlyRead(Outline outline) {
        return !outline.invocations().isEmpty()
                && outline.invocations().stream().allMatch(Readers::onlyReads);
    }

    private static boolean onlyReads(Invocation invocation) {
        boolean writes =
                invocation.written().stream().anyMatch(file -> !file.equals("/dev/null") && !file.matches("[0-9]"));
        if (writes || invocation.elevated()) {
            return false;
        }
        List<String> arguments = invocation.arguments();
        return switch (invocation.program()) {
            case "git" ->
                arguments.stream()
                        .filter(argument -> !argument.startsWith("-"))
                        .findFirst()
                        .map(word -> GIT.contains(word) || isList(word, arguments))
                        .orElse(false);
            case "find" -> arguments.stream().noneMatch(FIND_DOES::contains);
            case "sed" ->
                arguments.stream().noneMatch(argument -> argument.startsWith("-") && argument.contains("i"))
                        && arguments.stream().noneMatch(argument -> argument.matches(".*(^|[0-9;{/ ])[we]( .*|$)"));
            case "sort" ->
                arguments.stream().noneMatch(argument -> argument.startsWith("-o") || argument.startsWith("--output"));
            default ->
                PROGRAMS.contains(invocation.program())
                        || arguments.size() == 1 && VERSIONS.contains(arguments.getFirst());
        };
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
