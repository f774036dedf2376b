package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressCredential;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The credentials that the policy names. The sandbox has a placeholder for each; the value is put in its place on the way to
 * the host that the rule names, and nowhere else.
 */
final class Credentials {
    private static final int MAX_VALUE_BYTES = 8 * 1024;
    private static final Set<PosixFilePermission> OTHERS = EnumSet.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_EXECUTE);

    private final String mark;
    private final Map<String, String> values;
    private final Map<String, String> placeholders;
    private final Map<String, String> environment;

    private Credentials(
            String mark,
            Map<String, String> values,
            Map<String, String> placeholders,
            Map<String, String> environment) {
        this.mark = mark;
        this.values = values;
        this.placeholders = placeholders;
        this.environment = environment;
    }

    /** @throws EgressException when a credential is missing, or its file is readable by others */
    static Credentials load(TaskPolicy policy, Optional<Path> folder) throws EgressException {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        String mark = "plumbline-placeholder-" + HexFormat.of().formatHex(random);
        Map<String, String> values = new LinkedHashMap<>();
        Map<String, String> placeholders = new LinkedHashMap<>();
        Map<String, String> environment = new LinkedHashMap<>();
        for (EgressRule rule : policy.getEgressList()) {
            if (rule.hasCredential()) {
                EgressCredential credential = rule.getCredential();
                if (folder.isEmpty()) {
                    throw new EgressException(
                            "credential: " + credential.getName() + " (expected: the host's setting host.credentials)",
                            null);
                }
                String name = credential.getName();
                if (!values.containsKey(name)) {
                    // A number of fixed width: no placeholder is the beginning of another.
                    placeholders.put(name, "%s-%04d".formatted(mark, values.size()));
                    values.put(name, value(folder.get(), name));
                }
                environment.put(credential.getEnv(), placeholders.getOrDefault(name, mark));
            }
        }
        return new Credentials(mark, values, placeholders, environment);
    }

    /** Environment of the sandbox: placeholders only. */
    Map<String, String> environment() {
        return environment;
    }

    /** Whether the sandbox was given this credential's placeholder at its start. */
    boolean provides(EgressCredential credential) {
        return values.containsKey(credential.getName()) && environment.containsKey(credential.getEnv());
    }

    /** What must not be sent by {@code rule}: every placeholder, but not the rule's own. */
    List<String> foreign(EgressRule rule) {
        if (values.isEmpty()) {
            return List.of();
        }
        return rule.hasCredential()
                ? placeholders.entrySet().stream()
                        .filter(known ->
                                !known.getKey().equals(rule.getCredential().getName()))
                        .map(Map.Entry::getValue)
                        .toList()
                : List.of(mark);
    }

    /** The value that must not come back from the destination of {@code rule}. */
    Optional<byte[]> value(EgressRule rule) {
        return rule.hasCredential()
                ? Optional.ofNullable(values.get(rule.getCredential().getName()))
                        .map(value -> value.getBytes(StandardCharsets.ISO_8859_1))
                : Optional.empty();
    }

    /** The request with the value in place of its placeholder, in the one header that carries it. */
    RequestHead inject(RequestHead head, EgressRule rule) {
        if (!rule.hasCredential()) {
            return head;
        }
        String name = rule.getCredential().getName();
        String value = values.getOrDefault(name, "");
        String placeholder = placeholders.getOrDefault(name, mark);
        List<RequestHead.Header> headers = new ArrayList<>();
        for (RequestHead.Header header : head.headers()) {
            if (header.name().equals("accept-encoding")) {
                // In a compressed answer nobody would see the value come back.
                continue;
            }
            boolean carries = header.name().equals(rule.getCredential().getHeader());
            headers.add(
                    carries ? new RequestHead.Header(header.name(), put(header.value(), placeholder, value)) : header);
        }
        return new RequestHead(head.method(), head.target(), head.version(), headers);
    }

    /** Whether a foreign placeholder is anywhere in the request's head, also in the encoded pair of Basic authentication. */
    boolean misplaced(RequestHead head, EgressRule rule) {
        return foreign(rule).stream()
                .anyMatch(placeholder -> head.target().contains(placeholder)
                        || head.headers().stream()
                                .anyMatch(header -> header.value().contains(placeholder)
                                        || header.name().contains(placeholder)
                                        || basic(header.value()).contains(placeholder)));
    }

    private static String put(String header, String placeholder, String value) {
        String pair = basic(header);
        return pair.contains(placeholder)
                ? "Basic "
                        + Base64.getEncoder()
                                .encodeToString(pair.replace(placeholder, value).getBytes(StandardCharsets.ISO_8859_1))
                : header.replace(placeholder, value);
    }

    /** The decoded pair of RFC 7617; empty for anything else. */
    private static String basic(String header) {
        if (!header.regionMatches(true, 0, "Basic ", 0, 6)) {
            return "";
        }
        try {
            return new String(Base64.getDecoder().decode(header.substring(6).strip()), StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static String value(Path folder, String name) throws EgressException {
        Path file = folder.resolve(name).normalize();
        try {
            if (!folder.normalize().equals(file.getParent())
                    || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || Files.size(file) > MAX_VALUE_BYTES) {
                throw new EgressException(
                        "credential: " + file + " (expected: a file of at most " + MAX_VALUE_BYTES + " bytes)", null);
            }
            if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
                throw new EgressException("credential: " + file + " (expected: mode 0600)", null);
            }
            String value = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
            if (value.isEmpty() || value.chars().anyMatch(c -> c < ' ' || c > '~')) {
                throw new EgressException("credential: " + file + " (expected: one line of printable ASCII)", null);
            }
            return value;
        } catch (IOException e) {
            throw new EgressException("credential: " + file + ": " + e.getMessage(), e);
        }
    }
}
