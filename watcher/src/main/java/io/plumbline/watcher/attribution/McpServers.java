package io.plumbline.watcher.attribution;

import io.plumbline.events.v1.McpServer;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.watcher.intent.Executions;
import java.util.List;
import java.util.Optional;

/** Recognises the processes of the MCP servers that the agent's configuration names. */
final class McpServers {
    private static final List<String> FOLDERS =
            List.of("/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/local/sbin/", "/usr/sbin/", "/sbin/");

    private static final List<String> INTERPRETERS =
            List.of("node", "python3", "python", "sh", "bash", "ruby", "perl", "deno", "bun");

    private McpServers() {}

    /**
     * The server that a command line starts: its arguments are the configured ones, and the word before them is the configured
     * program, or a path to it in a folder of programs; in front of it at most the interpreter of its first line. What is executed lies
     * where the workload cannot have put it, or is the very file that the configuration names.
     */
    static Optional<String> started(List<McpServer> servers, ProcessStarted start) {
        List<String> argv = start.getArgvList();
        String binary = start.getBinary();
        for (McpServer server : servers) {
            if (server.getArgvCount() == 0) {
                continue;
            }
            List<String> arguments = server.getArgvList().subList(1, server.getArgvCount());
            int first = argv.size() - arguments.size();
            if (first >= 1
                    && isInterpreter(argv.subList(0, first - 1))
                    && argv.subList(first, argv.size()).equals(arguments)
                    && isProgram(argv.get(first - 1), server.getArgv(0))
                    && (Executions.isInstalled(binary) || binary.equals(server.getArgv(0)))) {
                return Optional.of(server.getName());
            }
        }
        return Optional.empty();
    }

    /** Nothing, an interpreter, or {@code /usr/bin/env} and one. */
    private static boolean isInterpreter(List<String> words) {
        return words.isEmpty()
                || words.size() <= 2
                        && (words.size() == 1 || words.getFirst().equals("/usr/bin/env"))
                        && INTERPRETERS.stream().anyMatch(name -> isProgram(words.getLast(), name));
    }

    /** Found on the PATH of the read-only root, never by a name that the workload may have given to a file of its own. */
    private static boolean isProgram(String word, String configured) {
        return word.equals(configured)
                || configured.indexOf('/') < 0 && FOLDERS.stream().anyMatch(folder -> word.equals(folder + configured));
    }
}
