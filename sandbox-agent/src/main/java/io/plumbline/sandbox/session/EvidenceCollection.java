package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EvidenceCollected;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is kept of a session the moment it stands still, before anybody can kill it. Each kind is tried on its own: one that cannot be
 * had says so, since that is evidence too. A large one goes out in parts.
 */
final class EvidenceCollection {
    /** A part fits into an event whole, so that nothing of it is cut. */
    static final int PART_BYTES = 96 * 1024;

    /** Beyond this the rest is left out, and said to be. */
    static final int MAX_PARTS = 64;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Logger LOG = LoggerFactory.getLogger(EvidenceCollection.class);

    /** One kind of evidence. */
    interface Source {
        /** processes, workspace, egress, checkpoint. */
        String kind();

        /** Within a second or two; throws what keeps it from being had. */
        JsonNode take() throws Exception;
    }

    private final String session;
    private final SessionJournal journal;
    private final List<Source> sources;

    EvidenceCollection(String session, SessionJournal journal, List<Source> sources) {
        this.session = session;
        this.journal = journal;
        this.sources = List.copyOf(sources);
    }

    /** @param order id of the verdict that stopped the session; empty for the host's own decision */
    void collect(String order) {
        for (Source source : sources) {
            JsonNode taken;
            try {
                taken = source.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (Exception e) {
                // A kernel that was stopped by force cannot answer.
                LOG.warn("{} of session {}: {}", source.kind(), session, e.getMessage());
                taken = JSON.createObjectNode().put("unavailable", true).put("why", String.valueOf(e.getMessage()));
            }
            publish(source.kind(), taken, order);
        }
    }

    private void publish(String kind, JsonNode taken, String order) {
        List<String> parts = parts(taken);
        String whole = EventIds.sha256Hex(String.join("", parts));
        for (int i = 0; i < parts.size(); i++) {
            journal.publish(
                    Channel.EVIDENCE,
                    Clock.nowNanos(),
                    Event.newBuilder()
                            .setEvidenceCollected(EvidenceCollected.newBuilder()
                                    .setKind(kind)
                                    .setJson(parts.get(i))
                                    .setOrder(order)
                                    .setPart(i + 1)
                                    .setParts(parts.size())
                                    .setSha256(whole)));
        }
    }

    /** JSON documents of at most {@link #PART_BYTES} each: the whole, or its lists spread over several. */
    static List<String> parts(JsonNode taken) {
        String whole = taken.toString();
        if (bytes(whole) <= PART_BYTES) {
            return List.of(whole);
        }
        Parts parts = new Parts();
        if (taken instanceof ObjectNode object) {
            object.properties().forEach(entry -> parts.add(entry.getKey(), entry.getValue()));
        } else {
            parts.add("items", taken);
        }
        return parts.finished();
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static final class Parts {
        private final List<String> finished = new java.util.ArrayList<>();
        private ObjectNode current = JSON.createObjectNode();
        private int size;
        private int omitted;

        void add(String name, JsonNode value) {
            if (value instanceof ArrayNode list) {
                for (JsonNode item : list) {
                    room(item);
                    if (fits(item)) {
                        current.withArray("/" + name.replace("~", "~0").replace("/", "~1"))
                                .add(item);
                    }
                }
            } else {
                room(value);
                if (fits(value)) {
                    current.set(name, value);
                }
            }
        }

        private void room(JsonNode value) {
            int more = bytes(value.toString()) + 64;
            if (size + more > PART_BYTES && size > 0) {
                flush();
            }
            size += more;
        }

        private boolean fits(JsonNode value) {
            if (bytes(value.toString()) + 64 > PART_BYTES || finished.size() >= MAX_PARTS - 1) {
                omitted++;
                return false;
            }
            return true;
        }

        private void flush() {
            if (finished.size() < MAX_PARTS - 1) {
                finished.add(current.toString());
                current = JSON.createObjectNode();
                size = 0;
            }
        }

        List<String> finished() {
            if (omitted > 0) {
                current.put("omitted", omitted);
            }
            finished.add(current.toString());
            return List.copyOf(finished);
        }
    }
}
