package io.plumbline.sandbox.session;

import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.sandbox.runtime.RunscRuntime;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Configuration of a sandbox host, one property each; from a properties file ({@code --config=FILE}) and from flags
 * ({@code --host.name=box}), which win. An unknown name fails the start.
 *
 * @param data {@code host.data}: directory of the daemon, made if missing; at most 60 bytes long, since sockets lie in it
 * @param hostName {@code host.name}
 * @param tenant {@code host.tenant}: must be the one that the token stands for
 * @param ingest {@code ingest.address}: host:port of the platform's door
 * @param token {@code ingest.token-file} or {@code ingest.token}; secret
 * @param certificateAuthority {@code ingest.ca-file}: PEM of who signed the door's certificate; empty: no TLS
 * @param runsc {@code runsc.path}; empty: the first on PATH
 * @param platform {@code runsc.platform}: systrap or ptrace; empty: the first of them on which a rehearsed session succeeds
 * @param redactionKey {@code host.redaction-key-file}: 64 hex digits; the key of the hashes that stand for secrets
 * @param agents {@code agents.path}: directory with claude-code/claude, codex/bin/codex
 * @param guest {@code guest.path}: the guest program
 * @param credentials {@code host.credentials}: folder with one file per credential that policies name, readable by the daemon's
 *     user alone; empty: none
 * @param trustedAuthorities {@code egress.ca-file}: PEM of authorities that the egress proxy trusts besides the system's
 * @param canaryInterval {@code canary.interval-seconds}: from one proof of the kill switch to the next; 5 to 3600, 60 when left out
 * @param warmSandboxes {@code sandboxes.warm}: sandboxes that wait booted for the next sessions, some 60 MB each; 0 to 50, 4 when
 *     left out
 * @param users {@code host.users}: owner (root and the daemon's own user, the default) or all (every local user, each for
 *     own sessions)
 * @param runtime {@code host.runtime}: runsc, bubblewrap (no kernel of the session's own, for policies that say
 *     {@code runtime: {degraded: allow}}), or auto, the default: runsc, and bubblewrap where it cannot run
 * @param bubblewrap {@code bubblewrap.path}; empty: bwrap, the first on PATH
 * @param policyKeys {@code policy.keys-file}: PEM with the Ed25519 public keys of those who may revise policies; empty: nobody may
 * @param policies {@code policy.signed-only}: true when a session needs a policy that one of these keys has signed; false when left out
 * @param organisationPolicy {@code policy.organisation-file}: policy that stands above those of repositories and tasks; empty: the
 *     defaults
 */
