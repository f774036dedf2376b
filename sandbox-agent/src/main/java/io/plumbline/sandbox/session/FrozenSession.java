package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.sandbox.runtime.Sandbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The kinds of evidence that a gVisor session leaves when it stands still. */
final class FrozenSession {
    /** Of one question to a kernel that stands still; a machine that is short of time may need some of it. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private static final ObjectMapper JSON = new ObjectMapper();

    private FrozenSession() {}

    /** @param checkpoint where the policy wants one; always last, since it takes longest */
    static List<EvidenceCollection.Source> of(
            Sandbox sandbox,
            SessionJournal journal,
            WorkspaceChanges.Place workspace,
            Optional<CheckpointSource> checkpoint) {
        List<EvidenceCollection.Source> sources =
                new ArrayList<>(List.of(processes(sandbox), egress(journal), new WorkspaceChanges(workspace)));
        checkpoint.ifPresent(sources::add);
        return sources;
    }

    /** Processes with arguments, descriptors, working directories and the names of their environment, as the sandbox's kernel has them. */
    private static EvidenceCollection.Source processes(Sandbox sandbox) {
        return new EvidenceCollection.Source() {
            @Override
            public String kind() {
                return "processes";
            }

            @Override
            public JsonNode take() throws Exception {
                return JSON.readTree(sandbox.processes(LIMIT));
            }
        };
    }

    static EvidenceCollection.Source egress(SessionJournal journal) {
        return new EvidenceCollection.Source() {
            @Override
            public String kind() {
                return "egress";
            }

            @Override
            public JsonNode take() {
                ObjectNode found = JSON.createObjectNode();
                ArrayNode decisions = found.putArray("decisions");
                for (EgressDecided decided : journal.lastEgress()) {
                    decisions
                            .addObject()
                            .put("connection", decided.getConnection())
                            .put("host", decided.getHost())
                            .put("port", decided.getPort())
                            .put("method", decided.getMethod())
                            .put("address", decided.getResolvedAddress())
                            .put("allowed", decided.getAllowed())
                            .put("reason", decided.getReason())
                            .put("bytes_out", decided.getBytesOut())
                            .put("bytes_in", decided.getBytesIn())
                            .put("closed", decided.getClosed());
                }
                return found;
            }
        };
    }
}
