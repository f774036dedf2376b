package io.plumbline.events.evidence;

import io.plumbline.events.Topics;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an evidence bundle is made of: a zip with these entries and no others.
 *
 * <ul>
 *   <li>{@code log/TOPIC.jsonl}: one object a line for each record of the session in the order of the log: {@code n} from 1, {@code
 *       partition}, {@code offset}, {@code event} (base64 of the stored bytes), {@code sha256} of these, {@code chain};
 *   <li>{@code alerts.jsonl}, {@code decisions.jsonl}, {@code policies.jsonl}: what people read first, made from the records;
 *   <li>{@code manifest.json}: size and SHA-256 of each of them, the end of each chain, and the gaps that were known;
 *   <li>{@code manifest.sig}: Ed25519 over the manifest's bytes; absent when the console has no key;
 *   <li>{@code README.txt}.
 * </ul>
 *
 * The chain of a log starts with the SHA-256 of {@code plumbline evidence chain v1}, a zero byte and {@code tenant/session/topic};
 * each next value is the SHA-256 of the value before and the record's SHA-256, 32 bytes each.
 */
final class BundleFormat {
    static final String FORMAT = "plumbline evidence v1";
    static final String SIGNATURE_CONTEXT = "plumbline evidence manifest v1";
    static final String MANIFEST = "manifest.json";
    static final String SIGNATURE = "manifest.sig";
    static final String README = "README.txt";
    static final String ALERTS = "alerts.jsonl";
    static final String DECISIONS = "decisions.jsonl";
    static final String POLICIES = "policies.jsonl";

    static final List<String> TOPICS = List.of(Topics.TELEMETRY, Topics.CONTROL, Topics.VERDICTS);
    static final List<String> DERIVED = List.of(ALERTS, DECISIONS, POLICIES);

    /** Those that the manifest lists. */
    static final Set<String> PARTS = Stream.of(
                    TOPICS.stream().map(BundleFormat::log), DERIVED.stream(), Stream.of(README))
            .flatMap(names -> names)
            .collect(Collectors.toUnmodifiableSet());

    /** Stored bytes of one topic; in the bundle they take a third more, so that all of it stays below {@link #MAX_TOTAL_BYTES}. */
    static final long MAX_LOG_BYTES = 128L << 20;

    static final int MAX_RECORDS = 500_000;

    /** A record of Kafka's default size in base64, and what stands beside it. */
    static final int MAX_LINE_BYTES = 2 << 20;

    static final int MAX_DERIVED_BYTES = 32 << 20;
    static final int MAX_MANIFEST_BYTES = 1 << 20;
    static final long MAX_TOTAL_BYTES = 1L << 30;

    private BundleFormat() {}

    static String log(String topic) {
        return "log/" + topic + ".jsonl";
    }

    static byte[] chainStart(String tenant, String session, String topic) {
        return sha256().digest(("plumbline evidence chain v1\0" + tenant + "/" + session + "/" + topic)
                .getBytes(StandardCharsets.UTF_8));
    }

    static byte[] chained(byte[] before, byte[] recordSha256) {
        MessageDigest digest = sha256();
        digest.update(before);
        return digest.digest(recordSha256);
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
