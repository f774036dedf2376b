package io.plumbline.sandbox.link;

import io.plumbline.events.EventLimits;
import io.plumbline.events.redact.Redactor;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a host reaches the platform and what it keeps until the platform has it.
 *
 * @param platform {@code http://host:port} or {@code https://host:port} of the platform's door
 * @param token secret; a token of the role {@code host}
 * @param host this host's name, {@code [A-Za-z0-9._-]}, unique in its tenant
 * @param version of this daemon, told to the platform
 * @param spool directory of the spool, created when missing; one daemon each
 * @param spoolBytes most that the spool may take on disk; beyond it publishing fails and sessions freeze
 * @param segmentBytes size at which a segment file of the spool is closed
 * @param redactor takes secrets out of what is published
 * @param trustedCertificates PEM file with the authorities that sign the platform's certificate; empty: the JDK's
 * @param gathering how long what a session calls routine waits for more at most
 * @param firstRetry pause before the first reconnect; doubled up to {@code longestRetry}
 * @param drain how long closing waits for the platform to take what is in the spool
 */
public record HostLinkSettings(
        URI platform,
        String token,
        String host,
        String version,
        Path spool,
        long spoolBytes,
        int segmentBytes,
        Redactor redactor,
        Optional<Path> trustedCertificates,
        Duration gathering,
        Duration firstRetry,
        Duration longestRetry,
        Duration drain) {
    /** Less than a person notices, and some files of a build. */
    private static final Duration GATHERING = Duration.ofMillis(25);

    public HostLinkSettings {
        String scheme = platform.getScheme();
        if (!("http".equals(scheme) || "https".equals(scheme))
                || platform.getHost() == null
                || platform.getPort() < 1) {
            throw new IllegalArgumentException(
                    "platform: " + platform + " (expected: http://HOST:PORT or https://HOST:PORT)");
        }
        if (token.isBlank() || !token.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new IllegalArgumentException(
                    "token: not printable or empty (expected: printable ASCII without spaces)");
        }
        if (!EventLimits.isName(host)) {
            throw new IllegalArgumentException("host: " + host + " (expected: 1 to 253 of [A-Za-z0-9._-])");
        }
        if (segmentBytes < EventLimits.MAX_EVENT_BYTES + Spool.HEADER_BYTES || spoolBytes < 2L * segmentBytes) {
            throw new IllegalArgumentException("spool: " + segmentBytes + " bytes a segment, " + spoolBytes
                    + " in all (expected: >= one event a segment, >= two segments in all)");
        }
    }

    /** 1 GiB of spool in segments of 16 MiB: an hour of a busy session; reconnects after 50 ms to 2 s. */
    public static HostLinkSettings of(URI platform, String token, String host, Path spool, Redactor redactor) {
        return new HostLinkSettings(
                platform,
                token,
                host,
                "dev",
                spool,
                1L << 30,
                16 << 20,
                redactor,
                Optional.empty(),
                GATHERING,
                Duration.ofMillis(50),
                Duration.ofSeconds(2),
                Duration.ofSeconds(2));
    }

    public HostLinkSettings withSpoolBytes(long bytes, int segment) {
        return new HostLinkSettings(
                platform,
                token,
                host,
                version,
                spool,
                bytes,
                segment,
                redactor,
                trustedCertificates,
                gathering,
                firstRetry,
                longestRetry,
                drain);
    }

    public HostLinkSettings withGathering(Duration longest) {
        return new HostLinkSettings(
                platform,
                token,
                host,
                version,
                spool,
                spoolBytes,
                segmentBytes,
                redactor,
                trustedCertificates,
                longest,
                firstRetry,
                longestRetry,
                drain);
    }

    public HostLinkSettings withTrustedCertificates(Path pem) {
        return new HostLinkSettings(
                platform,
                token,
                host,
                version,
                spool,
                spoolBytes,
                segmentBytes,
                redactor,
                Optional.of(pem),
                gathering,
                firstRetry,
                longestRetry,
                drain);
    }

    public HostLinkSettings withVersion(String daemonVersion) {
        return new HostLinkSettings(
                platform,
                token,
                host,
                daemonVersion,
                spool,
                spoolBytes,
                segmentBytes,
                redactor,
                trustedCertificates,
                gathering,
                firstRetry,
                longestRetry,
                drain);
    }

    /** The token stays out of logs. */
    @Override
    public String toString() {
        return "HostLinkSettings[platform=" + platform + ", host=" + host + ", spool=" + spool + "]";
    }
}
