package io.plumbline.ingest;

import io.plumbline.events.EventIds;
import io.plumbline.events.EventLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The tokens that ingest accepts, by the SHA-256 of the token: whoever reads the file cannot use it. The file is YAML:
 *
 * <pre>
 * tokens:
 *   - sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
 *     tenant: acme
 *     role: host        # or agent
 * </pre>
 */
public final class Tokens {
    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_TOKEN_LENGTH = 512;
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final Map<String, Principal> bySha256;

    private Tokens(Map<String, Principal> bySha256) {
        this.bySha256 = Map.copyOf(bySha256);
    }

    /** @throws IngestException when the file cannot be read or has anything that is not expected */
    static Tokens load(Path file) throws IngestException {
        String text;
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IngestException(
                        "tokens file: " + Files.size(file) + " bytes (expected: <= " + MAX_BYTES + ")", null);
            }
            text = Files.readString(file);
        } catch (IOException e) {
            throw new IngestException("tokens file: " + file + " (expected: a file that can be read)", e);
        }
        try {
            return parse(text, file.toString());
        } catch (YamlEngineException e) {
            throw new IngestException("tokens file: " + file + " (expected: YAML): " + e.getMessage(), e);
        }
    }

    /** One entry of a tokens file, for tools that write one. */
    public static String line(String token, String tenant, String role) {
        return "  - {sha256: " + EventIds.sha256Hex(token) + ", tenant: " + tenant + ", role: " + role + "}\n";
    }

    Optional<Principal> principal(String token) {
        return token.length() > MAX_TOKEN_LENGTH
                ? Optional.empty()
                : Optional.ofNullable(bySha256.get(EventIds.sha256Hex(token)));
    }

    /** The principal behind an {@code Authorization: Bearer} header. */
    Optional<Principal> authorize(Optional<String> header) {
        return header.filter(value -> value.regionMatches(true, 0, "Bearer ", 0, 7))
                .flatMap(value -> principal(value.substring(7).strip()));
    }

    private static Tokens parse(String text, String file) throws IngestException {
        Object root = new Load(LoadSettings.builder()
                        .setLabel(file)
                        .setAllowDuplicateKeys(false)
                        .setMaxAliasesForCollections(0)
                        .build())
                .loadFromString(text);
        if (!(root instanceof Map<?, ?> top) || !(top.get("tokens") instanceof List<?> entries) || top.size() != 1) {
            throw new IngestException("tokens file: " + file + " (expected: one list named tokens)", null);
        }
        Map<String, Principal> tokens = new HashMap<>();
        int line = 0;
        for (Object element : entries) {
            line++;
            if (!(element instanceof Map<?, ?> entry)
                    || entry.size() != 3
                    || !(entry.get("sha256") instanceof String sha256)
                    || !(entry.get("tenant") instanceof String tenant)
                    || !(entry.get("role") instanceof String role)) {
                throw new IngestException("tokens[" + line + "]: (expected: sha256, tenant and role, all text)", null);
            }
            if (!SHA256.matcher(sha256).matches()) {
                throw new IngestException("tokens[" + line + "].sha256: (expected: 64 lower-case hex digits)", null);
            }
            if (!EventLimits.isName(tenant)) {
                throw new IngestException(
                        "tokens[" + line + "].tenant: " + tenant + " (expected: [A-Za-z0-9._-])", null);
            }
            if (!role.equals("host") && !role.equals("agent")) {
                throw new IngestException("tokens[" + line + "].role: " + role + " (expected: host or agent)", null);
            }
            if (tokens.put(sha256, new Principal(tenant, Role.valueOf(role.toUpperCase(Locale.ROOT)))) != null) {
                throw new IngestException("tokens[" + line + "].sha256: twice (expected: once)", null);
            }
        }
        return new Tokens(tokens);
    }
}
