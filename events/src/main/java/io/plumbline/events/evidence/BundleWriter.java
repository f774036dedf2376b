package io.plumbline.events.evidence;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.Topics;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.policy.PolicyDocument;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.SignedPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes an evidence bundle in one pass. The records of each topic are handed over in the order of the log, topic by topic; what people
 * read first is collected meanwhile and bounded.
 */
public final class BundleWriter {
    private final ZipOutputStream zip;
    private final Context context;
    private final ObjectNode manifest = JsonNodeFactory.instance.objectNode();
    private final ArrayNode parts = manifest.arrayNode();
    private final ArrayNode logs = manifest.arrayNode();
    private final ArrayNode cut = manifest.arrayNode();
    private final SequenceGaps gaps = new SequenceGaps();
    private final Set<String> cutShort = new HashSet<>();
    private final Map<String, ByteArrayOutputStream> derived = new LinkedHashMap<>();

    /**
     * Whose evidence, and who took it out.
     *
     * @param by name of the person
     */
    public record Context(String tenant, String session, String by, Instant at) {}

    /** Takes the records of one topic. */
    public interface Sink {
        /**
         * @param stored the record's value, byte by byte
         * @return whether more is taken
         */
        boolean add(int partition, long offset, byte[] stored) throws IOException;
    }

    /** Hands over the records of one topic until the sink takes no more. */
    public interface Source {
        void read(String topic, Sink sink) throws IOException;
    }

    private BundleWriter(OutputStream out, Context context) {
        this.zip = new ZipOutputStream(out);
        this.context = context;
        BundleFormat.DERIVED.forEach(name -> derived.put(name, new ByteArrayOutputStream()));
    }

    /**
     * @param source asked for {@code telemetry}, {@code control} and {@code verdicts}, in this order
     * @param key signs the manifest; without one the bundle says nothing about who wrote it
     * @param out is left open
     */
    public static void write(Context context, Source source, Optional<SigningKey> key, OutputStream out)
            throws IOException {
        BundleWriter writer = new BundleWriter(out, context);
        for (String topic : BundleFormat.TOPICS) {
            writer.log(topic, source);
        }
        for (String name : BundleFormat.DERIVED) {
            writer.part(name, writer.collected(name).toByteArray());
        }
        writer.part(BundleFormat.README, Readme.of(context, key.isPresent()).getBytes(StandardCharsets.UTF_8));
        writer.finish(key);
    }

    private void log(String topic, Source source) throws IOException {
        Part part = new Part(BundleFormat.log(topic));
        LogLines lines = new LogLines(topic, part);
        source.read(topic, lines);
        part.close();
        logs.addObject().put("topic", topic).put("records", lines.records).put("chain", BundleFormat.hex(lines.chain));
        if (lines.full) {
            cut.add(topic + " after " + lines.records + " records: more than a bundle holds");
        }
    }

    private final class LogLines implements Sink {
        private final String topic;
        private final Part part;
        private byte[] chain;
        private long records;
        private long bytes;
        private boolean full;

        LogLines(String topic, Part part) {
            this.topic = topic;
            this.part = part;
            this.chain = BundleFormat.chainStart(context.tenant(), context.session(), topic);
        }

        @Override
        public boolean add(int partition, long offset, byte[] stored) throws IOException {
            bytes += stored.length;
            if (full || bytes > BundleFormat.MAX_LOG_BYTES || records == BundleFormat.MAX_RECORDS) {
                full = true;
                return false;
            }
            records++;
            byte[] sha256 = BundleFormat.sha256().digest(stored);
            chain = BundleFormat.chained(chain, sha256);
            part.line(JsonNodeFactory.instance
                    .objectNode()
                    .put("n", records)
                    .put("partition", partition)
                    .put("offset", offset)
                    .put("sha256", BundleFormat.hex(sha256))
                    .put("chain", BundleFormat.hex(chain))
                    .put("event", Base64.getEncoder().encodeToString(stored)));
            collect(topic, stored);
            return true;
        }
    }

    private void collect(String topic, byte[] stored) throws IOException {
        Event event;
        try {
            event = Event.parseFrom(stored);
        } catch (InvalidProtocolBufferException e) {
            // The record stays in the bundle as it is; who checks it is told.
            return;
        }
        if (topic.equals(Topics.TELEMETRY)) {
            gaps.add(event);
        }
        switch (event.getPayloadCase()) {
            case ALERT_RAISED -> derive(BundleFormat.ALERTS, EcsDocument.render(event));
            case APPROVAL_REQUESTED,
                    APPROVAL_DECIDED,
                    APPROVAL_SETTLED,
                    FREEZE_ORDERED,
                    THAW_ORDERED,
                    KILL_ORDERED,
                    TRIAGE_NOTED,
                    REVIEW_DECIDED,
                    UNMASKING_RECORDED,
                    EXPORT_RECORDED,
                    RUNTIME_STATE -> derive(BundleFormat.DECISIONS, EcsDocument.render(event));
            case TASK_ASSIGNED ->
                derive(
                        BundleFormat.POLICIES,
                        EcsDocument.render(event)
                                .put(
                                        "policy_yaml",
                                        PolicyDocument.yaml(
                                                event.getTaskAssigned().getPolicy())));
            case POLICY_REVISED ->
                derive(
                        BundleFormat.POLICIES,
                        EcsDocument.render(event)
                                .put(
                                        "policy_yaml",
                                        text(event.getPolicyRevised().getSigned())));
            case POLICY_CONFIRMED, POLICY_REFUSED -> derive(BundleFormat.POLICIES, EcsDocument.render(event));
            default -> {
                // In its log only.
            }
        }
    }

