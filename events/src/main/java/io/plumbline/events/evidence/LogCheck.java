package io.plumbline.events.evidence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.EventIds;
import io.plumbline.events.Topics;
import io.plumbline.events.evidence.Verification.Sentences;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.PolicyStatement;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Checks one log of a bundle, line by line. The first break of the chain is told; what follows is checked against what stands there. */
final class LogCheck {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Ids have 32 characters; longer ones are not kept. */
    private static final int MAX_ID = 64;

    private final String topic;
    private final BundleVerifier.Named named;
    private final TrustedKeys keys;
    private final Sentences findings;
    private final SequenceGaps gaps;
    private final Set<String> ids;
    private final Map<Integer, Long> offsets = new HashMap<>();
    private byte[] chain;
    private long records;
    private long unsignedPolicies;

    LogCheck(
            String topic,
            BundleVerifier.Named named,
            TrustedKeys keys,
            Sentences findings,
            SequenceGaps gaps,
            Set<String> ids) {
        this.topic = topic;
        this.named = named;
        this.keys = keys;
        this.findings = findings;
        this.gaps = gaps;
        this.ids = ids;
        this.chain = BundleFormat.chainStart(named.tenant(), named.session(), topic);
    }

    long records() {
        return records;
    }

    String chain() {
        return BundleFormat.hex(chain);
    }

    /** Signatures of policies that were not checked, for want of a key. */
    long unsignedPolicies() {
        return unsignedPolicies;
    }

    void line(byte[] line) {
        records++;
        JsonNode record;
        byte[] stored;
        try {
            record = JSON.readTree(line);
            stored = Base64.getDecoder().decode(record.path("event").asText());
        } catch (JsonProcessingException | IllegalArgumentException e) {
            wrong("is no record");
            return;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        if (record.path("n").asLong() != records) {
            wrong("is numbered " + record.path("n").asLong() + " (expected: " + records
                    + "): a record before it is missing, or they were reordered");
        }
        byte[] sha256 = BundleFormat.sha256().digest(stored);
        if (!BundleFormat.hex(sha256).equals(record.path("sha256").asText())) {
            wrong("the stored bytes are not those of their SHA-256");
        }
        byte[] next = BundleFormat.chained(chain, sha256);
        if (!BundleFormat.hex(next).equals(record.path("chain").asText())) {
            wrong("the chain breaks here");
        }
        chain = next;
        Long before = offsets.put(
                record.path("partition").asInt(), record.path("offset").asLong());
        if (before != null && before >= record.path("offset").asLong()) {
            wrong("its offset " + record.path("offset").asLong() + " is not above that of the record before, "
                    + before);
        }
        event(stored);
    }

    private void event(byte[] stored) {
        Event event;
        try {
            event = Event.parseFrom(stored);
        } catch (InvalidProtocolBufferException e) {
            wrong("the stored bytes are no event");
            return;
        }
        if (!event.getTenant().equals(named.tenant()) || !event.getSession().equals(named.session())) {
            wrong("it is of another tenant or session");
        }
        // Ids of verdicts are made from what caused them.
        if (!topic.equals(Topics.VERDICTS) && !EventIds.idOf(event).equals(event.getId())) {
            wrong("its id is not the hash of its content");
        }
        if (event.getId().length() <= MAX_ID) {
            ids.add(event.getId());
        }
        if (topic.equals(Topics.TELEMETRY)) {
            gaps.add(event);
        }
        if (event.hasPolicyRevised()) {
            policy(event);
        }
    }

    private void policy(Event event) {
        if (keys.keys().isEmpty()) {
            unsignedPolicies++;
            return;
        }
        try {
            PolicyStatement statement = keys.verify(event.getPolicyRevised().getSigned());
            if (!statement.getTenant().equals(named.tenant())
                    || !statement.getSession().equals(named.session())) {
                wrong("the signed policy is of another tenant or session");
            }
        } catch (PolicyException e) {
            wrong(String.valueOf(e.getMessage()));
        }
    }

    private void wrong(String sentence) {
        findings.add(BundleFormat.log(topic) + " record " + records + ": " + sentence);
    }
}
