package io.plumbline.sandbox.session;

import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.container.ContainerControl;
import io.plumbline.sandbox.container.ContainerException;
import io.plumbline.sandbox.container.ContainerdContainer;
import io.plumbline.sandbox.container.DockerContainer;
import io.plumbline.sandbox.container.RuncContainer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A container to be watched that somebody else started.
 *
 * @param task what the agent in it is asked to do, in the words of whoever asks
 * @param assignedBy who asked
 * @param agentName what who asked calls an agent that nobody knows and that runs as {@link Agent#NONE}; else empty
 * @param levels what stands above the policy, and above its revisions
 * @param policyKey name of the key that signed the policy; empty: nobody did
 */
public record AttachRequest(
        TaskPolicy policy,
        String task,
        Agent agent,
        Target target,
        String assignedBy,
        String agentName,
        PolicyLevels levels,
        String policyKey) {

    /** Which container, and by which runtime it is stopped. */
    public sealed interface Target {
        /** The runtime's name for it. */
        String container();

        /** @param socket of the engine */
        record Docker(String container, Path socket) implements Target {}

        /**
         * @param socket of containerd
         * @param namespace containerd's; Kubernetes' is {@code k8s.io}
         */
        record Containerd(String container, Path socket, String namespace) implements Target {}

        /** @param root where runc keeps its state; empty: its default */
        record Runc(String container, Optional<Path> root) implements Target {}

        /** @throws ContainerException when the runtime does not answer */
        default ContainerControl open() throws ContainerException {
            return switch (this) {
                case Docker docker -> DockerContainer.of(docker.socket(), docker.container());
                case Containerd containerd ->
                    ContainerdContainer.of(
                            Path.of("ctr"), containerd.socket(), containerd.namespace(), containerd.container());
                case Runc runc -> RuncContainer.of(Path.of("runc"), runc.root(), runc.container());
            };
        }

        /**
         * @param freezer docker, containerd, runc
         * @param socket empty: the runtime's usual one; for runc its state directory
         * @param namespace for containerd; empty: default
         * @throws IllegalArgumentException for another freezer
         */
        static Target of(String freezer, String container, String socket, String namespace) {
            String id = ContainerControl.checkedId(container);
            return switch (freezer) {
                case "docker" -> new Docker(id, socket.isEmpty() ? DockerContainer.DEFAULT_SOCKET : Path.of(socket));
                case "containerd" ->
                    new Containerd(
                            id,
                            socket.isEmpty() ? ContainerdContainer.DEFAULT_SOCKET : Path.of(socket),
                            namespace.isEmpty() ? "default" : namespace);
                case "runc" -> new Runc(id, socket.isEmpty() ? Optional.empty() : Optional.of(Path.of(socket)));
                default ->
                    throw new IllegalArgumentException(
                            "freezer: '" + freezer + "' (expected: docker, containerd or runc)");
            };
        }
    }
}
