package io.plumbline.ingest;

import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.TaskPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Configuration of ingest. Each component is one property; see {@link #from}.
 *
 * @param address {@code ingest.address}: address to listen on, default 127.0.0.1
 * @param port {@code ingest.port}: TCP port for hosts, OpenTelemetry, hooks, health and metrics; 0 takes a free one; default 4318
 * @param tlsCertificate {@code ingest.tls-certificate}: PEM file with the certificate chain; empty: plain text
 * @param tlsKey {@code ingest.tls-key}: PEM file with the private key
 * @param instance {@code ingest.instance}: name of this instance; its verdict offsets are kept under it; default ingest
 * @param kafka {@code kafka.bootstrap}: brokers, host:port, comma separated; required
 * @param tokens {@code tokens.file}: the file of {@link Tokens}; required
 * @param dataDirectory {@code data.directory}: holds {@code redaction.key}, made at the first start; required
 * @param bodyBytes {@code limits.body-bytes}: largest HTTP body after decompression, default 4 MiB
 * @param streams {@code limits.streams}: host links at once, default 1000
 * @param batchEvents {@code limits.batch-events}: events in one batch of a host, default 4096
 * @param pendingVerdicts {@code limits.pending-verdicts}: verdicts kept for one host that does not take them, default 10000
 * @param pendingVerdictAge {@code limits.pending-verdict-seconds}: age at which they are given up, default 3600
 * @param heldCalls {@code limits.held-calls}: hooks of direct agents that wait for an answer at once, default 1000
 * @param tail {@code ingest.tail-records}: newest records of a partition that are read at the start to know what is written
 *     already, and which questions about direct agents are open; default 20000
 * @param gateDeadline {@code gate.deadline-ms}: for direct agents, default 2000
 * @param approvalDeadline {@code gate.approval-deadline-seconds}: for direct agents, default 300
 * @param silence {@code silence.seconds}: for how long nothing comes of a session of a sandbox's host before that is told, default 30, at
 *     least 5, longer than a policy's default patience, after which a host that is cut off has stopped its sessions
 * @param directPolicy {@code direct.policy-file}: the policy of direct agents' sessions, which has to allow {@code runtime:
 *     {degraded: allow}}; empty: none is assigned, and each of their calls is denied
 */
public record IngestSettings(
        String address,
        int port,
        Optional<Path> tlsCertificate,
        Optional<Path> tlsKey,
        String instance,
        String kafka,
        Path tokens,
        Path dataDirectory,
        int bodyBytes,
        int streams,
        int batchEvents,
        int pendingVerdicts,
        Duration pendingVerdictAge,
        int heldCalls,
        int tail,
        Duration gateDeadline,
        Duration approvalDeadline,
        Duration silence,
        Optional<TaskPolicy> directPolicy) {

    private static final Set<String> NAMES = Set.of(
            "ingest.address",
            "ingest.port",
            "ingest.tls-certificate",
            "ingest.tls-key",
            "ingest.instance",
            "ingest.tail-records",
            "kafka.bootstrap",
            "tokens.file",
            "data.directory",
            "limits.body-bytes",
            "limits.streams",
            "limits.batch-events",
            "limits.pending-verdicts",
            "limits.pending-verdict-seconds",
            "limits.held-calls",
            "gate.deadline-ms",
            "gate.approval-deadline-seconds",
            "silence.seconds",
            "direct.policy-file");

    public IngestSettings {
        if (tlsCertificate.isPresent() != tlsKey.isPresent()) {
            throw new IllegalArgumentException(
                    "ingest.tls-certificate, ingest.tls-key: one of them (expected: both or none)");
        }
    }

    /**
     * @throws IllegalArgumentException for an unknown or missing name and for a value outside its range: one line with the
     *     offending and the expected value
     */
    public static IngestSettings from(Map<String, String> properties) {
        for (String name : new TreeSet<>(properties.keySet())) {
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException(
                        "property: " + name + " (expected: one of " + new TreeSet<>(NAMES) + ")");
            }
        }
        return new IngestSettings(
                properties.getOrDefault("ingest.address", "127.0.0.1"),
                number(properties, "ingest.port", 4318, 0, 65_535),
                Optional.ofNullable(properties.get("ingest.tls-certificate")).map(Path::of),
                Optional.ofNullable(properties.get("ingest.tls-key")).map(Path::of),
                properties.getOrDefault("ingest.instance", "ingest"),
                required(properties, "kafka.bootstrap"),
                Path.of(required(properties, "tokens.file")),
                Path.of(required(properties, "data.directory")),
                number(properties, "limits.body-bytes", 4 << 20, 1024, 64 << 20),
                number(properties, "limits.streams", 1000, 1, 100_000),
                number(properties, "limits.batch-events", 4096, 1, 100_000),
                number(properties, "limits.pending-verdicts", 10_000, 1, 1_000_000),
                Duration.ofSeconds(number(properties, "limits.pending-verdict-seconds", 3600, 1, 7 * 86_400)),
                number(properties, "limits.held-calls", 1000, 1, 100_000),
                number(properties, "ingest.tail-records", 20_000, 0, 10_000_000),
                Duration.ofMillis(number(properties, "gate.deadline-ms", 2000, 1, 60_000)),
                Duration.ofSeconds(number(properties, "gate.approval-deadline-seconds", 300, 1, 86_400)),
                Duration.ofSeconds(number(
                        properties, "silence.seconds", 30, (int) SilentSessions.LEAST_SILENCE.toSeconds(), 3_600)),
                Optional.ofNullable(properties.get("direct.policy-file")).map(IngestSettings::directPolicy));
    }

    private static TaskPolicy directPolicy(String file) {
        TaskPolicy policy;
        try {
            policy = PolicyParser.parse(Files.readString(Path.of(file)));
        } catch (IOException e) {
            throw new IllegalArgumentException("direct.policy-file: " + file + " (expected: a readable file)", e);
        } catch (PolicyException e) {
            throw new IllegalArgumentException("direct.policy-file: " + file + ": " + e.getMessage(), e);
        }
        if (!policy.getDegraded().equals("allow")) {
            throw new IllegalArgumentException("direct.policy-file: " + file
                    + ": runtime.degraded: deny (expected: allow, since nothing but the agent tells what it does)");
        }
        return policy;
    }

    private static String required(Map<String, String> properties, String name) {
        String value = properties.get(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(name + ": none (expected: a value)");
        }
        return value;
    }

    private static int number(Map<String, String> properties, String name, int otherwise, int least, int most) {
        String value = properties.get(name);
        if (value == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(value.strip());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below with the range.
        }
        throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + " to " + most + ")");
    }
}
