package io.plumbline.watcher.intent;

import io.plumbline.events.shell.Invocation;
import io.plumbline.events.shell.ShellCommands;
import io.plumbline.events.v1.ProcessStarted;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The shapes in which agents execute an announced command: a shell of the read-only root with nothing but the command, or with a
 * wrapper around nothing but the command. Claude Code 2.1.330 runs {@code source SNAPSHOT … && eval 'COMMAND' < /dev/null && pwd -P >|
 * FILE}; Gemini CLI 0.61.0 puts it in a subshell that notes its background jobs. Codex 0.169.0 executes itself with the shell's command
 * line, and where it has a snapshot of the shell, a prelude of 40 kB that ends in {@code exec '/bin/bash' -c 'COMMAND'}: what the prelude
 * starts besides is not the command.
 */
public final class Executions {
    private static final Set<String> SHELLS = Set.of("sh", "bash", "dash", "zsh", "ksh");
    private static final Pattern SHELL_OPTION = Pattern.compile("-[lic]{1,3}|--login|--noprofile|--norc");
    private static final Pattern TEXT_FOLLOWS = Pattern.compile("-[li]*c[li]*");

    /** Where programs lie that the workload cannot have put there: a sandbox has these read-only. */
    private static final List<String> INSTALLED = List.of("/bin/", "/sbin/", "/usr/", "/opt/", "/nix/store/");

    private static final String CODEX_SETUP = "--codex-run-as-process-setup";

    /** Itself, the option, two numbers, what joins them, nothing, the folder, and the shell. */
    private static final int CODEX_SETUP_WORDS = 8;

    private static final int CODEX_SETUP_FOLDER = 6;

    private static final String GEMINI_BEGIN = "shopt -u promptvars nullglob extglob nocaseglob dotglob; _bgpids_file=";
    private static final String GEMINI_END = "\n)\n__code=$?\nexit $__code";
    private static final String GEMINI_TRAP = "\n(\n  trap 'jobs -p > \"$_bgpids_file\"' EXIT\n";
    private static final Pattern GEMINI_FILE = Pattern.compile("'?[A-Za-z0-9_./-]{1,200}'?");

    private static final String EVALUATED = "eval ";
    private static final String NO_INPUT = " < /dev/null";
    private static final Pattern PLAIN_WORD = Pattern.compile("[A-Za-z0-9_./@%+:,-]{1,1000}");
    private static final String EXECUTED = "exec '/bin/bash' -c ";

    /** What wrappers do besides: nothing that starts a program or reads a file. */
    private static final Set<String> HARMLESS = Set.of(
            ":", "[", "true", "false", "test", "source", ".", "eval", "builtin", "command", "shopt", "setopt", "set",
            "unset", "unalias", "typeset", "pwd");

    private static final Pattern SNAPSHOT =
            Pattern.compile("(/[A-Za-z0-9._/-]{0,400})/shell[-_]snapshots/[A-Za-z0-9._-]{1,200}");
    private static final Pattern ANY_SNAPSHOT = Pattern.compile("([^\\s\"'=]{0,400})/shell[-_]snapshots/");
    private static final List<String> ANYBODYS = List.of("/tmp/", "/var/tmp/", "/dev/shm/");
    private static final Pattern WRITTEN =
            Pattern.compile("/dev/null|/[A-Za-z0-9._/-]{0,400}/(?:claude-[0-9a-f]{1,16}-cwd|cwd-[0-9a-f]{1,16})");

    private Executions() {}

    /** Whether a program lies where the workload cannot have put it. */
    public static boolean isInstalled(String binary) {
        return INSTALLED.stream().anyMatch(binary::startsWith) && !binary.contains("/../");
    }

    /** Whether the snapshots of its shell that a command line names, if any, are the agent's own. */
    public static boolean namesOwnSnapshots(String argument, String workspace) {
        return ANY_SNAPSHOT.matcher(argument).results().allMatch(found -> isOwn(found.group(1) + "/", workspace));
    }

    private static boolean isOwn(String folder, String workspace) {
        return folder.startsWith("/")
                && !folder.contains("/../")
                && ANYBODYS.stream().noneMatch(folder::startsWith)
                && (workspace.isEmpty() || !folder.startsWith(workspace + "/"));
    }

