package io.plumbline.events.shell;

import io.plumbline.events.shell.Invocation.Redirected;
import java.util.List;
import java.util.stream.Collectors;

/**
 * All that a command text starts and opens, in the order of the text, whichever branch it stands in; wrappers are taken off, texts that
 * a shell is given are read as well.
 *
 * @param invocations the programs and builtins
 * @param redirections of all commands, those without a program included
 * @param scripts files that are run as shell or other program text, {@code sh ./build.sh}, {@code source env}
 * @param uninspectable what cannot be told beforehand; empty: the text says all that it does
 */
public record ShellCommands(
        List<Invocation> invocations,
        List<Redirected> redirections,
        List<Argument> scripts,
        List<Uninspectable> uninspectable) {
    public ShellCommands {
        invocations = List.copyOf(invocations);
        redirections = List.copyOf(redirections);
        scripts = List.copyOf(scripts);
        uninspectable = List.copyOf(uninspectable);
    }

    /** Reads any text; never throws for it. */
    public static ShellCommands of(String text) {
        return new CommandReader().read(text);
    }

    /** The command line that a shell reads as these words. */
    public static String line(List<String> words) {
        return words.stream().map(ShellCommands::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String word) {
        boolean plain = !word.isEmpty()
                && word.chars().allMatch(c -> c < 128 && Character.isLetterOrDigit(c) || "_@%+=:,./-".indexOf(c) >= 0);
        return plain ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
