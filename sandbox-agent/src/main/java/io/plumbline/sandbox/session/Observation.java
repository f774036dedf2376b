package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.plumbline.events.policy.FileRules;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EventCount;
import io.plumbline.events.v1.EvidenceCollected;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.posix.BoundFolders;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.trace.BinaryHashes;
import io.plumbline.sandbox.trace.HostBinaryHashes;
import io.plumbline.sandbox.trace.PolicyTripwire;
import io.plumbline.sandbox.trace.TraceListener;
import io.plumbline.sandbox.trace.Tripwire;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What a session's policy asks of its observation: the tripwires of the host, the digests of what runs and of what edits leave, and the
 * folders of calls.
 *
 * @param outbox for the session's parts: the destinations that they ask for are looked at before they are published
 */
record Observation(
        Tripwire tripwire, HostBinaryHashes hashes, EditedFiles edits, AnnouncedFolders folders, SessionOutbox outbox) {
    private static final Set<String> METADATA_HOSTS = Set.of(
            "169.254.169.254",
            "metadata.google.internal",
            "metadata",
            "instance-data",
            "instance-data.ec2.internal",
            "fd00:ec2::254",
            "[fd00:ec2::254]");

    /**
     * @param started the policy that the sandbox is made of
     * @param inForce the policy by now: what a revision changes holds for the tripwires too
     */
    static Observation of(
            TaskPolicy started, Supplier<TaskPolicy> inForce, PolicyTripwire.Brake brake, SessionOutbox journal) {
        boolean metadata = started.getMetadataFreeze().equals("local");
        Set<String> decoys = started.getHoneytokenFreeze().equals("local")
                ? started.getDecoysList().stream()
                        .map(decoy -> FileRules.absolute(decoy, Agent.HOME, Bundle.WORKSPACE))
                        .collect(Collectors.toSet())
                : Set.of();
        BooleanSupplier hiding = () -> Scope.NAMESPACES.answer(inForce.get()).compareTo(Scope.Answer.ASK) >= 0;
        Tripwire tripwire =
                decoys.isEmpty() && !metadata ? Tripwire.NONE : new PolicyTripwire(decoys, hiding, metadata, brake);
        EditedFiles edits = new EditedFiles(journal);
        AnnouncedFolders folders = new AnnouncedFolders(edits);
        return new Observation(
                tripwire,
                new HostBinaryHashes((binary, answer) -> publish(journal, binary, answer)),
                edits,
                folders,
                metadata ? watched(folders, brake) : folders);
    }

    /** What of the host the sandbox sees. */
    void mounted(BoundFolders folders) {
        hashes.mounted(folders);
        edits.mounted(folders);
        this.folders.mounted(folders);
    }

    /** The workload has ended: what is still to be told about files is told when this returns. */
    void end(Duration limit) throws InterruptedException {
        long begin = System.nanoTime();
        edits.finish(limit);
        hashes.end(limit.minusNanos(System.nanoTime() - begin));
    }

    private static SessionOutbox watched(SessionOutbox journal, PolicyTripwire.Brake brake) {
        return (channel, time, payload) -> {
            if (!payload.hasEgressRequested()
                    || !isMetadata(payload.getEgressRequested().getHost())) {
                return journal.publish(channel, time, payload);
            }
            Tripwire.Hit hit = brake.freeze(
                    "tripwire metadata: " + payload.getEgressRequested().getHost());
            Event event = journal.publish(channel, time, payload);
            hit.published(event);
            return event;
        };
    }

    private static boolean isMetadata(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return METADATA_HOSTS.contains(name.endsWith(".") ? name.substring(0, name.length() - 1) : name);
    }

    private static void publish(SessionOutbox journal, String binary, BinaryHashes.Digest answer) {
        var json = JsonNodeFactory.instance.objectNode().put("path", binary);
        switch (answer) {
            case BinaryHashes.Digest.Known known -> json.put("sha256", known.sha256());
            case BinaryHashes.Digest.Missing missing -> json.put("unhashed", missing.reason());
        }
        try {
            journal.publish(
                    Channel.EVIDENCE,
                    Clock.nowNanos(),
                    Event.newBuilder()
                            .setEvidenceCollected(EvidenceCollected.newBuilder()
                                    .setKind("binary-sha256")
                                    .setJson(json.toString())));
        } catch (SpoolException e) {
            // The journal has frozen the session.
        }
    }

    /**
     * Holds what was read against what was said to be sent.
     *
     * @param traceEnded both channels ended, and everything of them is published
     * @param answered the runtime told how many messages it had dropped when the workload had ended
     * @param killed by order: the kernel has no last word then, and was asked for drops at most a second before
     */
    static SessionReconciled reconcile(
            TraceListener.Counts counts,
            boolean traceEnded,
            boolean answered,
            boolean killed,
            Map<String, Long> events) {
        String reason = "";
        if (counts.droppedByRuntime() + counts.listenerLost() > 0) {
            reason = counts.droppedByRuntime() + " messages dropped by the runtime, " + counts.listenerLost()
                    + " lost by the host";
        } else if (counts.undecodable() + counts.linesUndecodable() > 0) {
            reason = counts.undecodable() + " messages and " + counts.linesUndecodable() + " lines could not be read";
        } else if (!killed && (!traceEnded || !counts.ended())) {
            reason = "the trace did not end with the session";
        } else if (counts.lines() == 0) {
            // Its kernel always says how it was started.
            reason = "the log of the sandbox's kernel was never written";
        } else if (!killed && !answered) {
            reason = "the runtime did not tell how much it had dropped";
        }
        SessionReconciled.Builder reconciled = SessionReconciled.newBuilder()
                .setProcessesStarted(counts.processesStarted())
                .setProcessesExited(counts.processesExited())
                .setMessages(counts.messages())
                .setDroppedByRuntime(counts.droppedByRuntime())
                .setListenerLost(counts.listenerLost())
                .setUndecodable(counts.undecodable())
                .setLines(counts.lines())
                .setLinesUndecodable(counts.linesUndecodable())
                .setComplete(reason.isEmpty())
                .setReason(reason);
        events.forEach((payload, count) ->
                reconciled.addEvents(EventCount.newBuilder().setPayload(payload).setCount(count)));
        return reconciled.build();
    }
}