    /**
     * Whether this is the execution of the command and of nothing else.
     *
     * @param binary as the kernel executed it; what {@code argv[0]} says is the caller's choice
     * @param workspace absolute; what lies there the agent's calls have made
     */
    static boolean isExactly(String binary, List<String> argv, String command, String workspace) {
        if (command.isBlank() || argv.isEmpty()) {
            return false;
        }
        boolean setup = isSetup(argv);
        List<String> shell = setup ? argv.subList(CODEX_SETUP_WORDS, argv.size()) : argv;
        boolean placed = setup ? isInstalled(binary) || binary.equals("/proc/self/exe") : isInstalled(binary);
        if (!placed) {
            return false;
        }
        if (shell.size() == 1) {
            return !setup && fileName(binary).equals(command);
        }
        String name = fileName(setup ? shell.getFirst() : binary);
        List<String> options = shell.subList(1, shell.size() - 1);
        return SHELLS.contains(name)
                && options.stream()
                        .allMatch(option -> SHELL_OPTION.matcher(option).matches())
                && options.stream()
                        .anyMatch(option -> TEXT_FOLLOWS.matcher(option).matches())
                && isOnly(shell.getLast(), command, workspace);
    }

    /** Where a command is executed: Codex's own setup says where it goes before it does. Empty: the host did not say. */
    public static String folder(ProcessStarted start) {
        List<String> argv = start.getArgvList();
        return isSetup(argv) ? argv.get(CODEX_SETUP_FOLDER) : start.getActor().getCwd();
    }

    /** Whether Codex executes itself to become a command. */
    public static boolean isSetup(List<String> argv) {
        return argv.size() > CODEX_SETUP_WORDS && argv.get(1).equals(CODEX_SETUP);
    }

    /** Whether the command stands anywhere in what is executed. */
    static boolean contains(List<String> argv, String command) {
        return !command.isBlank()
                && argv.stream()
                        .anyMatch(argument -> argument.equals(command)
                                || isGemini(argument, command)
                                || quotings(command).stream()
                                        .anyMatch(quoted -> argument.contains(EVALUATED + quoted)
                                                || argument.contains(EXECUTED + quoted)));
    }

    /** Whether what is executed ends in the execution of the command, by the same process: it is not the command yet. */
    static boolean isPrelude(List<String> argv, String command) {
        return !command.isBlank()
                && !argv.isEmpty()
                && quotings(command).stream().anyMatch(quoted -> argv.getLast().endsWith("\n" + EXECUTED + quoted));
    }

    private static boolean isOnly(String text, String command, String workspace) {
        return text.equals(command)
                || isGemini(text, command)
                || quotings(command).stream().anyMatch(quoted -> isWrapper(text, quoted, workspace));
    }

    private static boolean isWrapper(String text, String quoted, String workspace) {
        int at = text.lastIndexOf(EVALUATED + quoted);
        if (at < 0) {
            return false;
        }
        int from = at + EVALUATED.length();
        return isHarmless(text.substring(0, from) + "':'" + text.substring(from + quoted.length()), workspace);
    }

    private static boolean isHarmless(String wrapper, String workspace) {
        ShellCommands commands = ShellCommands.of(wrapper);
        return commands.uninspectable().isEmpty()
                && commands.invocations().stream().map(Invocation::name).allMatch(HARMLESS::contains)
                && commands.scripts().stream()
                        .allMatch(script -> SNAPSHOT.matcher(script.text()).matches()
                                && namesOwnSnapshots(script.text(), workspace))
                && commands.redirections().stream()
                        .filter(redirected -> redirected.reads() || redirected.writes())
                        .allMatch(redirected ->
                                WRITTEN.matcher(redirected.target().text()).matches());
    }

    private static boolean isGemini(String argument, String command) {
        int trap = argument.startsWith(GEMINI_BEGIN) ? argument.indexOf(GEMINI_TRAP) : -1;
        return trap > 0
                && GEMINI_FILE
                        .matcher(argument.substring(GEMINI_BEGIN.length(), trap))
                        .matches()
                && argument.substring(trap).equals(GEMINI_TRAP + command.strip() + GEMINI_END);
    }

    /**
     * As one word of a shell: in the two ways in which a quote is put into quotes, and what needs none as it is, with what has to follow so
     * that no other word does.
     */
    private static List<String> quotings(String command) {
        String quoted = "'" + command.replace("'", "'\"'\"'") + "'";
        String escaped = "'" + command.replace("'", "'\\''") + "'";
        return PLAIN_WORD.matcher(command).matches()
                ? List.of(quoted, escaped, command + NO_INPUT)
                : List.of(quoted, escaped);
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
