package io.plumbline.console.approvals;

import io.plumbline.events.claims.ToolCommand;
import java.util.List;
import java.util.Optional;

/**
 * What a person decides about, read from the exact text of the watcher's gate. That of a call has the tool, its folder, its arguments as JSON
 * and the policy's revision, each on a line of its own, of which only a command in the arguments starts anything that reading tells; that of
 * a connection has host and port, the method, and the policy's revision. Any other text is a command.
 *
 * @param act in one line: the command, the connection, or the arguments of a call that has no command
 * @param command of a shell
 * @param host with its port, of a connection
 */
public record Asked(String act, Optional<String> command, Optional<String> host) {
    private static final String EGRESS = "egress";

    /** @param tool as the approval names it; empty: none */
    public static Asked of(String tool, String text) {
        if (!tool.isEmpty() && text.startsWith(tool + "\n")) {
            return call(tool, text);
        }
        List<String> lines = text.lines().toList();
        if (tool.equals(EGRESS) && lines.size() > 1) {
            return new Asked(lines.get(1) + " " + lines.get(0), Optional.empty(), Optional.of(lines.get(0)));
        }
        return new Asked(text, Optional.of(text), Optional.empty());
    }

    private static Asked call(String tool, String text) {
        // By their places: a folder's name and an argument may hold lines that look like arguments.
        int folder = tool.length() + 1;
        int arguments = text.indexOf('\n', folder) + 1;
        int end = text.lastIndexOf("}\n") + 1;
        if (arguments == 0 || end <= arguments) {
            return new Asked(text.substring(folder), Optional.empty(), Optional.empty());
        }
        String given = text.substring(arguments, end);
        Optional<String> command = ToolCommand.in(tool, given);
        return new Asked(command.orElse(given), command, Optional.empty());
    }

    /** What it would do, in a few words. */
    public String title(String tool) {
        Footprint touched = footprint();
        if (host.isPresent()) {
            return "Connect to " + host.get();
        }
        if (touched.programs().isEmpty()) {
            return tool.isEmpty() ? "Approval" : tool;
        }
        return "Run " + String.join(", ", touched.programs()) + (tool.isEmpty() ? "" : " · " + tool);
    }

    /** What it would start, touch and reach. */
    public Footprint footprint() {
        return command.map(Footprint::of)
                .orElseGet(
                        () -> new Footprint(List.of(), List.of(), host.stream().toList(), List.of()));
    }
}
