package io.plumbline.watcher.attribution;

import io.plumbline.watcher.state.v1.Role;

/**
 * Who acted.
 *
 * @param process key of the process in the table; empty for claims
 * @param role what the process is in this session
 * @param call the announced call that explains it; empty when none does
 * @param description for people, for example {@code cat (35)}
 */
public record Attribution(String process, Role role, String call, String description) {
    private static final Attribution NONE = new Attribution("", Role.UNDECIDED, "", "");

    /** Nobody: the event is not an act of a process. */
    public static Attribution none() {
        return NONE;
    }

    /** True when a call, a person's command, the agent's profile or the host explains the act. */
    public boolean explained() {
        return role != Role.UNANNOUNCED && role != Role.UNDECIDED;
    }
}
