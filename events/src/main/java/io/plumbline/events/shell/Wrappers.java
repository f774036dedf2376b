package io.plumbline.events.shell;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Programs that run the command which follows their own options; options as in their manuals (GNU coreutils, util-linux, findutils, sudo). */
final class Wrappers {
    /**
     * How the command is found.
     *
     * @param valued options whose value is the next word
     * @param operands words before the command that are the wrapper's own
     * @param assignments whether {@code NAME=VALUE} may stand before the command
     */
    private record Wrapper(Set<String> valued, int operands, boolean assignments) {}

    private static final Map<String, Wrapper> KNOWN = Map.ofEntries(
            Map.entry("env", new Wrapper(Set.of("-u", "--unset", "-C", "--chdir", "-a", "--argv0"), 0, true)),
            Map.entry(
                    "sudo",
                    new Wrapper(
                            Set.of(
                                    "-u",
                                    "--user",
                                    "-g",
                                    "--group",
                                    "-h",
                                    "--host",
                                    "-p",
                                    "--prompt",
                                    "-C",
                                    "-r",
                                    "-t",
                                    "-T",
                                    "-U",
                                    "-D",
                                    "--chdir",
                                    "-R",
                                    "--chroot"),
                            0,
                            true)),
            Map.entry("doas", new Wrapper(Set.of("-u", "-C"), 0, false)),
            Map.entry("nohup", new Wrapper(Set.of(), 0, false)),
            Map.entry("setsid", new Wrapper(Set.of(), 0, false)),
            Map.entry("time", new Wrapper(Set.of("-o", "--output", "-f", "--format"), 0, false)),
            Map.entry("nice", new Wrapper(Set.of("-n", "--adjustment"), 0, false)),
            Map.entry("ionice", new Wrapper(Set.of("-c", "--class", "-n", "--classdata", "-p", "--pid"), 0, false)),
            Map.entry("chrt", new Wrapper(Set.of(), 1, false)),
            Map.entry("taskset", new Wrapper(Set.of(), 1, false)),
            Map.entry("timeout", new Wrapper(Set.of("-s", "--signal", "-k", "--kill-after"), 1, false)),
            Map.entry("stdbuf", new Wrapper(Set.of("-i", "-o", "-e", "--input", "--output", "--error"), 0, false)),
            Map.entry("command", new Wrapper(Set.of(), 0, false)),
            Map.entry("builtin", new Wrapper(Set.of(), 0, false)),
            Map.entry("exec", new Wrapper(Set.of("-a"), 0, false)),
            Map.entry("coproc", new Wrapper(Set.of(), 0, false)),
            Map.entry(
                    "xargs",
                    new Wrapper(
                            Set.of(
                                    "-I",
                                    "-n",
                                    "--max-args",
                                    "-P",
                                    "--max-procs",
                                    "-d",
                                    "--delimiter",
                                    "-L",
                                    "-s",
                                    "--max-chars",
                                    "-a",
                                    "--arg-file",
                                    "-E"),
                            0,
                            false)),
            Map.entry("flock", new Wrapper(Set.of("-w", "--timeout", "-E", "--conflict-exit-code"), 1, false)),
            Map.entry("chroot", new Wrapper(Set.of(), 1, false)),
            Map.entry(
                    "unshare", new Wrapper(Set.of("-S", "--setuid", "-G", "--setgid", "-R", "--root", "-w"), 0, false)),
            Map.entry("setpriv", new Wrapper(Set.of(), 0, false)),
            Map.entry("strace", new Wrapper(Set.of("-o", "-e", "-p", "-s", "-u", "-E", "-P", "-a", "-b"), 0, false)),
            Map.entry("watch", new Wrapper(Set.of("-n", "--interval"), 0, false)),
            Map.entry("busybox", new Wrapper(Set.of(), 0, false)));

    private Wrappers() {}

    static boolean isWrapper(String name) {
        return KNOWN.containsKey(name);
    }

    /** Where the wrapped command begins among the arguments; empty: the wrapper wraps nothing. */
    static Optional<Integer> command(String name, List<Argument> arguments) {
        Wrapper wrapper = KNOWN.get(name);
        if (wrapper == null || name.equals("command") && asksOnly(arguments)) {
            return Optional.empty();
        }
        int at = 0;
        int operands = wrapper.operands();
        while (at < arguments.size()) {
            String text = arguments.get(at).text();
            if (text.equals("--")) {
                at++;
                break;
            }
            if (text.startsWith("-") && text.length() > 1) {
                at += wrapper.valued().contains(text) ? 2 : 1;
            } else if (wrapper.assignments() && text.matches("(?s)[A-Za-z_][A-Za-z0-9_]*=.*")) {
                at++;
            } else if (operands > 0) {
                operands--;
                at++;
            } else {
                break;
            }
        }
        at += at < arguments.size() && operands > 0 ? operands : 0;
        return at < arguments.size() ? Optional.of(at) : Optional.empty();
    }

    /** {@code command -v NAME} runs nothing. */
    private static boolean asksOnly(List<Argument> arguments) {
        return !arguments.isEmpty()
                && Set.of("-v", "-V").contains(arguments.getFirst().text());
    }
}
