package io.plumbline.sandbox.session;

import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.posix.OpenDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a session is to be.
 *
 * @param task what the agent is asked to do, in the words of whoever asks
 * @param workspace absolute path of a directory of the host
 * @param command program and arguments, at least one word
 * @param assignedBy who asked
 * @param stdio where its input comes from and its output goes to
 * @param image directory of the host with the root file system to use; empty: a selection of the host's own system
 * @param pinned the workspace itself, when who asked could put another directory in its place; the session closes it
 * @param agentName what who asked calls an agent that nobody knows and that runs as {@link Agent#NONE}; else empty
 * @param levels what stands above the policy, and above its revisions
 * @param policyKey name of the key that signed the policy; empty: nobody did
 */
public record SessionRequest(
        TaskPolicy policy,
        String task,
        Agent agent,
        Path workspace,
        List<String> command,
        String assignedBy,
        Stdio stdio,
        Optional<Path> image,
        Optional<OpenDirectory> pinned,
        String agentName,
        PolicyLevels levels,
        String policyKey) {
    public SessionRequest {
        command = List.copyOf(command);
        if (command.isEmpty()) {
            throw new IllegalArgumentException("command: empty (expected: a program and its arguments)");
        }
        if (!workspace.isAbsolute()) {
            throw new IllegalArgumentException("workspace: " + workspace + " (expected: an absolute path)");
        }
        if (image.isPresent() && !image.get().isAbsolute()) {
            throw new IllegalArgumentException("image: " + image.get() + " (expected: an absolute path)");
        }
    }

    SessionRequest with(Optional<OpenDirectory> workspaceItself) {
        return new SessionRequest(
                policy,
                task,
                agent,
                workspace,
                command,
                assignedBy,
                stdio,
                image,
                workspaceItself,
                agentName,
                levels,
                policyKey);
    }

    /** Of a known agent, with a policy that nobody signed. */
    public SessionRequest(
            TaskPolicy policy,
            String task,
            Agent agent,
            Path workspace,
            List<String> command,
            String assignedBy,
            Stdio stdio,
            Optional<Path> image,
            Optional<OpenDirectory> pinned) {
        this(policy, task, agent, workspace, command, assignedBy, stdio, image, pinned, "", PolicyLevels.NONE, "");
    }

    /** Without input, on the host's own system. */
    public SessionRequest(
            TaskPolicy policy, String task, Agent agent, Path workspace, List<String> command, String assignedBy) {
        this(
                policy,
                task,
                agent,
                workspace,
                command,
                assignedBy,
                new Stdio.OutputOnly(),
                Optional.empty(),
                Optional.empty());
    }
}
