package io.plumbline.sandbox.session;

import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.sandbox.link.HostLink;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import java.nio.file.Path;

/**
 * What all sessions of a host share.
 *
 * @param sessions directory with one directory per live session; short, since sockets lie in it
 * @param agents directory with one folder per agent
 * @param guest the guest program
 * @param policyKeys whose signatures revise a policy
 * @param groups control groups for the sandboxes; without controllers where the host has none to give
 * @param pool where sandboxes come from
 */
record HostServices(
        String tenant,
        HostLink link,
        SandboxRuntime runtime,
        SessionPart.Opener parts,
        Path sessions,
        Path agents,
        Path guest,
        TrustedKeys policyKeys,
        ControlGroups groups,
        WarmPool pool) {
    /** @param warm sandboxes to keep waiting, where the runtime has something to boot before it knows for whom */
    static HostServices of(
            String tenant,
            HostLink link,
            SandboxRuntime runtime,
            SessionPart.Opener parts,
            Path sessions,
            Path agents,
            Path guest,
            TrustedKeys policyKeys,
            ControlGroups groups,
            int warm) {
        return new HostServices(
                tenant,
                link,
                runtime,
                parts,
                sessions,
                agents,
                guest,
                policyKeys,
                groups,
                new WarmPool(
                        new PreparedSandbox.Site(runtime, groups, sessions, guest), runtime.degraded() ? 0 : warm));
    }

    /** What every state of a session says of the runtime. */
    RuntimeState runtimeState() {
        return RuntimeState.newBuilder()
                .setRuntime(runtime.description())
                .setDegraded(runtime.degraded())
                .build();
    }

    /**
     * The same host for sandboxes of its own, which report elsewhere and lie in a folder of their own; each has gone through what
     * those that wait go through.
     */
    HostServices apart(HostLink otherLink, Path folder) {
        return new HostServices(
                tenant,
                otherLink,
                runtime,
                parts,
                folder,
                agents,
                guest,
                policyKeys,
                groups,
                WarmPool.ofWoken(new PreparedSandbox.Site(runtime, groups, folder, guest)));
    }
}
