package io.plumbline.watcher.attribution;

import io.plumbline.events.v1.McpServer;
import java.util.List;
import java.util.Optional;

/** Recognises the processes of the MCP servers that the agent's configuration names. */
final class McpServers {
    private McpServers() {}

    /**
     * The server that a command line starts: its arguments are the configured ones, and what precedes them ends in the configured
     * program, directly or behind the interpreter of its first line.
     */
    static Optional<String> started(List<McpServer> servers, List<String> argv) {
        for (McpServer server : servers) {
            if (server.getArgvCount() == 0) {
                continue;
            }
            List<String> arguments = server.getArgvList().subList(1, server.getArgvCount());
            int start = argv.size() - arguments.size();
            if (start >= 1
                    && start <= 3
                    && argv.subList(start, argv.size()).equals(arguments)
                    && AgentProfile.fileName(argv.get(start - 1)).equals(AgentProfile.fileName(server.getArgv(0)))) {
                return Optional.of(server.getName());
            }
        }
        return Optional.empty();
    }
}