    private static String text(SignedPolicy signed) {
        try {
            return PolicyStatement.parseFrom(signed.getStatement()).getPolicyYaml();
        } catch (InvalidProtocolBufferException e) {
            return "";
        }
    }

    private void derive(String name, ObjectNode document) throws IOException {
        byte[] line = (document + "\n").getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream lines = collected(name);
        if (lines.size() + line.length <= BundleFormat.MAX_DERIVED_BYTES) {
            lines.write(line);
        } else if (cutShort.add(name)) {
            cut.add(name + " holds the first only; all of them are in the logs");
        }
    }

    private ByteArrayOutputStream collected(String name) {
        return derived.getOrDefault(name, new ByteArrayOutputStream());
    }

    private void part(String name, byte[] bytes) throws IOException {
        Part part = new Part(name);
        part.write(bytes);
        part.close();
    }

    private void finish(Optional<SigningKey> key) throws IOException {
        manifest.put("format", BundleFormat.FORMAT)
                .put("tenant", context.tenant())
                .put("session", context.session())
                .put("created", context.at().toString())
                .put("created_by", context.by());
        manifest.set("parts", parts);
        manifest.set("logs", logs);
        ArrayNode missing = manifest.putArray("gaps");
        gaps.told().forEach(missing::add);
        manifest.set("cut", cut);
        byte[] bytes = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest);
        entry(BundleFormat.MANIFEST, bytes);
        if (key.isPresent()) {
            entry(BundleFormat.SIGNATURE, signature(bytes, key.get()));
        }
        zip.finish();
    }

    private static byte[] signature(byte[] manifest, SigningKey key) throws IOException {
        try {
            byte[] signature = key.signature(BundleFormat.SIGNATURE_CONTEXT, manifest);
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("key", PolicyStatements.name(key.published()))
                    .put("signature", Base64.getEncoder().encodeToString(signature))
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
        } catch (PolicyException e) {
            throw new IOException("the evidence could not be signed", e);
        }
    }

    private void entry(String name, byte[] bytes) throws IOException {
        zip.putNextEntry(entry(name));
        zip.write(bytes);
        zip.closeEntry();
    }

    private ZipEntry entry(String name) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTime(context.at().toEpochMilli());
        return entry;
    }

    /** An entry that is counted and hashed while it is written. */
    private final class Part {
        private final String name;
        private final MessageDigest digest = BundleFormat.sha256();
        private long bytes;

        Part(String name) throws IOException {
            this.name = name;
            zip.putNextEntry(entry(name));
        }

        void line(ObjectNode object) throws IOException {
            write((object + "\n").getBytes(StandardCharsets.UTF_8));
        }

        void write(byte[] piece) throws IOException {
            digest.update(piece);
            bytes += piece.length;
            zip.write(piece);
        }

        void close() throws IOException {
            zip.closeEntry();
            parts.addObject().put("name", name).put("bytes", bytes).put("sha256", BundleFormat.hex(digest.digest()));
        }
    }

    /** What lies in the bundle for the person who opens it. */
    private static final class Readme {
        static String of(Context context, boolean signed) {
            List<String> lines = new ArrayList<>(
                    List.of(
                            "Evidence of one session, as the log had it.",
                            "",
                            "tenant   " + context.tenant(),
                            "session  " + context.session(),
                            "taken    " + context.at() + " by " + context.by(),
                            "",
                            "log/telemetry.jsonl   what the agent said and what was seen",
                            "log/control.jsonl     orders of people",
                            "log/verdicts.jsonl    what the watcher decided",
                            "alerts.jsonl, decisions.jsonl, policies.jsonl   made from the logs, to be read first",
                            "manifest.json         size and SHA-256 of each part, end of each chain, known gaps",
                            "",
                            "To check all of it:   plumbline evidence verify FILE --key PUBLIC-KEY.pem",
                            "",
                            "By hand: the SHA-256 of each part is in the manifest. In a log, base64-decode \"event\": its SHA-256 is",
                            "\"sha256\". chain(0) = SHA-256(\"plumbline evidence chain v1\", 0x00, \"TENANT/SESSION/TOPIC\");",
                            "chain(n) = SHA-256(chain(n-1), sha256(n)), 32 bytes each; the last one is in the manifest.",
                            signed
                                    ? "manifest.sig is Ed25519 over \"plumbline evidence manifest v1\", 0x00 and the bytes of manifest.json."
                                    : "The manifest is not signed: whoever changes the bundle can also change the digests.",
                            "",
                            "The chain binds the records of this bundle to each other from the moment it was written. It does not prove",
                            "that the log had not been changed before. Secrets were redacted on the host before they reached the log.",
                            "Every text in here that an agent wrote is its own word: open it as text, in nothing that executes it."));
            return String.join("\n", lines) + "\n";
        }
    }
}
