package io.plumbline.sandbox.session;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.PolicyRefused;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.ControlGroups;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The policy that a session runs under, and how a signed revision takes its place: it is checked, every part says that it can take it
 * over, and only then does it come into force everywhere. What cannot hold is refused, and the policy before stays.
 */
final class PolicyInForce {
    /** The folders in memory whose size is the limit {@code disk}. */
    private static final String MEMORY_FOLDERS = "disk: size of /tmp, /var/tmp and /dev";

    /** Of a policy's fields those that a sandbox is made of, by what people call them: they stay as they are. */
    static final Map<String, String> AT_NEXT_START = Map.of(
            "workspace_mode", "workspace",
            "decoys", "decoys",
            "decoy_kinds", "decoys",
            "honeytoken_freeze", "honeytokens",
            "metadata_freeze", "metadata",
            "degraded", "runtime",
            "checkpoint_bytes", "evidence");

    /** Those that hold as soon as the revision does, with {@link SessionPart#prepare} where a part has to take them over. */
    static final Set<String> AT_ONCE = Set.of(
            "name",
            "revision",
            "files",
            "egress",
            "tools_ask",
            "tools_deny",
            "alert_at",
            "ask_at",
            "freeze_at",
            "kill_at",
            "unannounced",
            "wall_clock_seconds",
            "memory_bytes",
            "patience_seconds",
            "gate_deadline_ms",
            "approval_deadline_seconds",
            "egress_unknown",
            "egress_bytes",
            "ingress_bytes",
            "egress_rate_bytes",
            "ingress_rate_bytes",
            "upload_hold_bytes",
            "scopes",
            "may_widen",
            "not_scored",
            "gate",
            "four_eyes",
            "session_approval_seconds");

    /** Those that hold at once as far as the kernels of host and sandbox allow it, and wait with what they do not. */
    static final Set<String> BY_THE_KERNEL = Set.of("processes", "cpu_millis", "disk_bytes");

    private final String tenant;
    private final String session;
    private final TrustedKeys keys;
    private final PolicyLevels levels;
    private final TaskPolicy started;
    private final Function<TaskPolicy, ControlGroups.Limits> limits;
    private volatile TaskPolicy policy;

    /**
     * @param levels what stands above every revision
     * @param limits what the host's kernel is to hold the sandbox to under a policy
     */
    PolicyInForce(
            String tenant,
            String session,
            TrustedKeys keys,
            PolicyLevels levels,
            TaskPolicy policy,
            Function<TaskPolicy, ControlGroups.Limits> limits) {
        this.limits = limits;
        this.tenant = tenant;
        this.session = session;
        this.keys = keys;
        this.levels = levels;
        this.started = policy;
        this.policy = policy;
    }

    TaskPolicy policy() {
        return policy;
    }

    /** What the host answers to an ordered revision. */
    sealed interface Answer {
        record Confirmed(PolicyConfirmed confirmation) implements Answer {}

        record Refused(PolicyRefused refusal) implements Answer {}
    }

    /**
     * Takes a revision over, or says why not. Not for several threads at a time.
     *
     * @param group what the host's kernel holds the sandbox to; the last that can refuse
     */
    Answer revise(PolicyRevised order, List<? extends SessionPart> parts, ControlGroups.Group group) {
        String statementSha256 = PolicyStatements.sha256(order.getSigned());
        int revision = 0;
        try {
            PolicyStatement statement = keys.verify(order.getSigned());
            revision = statement.getRevision();
            TaskPolicy before = policy;
            check(statement, before);
            TaskPolicy written = levels.task(statement.getPolicyYaml()).toBuilder()
                    .setRevision(revision)
                    .build();
            List<String> atNextStart = new ArrayList<>();
            TaskPolicy revised = withFixedParts(written, before, group, atNextStart);
            List<Runnable> steps = new ArrayList<>();
            for (SessionPart part : parts) {
                steps.add(part.prepare(revised));
            }
            change(group, revised);
            // First: what a part does to keep to the revision is done under it.
            policy = revised;
            try {
                steps.forEach(Runnable::run);
            } catch (RuntimeException e) {
                policy = before;
                throw e;
            }
            return new Answer.Confirmed(PolicyConfirmed.newBuilder()
                    .setPolicy(revised.getName())
                    .setRevision(revision)
                    .setStatementSha256(statementSha256)
                    .setInForce(revised)
                    .addAllAtNextStart(atNextStart)
                    .build());
        } catch (PolicyException | SessionPart.CannotHoldException e) {
            return new Answer.Refused(PolicyRefused.newBuilder()
                    .setRevision(revision)
                    .setReason(String.valueOf(e.getMessage()))
                    .setStatementSha256(statementSha256)
                    .setOrder(order.getCause())
                    .build());
        }
    }

