package io.plumbline.events.redact;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.plumbline.events.v1.Event;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Replaces secrets in texts by {@code [redacted:KIND:HEX]}, where HEX is the beginning of a keyed hash of the secret: the
 * same secret gives the same HEX under one key, so "the key that was read is the key that was sent" can still be said, and
 * without the key nobody can try candidates.
 *
 * <p>Time is linear in the text, and redacting twice changes nothing (as long as the first result is not
 * itself too long). Safe for use by several threads.
 */
public final class Redactor {
    /** Length of the key in bytes: that of the hash. */
    public static final int KEY_BYTES = 32;

    /** Longer texts are cut first; twice the largest text that an event may carry. */
    static final int MAX_CHARACTERS = 256 * 1024;

    /** An honest text needs two; one that needs more than this was made to, and goes as a whole. */
    private static final int MAX_PASSES = 8;

    /** 48 bits: among a million secrets two are equal by chance once in 560 keys. */
    private static final int HASH_BYTES = 6;

    private static final String PLACEHOLDER = "[redacted:";
    private static final HexFormat HEX = HexFormat.of();

    /** In this order: what names itself first, then what only its surroundings name. */
    private static final List<Detector> DETECTORS = List.of(
            new PemKeys(),
            new Prefixed("anthropic", "sk-ant-", Characters.WORD_OR_DASH, 20, false),
            new Prefixed("openai", "sk-", Characters.WORD_OR_DASH, 20, false),
            new Prefixed("github", "ghp_", Characters.WORD, 20, false),
            new Prefixed("github", "gho_", Characters.WORD, 20, false),
            new Prefixed("github", "ghu_", Characters.WORD, 20, false),
            new Prefixed("github", "ghs_", Characters.WORD, 20, false),
            new Prefixed("github", "ghr_", Characters.WORD, 20, false),
            new Prefixed("github", "github_pat_", Characters.WORD, 20, false),
            new Prefixed("gitlab", "glpat-", Characters.WORD_DASH_OR_DOT, 20, false),
            new Prefixed("gitlab", "gldt-", Characters.WORD_DASH_OR_DOT, 20, false),
            new Prefixed("gitlab", "glrt-", Characters.WORD_DASH_OR_DOT, 20, false),
            new Prefixed("gitlab", "glcbt-", Characters.WORD_DASH_OR_DOT, 20, false),
            new Prefixed("slack", "xoxb-", Characters.WORD_OR_DASH, 10, false),
            new Prefixed("slack", "xoxp-", Characters.WORD_OR_DASH, 10, false),
            new Prefixed("slack", "xoxa-", Characters.WORD_OR_DASH, 10, false),
            new Prefixed("slack", "xoxe-", Characters.WORD_OR_DASH, 10, false),
            new Prefixed("slack", "xoxr-", Characters.WORD_OR_DASH, 10, false),
            new Prefixed("slack", "xoxs-", Characters.WORD_OR_DASH, 10, false),
            new Prefixed("slack", "xapp-", Characters.WORD_OR_DASH, 10, false),
            new Prefixed("slack", "hooks.slack.com/services/", Characters.WORD_DASH_OR_SLASH, 20, false),
            new Prefixed("aws", "AKIA", Characters.UPPER_OR_DIGIT, 16, true),
            new Prefixed("aws", "ASIA", Characters.UPPER_OR_DIGIT, 16, true),
            new JsonWebTokens(),
            new AuthorizationHeaders(),
            new UrlUserinfo(),
            new Assignments());

    private final SecretKeySpec key;

