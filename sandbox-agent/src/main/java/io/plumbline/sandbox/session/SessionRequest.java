package io.plumbline.sandbox.session;

import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import java.nio.file.Path;
import java.util.List;

/**
 * What a session is to be.
 *
 * @param task what the agent is asked to do, in the words of whoever asks
 * @param workspace absolute path of a directory of the host
 * @param command program and arguments, at least one word
 * @param assignedBy who asked
 * @param stdio where its input comes from and its output goes to
 */
public record SessionRequest(
        TaskPolicy policy,
        String task,
        Agent agent,
        Path workspace,
        List<String> command,
        String assignedBy,
        Stdio stdio) {
    public SessionRequest {
        command = List.copyOf(command);
        if (command.isEmpty()) {
            throw new IllegalArgumentException("command: empty (expected: a program and its arguments)");
        }
        if (!workspace.isAbsolute()) {
            throw new IllegalArgumentException("workspace: " + workspace + " (expected: an absolute path)");
        }
    }

    /** Without input. */
    public SessionRequest(
            TaskPolicy policy, String task, Agent agent, Path workspace, List<String> command, String assignedBy) {
        this(policy, task, agent, workspace, command, assignedBy, new Stdio.OutputOnly());
    }
}