    private void change(ControlGroups.Group group, TaskPolicy revised) throws SessionPart.CannotHoldException {
        try {
            group.change(limits.apply(revised));
        } catch (IOException e) {
            throw new SessionPart.CannotHoldException("limits: " + e.getMessage());
        }
    }

    private void check(PolicyStatement statement, TaskPolicy before) throws SessionPart.CannotHoldException {
        if (!statement.getTenant().equals(tenant)) {
            throw new SessionPart.CannotHoldException("tenant: another one's (expected: " + tenant + ")");
        }
        if (!statement.getSession().equals(session)) {
            throw new SessionPart.CannotHoldException("session: another one's (expected: " + session + ")");
        }
        if (Integer.compareUnsigned(statement.getRevision(), before.getRevision()) <= 0) {
            throw new SessionPart.CannotHoldException("revision: " + statement.getRevision() + " (expected: above "
                    + before.getRevision() + ", which is in force)");
        }
    }

    /**
     * A sandbox's mounts, and what its own kernel allows, are made once; the rest of the revision holds at once. Of a disk
     * limit, what is added to workspace and home holds at once, and the size of folders in memory does not change.
     */
    private TaskPolicy withFixedParts(
            TaskPolicy written, TaskPolicy before, ControlGroups.Group group, List<String> atNextStart)
            throws SessionPart.CannotHoldException {
        TaskPolicy.Builder revised = written.toBuilder();
        Set<String> waiting = new LinkedHashSet<>();
        for (FieldDescriptor field : TaskPolicy.getDescriptor().getFields()) {
            if (same(field, written, before)) {
                continue;
            }
            String fixed = AT_NEXT_START.get(field.getName());
            if (fixed != null) {
                waiting.add(fixed);
                putBack(field, before, revised);
            } else if (!AT_ONCE.contains(field.getName()) && !BY_THE_KERNEL.contains(field.getName())) {
                throw new SessionPart.CannotHoldException("policy: " + field.getName()
                        + ": changed (expected: as it is; nobody has said whether it can change in a running session)");
            }
        }
        // The sandbox's kernel never allows more than at its start; less is held from outside.
        if (Bundle.processes(written) > Bundle.processes(started)
                || written.getProcesses() != before.getProcesses() && !group.limits(ControlGroups.Controller.PIDS)) {
            waiting.add("processes");
            revised.setProcesses(before.getProcesses());
        }
        if (written.getCpuMillis() != before.getCpuMillis() && !group.limits(ControlGroups.Controller.CPU)) {
            waiting.add("cpu");
            revised.setCpuMillis(before.getCpuMillis());
        }
        if (written.getDiskBytes() != started.getDiskBytes()) {
            waiting.add(MEMORY_FOLDERS);
        }
        atNextStart.addAll(waiting);
        return revised.build();
    }

    private static boolean same(FieldDescriptor field, TaskPolicy one, TaskPolicy other) {
        return one.getField(field).equals(other.getField(field))
                && (!field.hasPresence() || one.hasField(field) == other.hasField(field));
    }

    private static void putBack(FieldDescriptor field, TaskPolicy before, TaskPolicy.Builder revised) {
        if (field.hasPresence() && !before.hasField(field)) {
            revised.clearField(field);
        } else {
            revised.setField(field, before.getField(field));
        }
    }
}