    /**
     * @param key 32 bytes; keep it: another key breaks the equality with what was redacted before
     */
    public Redactor(byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("redaction key: " + key.length + " bytes (expected: " + KEY_BYTES + ")");
        }
        this.key = new SecretKeySpec(key, "HmacSHA256");
    }

    /**
     * Redacts every text of an event's payload, in place. A text longer than 256 Ki characters is cut, and its field named
     * in {@code truncated}.
     */
    public void redact(Event.Builder event) {
        List<String> cut = new ArrayList<>();
        FieldDescriptor payload =
                event.getOneofFieldDescriptor(Event.getDescriptor().getOneofs().getFirst());
        if (payload != null) {
            redactMessage(event.getFieldBuilder(payload), cut);
        }
        cut.stream().filter(name -> !event.getTruncatedList().contains(name)).forEach(event::addTruncated);
    }

    /** The text without its secrets; the same instance when it has none. Cut to 256 Ki characters. */
    public String redact(String text) {
        String current = text.length() > MAX_CHARACTERS ? text.substring(0, MAX_CHARACTERS) : text;
        // What surrounds a secret changes when it goes, and may then be seen as one itself: until nothing changes.
        for (int pass = 0; pass < MAX_PASSES; pass++) {
            String before = current;
            for (Detector detector : DETECTORS) {
                current = replaceAll(detector, current);
            }
            if (current.equals(before)) {
                return current;
            }
        }
        return placeholder(new Secret(0, current.length(), "all"), current);
    }

    private void redactMessage(Message.Builder message, List<String> cut) {
        for (Map.Entry<FieldDescriptor, Object> entry :
                new ArrayList<>(message.getAllFields().entrySet())) {
            FieldDescriptor field = entry.getKey();
            switch (field.getJavaType()) {
                case STRING -> {
                    if (field.isRepeated()) {
                        for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
                            String text = (String) message.getRepeatedField(field, i);
                            String redacted = redactField(text, field, cut);
                            if (!redacted.equals(text)) {
                                message.setRepeatedField(field, i, redacted);
                            }
                        }
                    } else {
                        String text = (String) entry.getValue();
                        String redacted = redactField(text, field, cut);
                        if (!redacted.equals(text)) {
                            message.setField(field, redacted);
                        }
                    }
                }
                case MESSAGE -> {
                    if (field.isRepeated()) {
                        for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
                            redactMessage(message.getRepeatedFieldBuilder(field, i), cut);
                        }
                    } else {
                        redactMessage(message.getFieldBuilder(field), cut);
                    }
                }
                case INT, LONG, FLOAT, DOUBLE, BOOLEAN, BYTE_STRING, ENUM -> {}
            }
        }
    }

    private String redactField(String text, FieldDescriptor field, List<String> cut) {
        if (text.length() > MAX_CHARACTERS && !cut.contains(field.getName())) {
            cut.add(field.getName());
        }
        return redact(text);
    }

    private String replaceAll(Detector detector, String text) {
        Secret secret = detector.next(text, 0);
        if (secret == null) {
            return text;
        }
        StringBuilder redacted = new StringBuilder(text.length());
        int kept = 0;
        while (secret != null) {
            redacted.append(text, kept, secret.start()).append(placeholder(secret, text));
            kept = secret.end();
            secret = detector.next(text, kept);
        }
        return redacted.append(text, kept, text.length()).toString();
    }

    private String placeholder(Secret secret, String text) {
        String value = text.substring(secret.start(), secret.end());
        if (secret.kind().equals("pem")) {
            // One key, whether its line breaks are real, escaped or gone.
            value = value.replace("\\n", "").replace("\\r", "").replaceAll("\\s", "");
        }
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            byte[] hash = mac.doFinal(value.getBytes(StandardCharsets.UTF_8));
            return PLACEHOLDER + secret.kind() + ":" + HEX.formatHex(hash, 0, HASH_BYTES) + "]";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    /** Whether exactly this part of the text is what a redaction left. */
    static boolean isPlaceholder(String text, int start, int end) {
        if (end <= start || !text.startsWith(PLACEHOLDER, start) || end - start > 64 || text.charAt(end - 1) != ']') {
            return false;
        }
        int hash = end - 1 - 2 * HASH_BYTES;
        int kind = start + PLACEHOLDER.length();
        if (hash - 1 <= kind || text.charAt(hash - 1) != ':') {
            return false;
        }
        return text.substring(kind, hash - 1).chars().allMatch(c -> c >= 'a' && c <= 'z')
                && text.substring(hash, end - 1).chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
    }
}
