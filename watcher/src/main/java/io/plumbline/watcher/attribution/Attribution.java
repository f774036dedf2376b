package io.plumbline.watcher.attribution;

import io.plumbline.watcher.state.v1.Role;

/**
 * Who acted.
 *
 * @param process key of the process in the table; empty for claims
 * @param role what the process is in this session
 * @param call the announced call that explains it; empty when none does, or one of several of an MCP server
 * @param description for people, for example {@code cat (35)}
 * @param execution id of the event that told of the process's last execution; may be empty
 * @param expired true when the call has ended and its process goes on
 * @param refused of an MCP server's process for which no call was under way: the server's last call, where it was refused; else empty
 */
public record Attribution(
        String process, Role role, String call, String description, String execution, boolean expired, String refused) {
    private static final Attribution NONE = new Attribution("", Role.UNDECIDED, "", "", "", false, "");

    /** Nobody: the event is not an act of a process. */
    public static Attribution none() {
        return NONE;
    }

    /** True when a call, a person's command, the agent's profile or the host explains the act. */
    public boolean explained() {
        return role != Role.UNANNOUNCED && role != Role.UNDECIDED && role != Role.PENDING;
    }
}