public record HostSettings(
        Path data,
        String hostName,
        String tenant,
        String ingest,
        String token,
        Optional<Path> certificateAuthority,
        Optional<Path> runsc,
        Optional<RunscRuntime.Platform> platform,
        byte[] redactionKey,
        Path agents,
        Path guest,
        Optional<Path> credentials,
        Optional<Path> trustedAuthorities,
        Duration canaryInterval,
        int warmSandboxes,
        Users users,
        RuntimeChoice runtime,
        Optional<Path> bubblewrap,
        TrustedKeys policyKeys,
        Policies policies,
        Optional<PolicyLevels.Level> organisationPolicy) {
    /** What sessions run in. */
    public enum RuntimeChoice {
        AUTO,
        RUNSC,
        BUBBLEWRAP
    }

    /** Who may have sessions here. */
    public enum Users {
        OWNER,
        ALL
    }

    /** Which policies a session may start with. */
    public enum Policies {
        ANY,
        SIGNED
    }

    private static final Set<String> NAMES = Set.of(
            "host.data",
            "host.name",
            "host.tenant",
            "host.redaction-key-file",
            "host.users",
            "host.runtime",
            "ingest.address",
            "ingest.token",
            "ingest.token-file",
            "ingest.ca-file",
            "runsc.path",
            "runsc.platform",
            "bubblewrap.path",
            "agents.path",
            "guest.path",
            "host.credentials",
            "egress.ca-file",
            "canary.interval-seconds",
            "sandboxes.warm",
            "policy.keys-file",
            "policy.organisation-file",
            "policy.signed-only");

    private static final int MAX_DATA_PATH = 60;

    public HostSettings {
        if (!data.isAbsolute() || data.toString().length() > MAX_DATA_PATH) {
            throw new IllegalArgumentException(
                    "host.data: " + data + " (expected: an absolute path of at most " + MAX_DATA_PATH + " bytes)");
        }
        if (policies == Policies.SIGNED && policyKeys.keys().isEmpty()) {
            throw new IllegalArgumentException(
                    "policy.signed-only: true without keys (expected: policy.keys-file with those who may sign)");
        }
    }

    /** Where {@code plumbline run} finds the daemon. */
    public Path runSocket() {
        return data.resolve("run.sock");
    }

    /** @throws IllegalArgumentException with one line that says what is wrong */
    public static HostSettings parse(String... arguments) throws IOException {
        Map<String, String> flags = new LinkedHashMap<>();
        Properties file = new Properties();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (!argument.startsWith("--") || equals < 0) {
                throw new IllegalArgumentException(argument + " (expected: --name=value)");
            }
            String name = argument.substring(2, equals);
            String value = argument.substring(equals + 1);
            if (name.equals("config")) {
                try (Reader in = Files.newBufferedReader(Path.of(value))) {
                    file.load(in);
                }
            } else {
                flags.put(name, value);
            }
        }
        Map<String, String> values = new LinkedHashMap<>();
        file.stringPropertyNames().forEach(name -> values.put(name, file.getProperty(name)));
        values.putAll(flags);
        return of(values);
    }

    /** @throws IllegalArgumentException with one line that says what is wrong */
    public static HostSettings of(Map<String, String> values) throws IOException {
        for (String name : values.keySet()) {
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException(name + ": no such property");
            }
        }
        String tokenFile = values.get("ingest.token-file");
        return new HostSettings(
                Path.of(required(values, "host.data")).toAbsolutePath().normalize(),
                required(values, "host.name"),
                values.getOrDefault("host.tenant", "default"),
                required(values, "ingest.address"),
                tokenFile == null
                        ? required(values, "ingest.token")
                        : Files.readString(Path.of(tokenFile)).trim(),
                Optional.ofNullable(values.get("ingest.ca-file")).map(Path::of),
                Optional.ofNullable(values.get("runsc.path")).map(Path::of),
                Optional.ofNullable(values.get("runsc.platform")).map(HostSettings::platform),
                key(Path.of(required(values, "host.redaction-key-file"))),
                Path.of(required(values, "agents.path")).toAbsolutePath(),
                Path.of(required(values, "guest.path")).toAbsolutePath(),
                Optional.ofNullable(values.get("host.credentials"))
                        .map(path -> Path.of(path).toAbsolutePath()),
                Optional.ofNullable(values.get("egress.ca-file"))
                        .map(path -> Path.of(path).toAbsolutePath()),
                canaryInterval(values.getOrDefault("canary.interval-seconds", "60")),
                warmSandboxes(values.getOrDefault("sandboxes.warm", "4")),
                users(values.getOrDefault("host.users", "owner")),
                runtime(values.getOrDefault("host.runtime", "auto")),
                Optional.ofNullable(values.get("bubblewrap.path")).map(Path::of),
                policyKeys(values.get("policy.keys-file")),
                policies(values.getOrDefault("policy.signed-only", "false")),
                organisationPolicy(values.get("policy.organisation-file")));
    }

    @Override
    public String toString() {
        return "HostSettings[data=" + data + ", hostName=" + hostName + ", tenant=" + tenant + ", ingest=" + ingest
                + "]";
    }

    private static RunscRuntime.Platform platform(String name) {
        return switch (name) {
            case "systrap" -> RunscRuntime.Platform.SYSTRAP;
            case "ptrace" -> RunscRuntime.Platform.PTRACE;
            default ->
                throw new IllegalArgumentException(
                        "runsc.platform: " + name.toLowerCase(Locale.ROOT) + " (expected: systrap or ptrace)");
        };
    }

    private static Users users(String name) {
        return switch (name) {
            case "owner" -> Users.OWNER;
            case "all" -> Users.ALL;
            default -> throw new IllegalArgumentException("host.users: " + name + " (expected: owner or all)");
        };
    }

    private static RuntimeChoice runtime(String name) {
        return switch (name) {
            case "auto" -> RuntimeChoice.AUTO;
            case "runsc" -> RuntimeChoice.RUNSC;
            case "bubblewrap" -> RuntimeChoice.BUBBLEWRAP;
            default ->
                throw new IllegalArgumentException("host.runtime: " + name + " (expected: auto, runsc or bubblewrap)");
        };
    }

    private static Policies policies(String signedOnly) {
        return switch (signedOnly) {
            case "true" -> Policies.SIGNED;
            case "false" -> Policies.ANY;
            default ->
                throw new IllegalArgumentException("policy.signed-only: " + signedOnly + " (expected: true or false)");
        };
    }

    private static Duration canaryInterval(String seconds) {
        if (!seconds.matches("\\d{1,4}") || Integer.parseInt(seconds) < 5 || Integer.parseInt(seconds) > 3600) {
            throw new IllegalArgumentException("canary.interval-seconds: " + seconds + " (expected: 5 to 3600)");
        }
        return Duration.ofSeconds(Integer.parseInt(seconds));
    }

    private static int warmSandboxes(String number) {
        if (!number.matches("\\d{1,2}") || Integer.parseInt(number) > 50) {
            throw new IllegalArgumentException("sandboxes.warm: " + number + " (expected: 0 to 50)");
        }
        return Integer.parseInt(number);
    }

    private static Optional<PolicyLevels.Level> organisationPolicy(@Nullable String file) throws IOException {
        if (file == null) {
            return Optional.empty();
        }
        String yaml = Files.readString(Path.of(file));
        try {
            PolicyParser.parse(yaml);
        } catch (PolicyException e) {
            throw new IllegalArgumentException("policy.organisation-file: " + file + ": " + e.getMessage(), e);
        }
        return Optional.of(new PolicyLevels.Level("the organisation's policy", yaml));
    }

    private static TrustedKeys policyKeys(@Nullable String file) throws IOException {
        if (file == null) {
            return TrustedKeys.none();
        }
        try {
            return TrustedKeys.parse(Files.readString(Path.of(file)));
        } catch (PolicyException e) {
            throw new IllegalArgumentException("policy.keys-file: " + file + ": " + e.getMessage(), e);
        }
    }

    private static byte[] key(Path file) throws IOException {
        String digits = Files.readString(file).trim();
        if (!digits.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(
                    "host.redaction-key-file: " + file + " (expected: a file with 64 lower-case hex digits)");
        }
        return HexFormat.of().parseHex(digits);
    }

    private static String required(Map<String, String> values, String name) {
        String value = values.get(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(name + ": missing");
        }
        return value;
    }
}
