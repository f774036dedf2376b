package io.plumbline.events;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.plumbline.events.InvalidEventException.Code;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Events;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How large an event and its parts may be. Everything in a sandbox is under the control of what runs there, so every text
 * and every list has a limit; a host cuts to it with {@link #bounded}, a receiver refuses what exceeds it with
 * {@link #validate}.
 */
public final class EventLimits {
    /** A whole event, serialised: a quarter of Kafka's default record limit of 1 MiB, and 4,096 of them fit in 1 GiB. */
    public static final int MAX_EVENT_BYTES = 256 * 1024;

    /** Ids, names of tools, agents, hosts, modes: no honest one comes near it; 255 is also the longest host name. */
    public static final int MAX_NAME_BYTES = 512;

    /** A path: PATH_MAX of Linux. */
    public static final int MAX_PATH_BYTES = 4096;

    /** A URL: what common HTTP servers take as a request line. */
    public static final int MAX_URL_BYTES = 8192;

    /**
     * One argument of argv. Linux allows 128 KiB; agents pass whole scripts, and what runs is told from what was announced by all of
     * it: Claude Code's shell snapshot has 6 KiB and more. As much as a host reads of a trace message.
     */
    public static final int MAX_ARGUMENT_BYTES = 16 * 1024;

    /** A shell command: long here-documents fit. */
    public static final int MAX_COMMAND_BYTES = 32 * 1024;

    /** Free text: prompts, messages, outputs. */
    public static final int MAX_TEXT_BYTES = 64 * 1024;

    /** JSON as it came: arguments of a tool call (a whole written file is in them), raw records. */
    public static final int MAX_JSON_BYTES = 128 * 1024;

    /** Elements of argv. */
    public static final int MAX_ARGUMENTS = 256;

    /** Elements of every other list: plan items, paths, names of environment variables, evidence ids, policy rules. */
    public static final int MAX_LIST = 256;

    /** Arguments of a system call on Linux. */
    public static final int MAX_SYSCALL_ARGUMENTS = 6;

    /** Names in {@code Event.truncated}: more than any payload has fields. */
    public static final int MAX_TRUNCATED = 64;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}");
    private static final Pattern HEX32 = Pattern.compile("[0-9a-f]{32}");

    /** Limits by field name; the same name means the same kind of thing in every payload. */
    private static final Map<String, Integer> TEXT_LIMITS = Map.ofEntries(
            Map.entry("text", MAX_TEXT_BYTES),
            Map.entry("output", MAX_TEXT_BYTES),
            Map.entry("task", MAX_TEXT_BYTES),
            Map.entry("subject", MAX_TEXT_BYTES),
            Map.entry("arguments_json", MAX_JSON_BYTES),
            Map.entry("json", MAX_JSON_BYTES),
            Map.entry("command", MAX_COMMAND_BYTES),
            Map.entry("stated_reason", MAX_PATH_BYTES),
            Map.entry("reason", MAX_PATH_BYTES),
            Map.entry("note", MAX_PATH_BYTES),
            Map.entry("said", MAX_PATH_BYTES),
            Map.entry("seen", MAX_PATH_BYTES),
            Map.entry("expected", MAX_PATH_BYTES),
            Map.entry("why", MAX_PATH_BYTES),
            Map.entry("title", MAX_PATH_BYTES),
            Map.entry("clause", MAX_PATH_BYTES),
            Map.entry("path", MAX_PATH_BYTES),
            Map.entry("paths", MAX_PATH_BYTES),
            Map.entry("protected_paths", MAX_PATH_BYTES),
            Map.entry("new_path", MAX_PATH_BYTES),
            Map.entry("cwd", MAX_PATH_BYTES),
            Map.entry("real_cwd", MAX_PATH_BYTES),
            Map.entry("binary", MAX_PATH_BYTES),
            Map.entry("address", MAX_PATH_BYTES),
            Map.entry("workspace", MAX_PATH_BYTES),
            Map.entry("home", MAX_PATH_BYTES),
            Map.entry("glob", MAX_PATH_BYTES),
            Map.entry("decoys", MAX_PATH_BYTES),
            Map.entry("argv", MAX_ARGUMENT_BYTES),
            Map.entry("url", MAX_URL_BYTES));

    /** Texts that carry another meaning, and so another limit, in one message. */
    private static final Map<String, Integer> TEXT_LIMITS_BY_MESSAGE = Map.of(
            "PlanItem.text", MAX_PATH_BYTES,
            "TaskAssigned.command", MAX_ARGUMENT_BYTES,
            "NamedSyscall.text", MAX_ARGUMENT_BYTES,
            "ChangesFound.diff", MAX_TEXT_BYTES);

    private static final Map<String, Integer> LIST_LIMITS = Map.of(
            "argv", MAX_ARGUMENTS,
            "arguments", MAX_SYSCALL_ARGUMENTS,
            "truncated", MAX_TRUNCATED);

    /** Characters of a command line that are kept of a process. */
    public static final int COMMAND_LINE = 400;

    /** The host in events of agents that report without a daemon: a name that no host may have. */
    public static final String DIRECT_HOST = "direct";

    private EventLimits() {}

    /**
     * The event within all limits: over-long texts are cut at a character's border, over-long lists lose their tail, lone
     * surrogates become U+FFFD (in small events "?", on the wire). The names of fields that lost something are added to
     * {@code truncated}, as a path from the payload ({@code arguments_json}, {@code items.text}). An event that is still too
     * large as a whole is cut with half the limits, again and again. Fields that this version does not know are kept while
     * they fit.
     *
     * @param event changed by the call
     */
    public static Event bounded(Event.Builder event) {
        Event whole = event.build();
        return fitsAnyLimit(whole) ? whole : cutToLimits(event);
    }

    private static Event cutToLimits(Event.Builder event) {
        Set<String> cut = new LinkedHashSet<>();
        for (int divisor = 1; ; divisor *= 2) {
            bound(event, "", divisor, cut);
            mark(event, cut);
            Event built = event.build();
            if (built.getSerializedSize() <= MAX_EVENT_BYTES) {
                return built;
            }
            if (divisor >= 64) {
                // Only unknown fields can be left: lists and texts of 1/64 of their limits fit many times over.
                dropUnknown(event);
                cut.add("unknown_fields");
            }
            if (divisor > 4096) {
                throw new IllegalStateException("size: " + built.getSerializedSize() + " (expected: <= "
                        + MAX_EVENT_BYTES + " after cutting every text)");
            }
        }
    }

    /**
     * Checks an event that arrived over the wire from a host.
     *
     * @throws InvalidEventException when it breaks a limit or is not well formed
     */
    public static void validate(Event event) throws InvalidEventException {
        int size = event.getSerializedSize();
        if (size > MAX_EVENT_BYTES) {
            throw new InvalidEventException(
                    Code.EVENT_TOO_LARGE, "event", size + " bytes", "<= " + MAX_EVENT_BYTES + " bytes");
        }
        if (!NAME.matcher(event.getTenant()).matches()) {
            throw new InvalidEventException(Code.BAD_TENANT, "tenant", event.getTenant(), NAME.pattern());
        }
        if (!NAME.matcher(event.getHost()).matches()) {
            throw new InvalidEventException(Code.BAD_HOST, "host", event.getHost(), NAME.pattern());
        }
        if (!HEX32.matcher(event.getSession()).matches()) {
            throw new InvalidEventException(
                    Code.BAD_SESSION, "session", event.getSession(), "32 lower-case hex digits");
        }
        if (event.getEventTimeNs() <= 0 || event.getObservedTimeNs() <= 0) {
            throw new InvalidEventException(
                    Code.BAD_TIME,
                    "event_time_ns, observed_time_ns",
                    event.getEventTimeNs() + ", " + event.getObservedTimeNs(),
                    "nanoseconds since the epoch");
        }
        validateChannel(event);
        if (!fitsAnyLimit(event)) {
            validateSizes(event, "");
        }
        String id = EventIds.idOf(event);
        if (!id.equals(event.getId())) {
            throw new InvalidEventException(Code.WRONG_ID, "id", event.getId(), id);
        }
    }

    /** True for what {@link #validate} takes as the name of a tenant or a host. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /**
     * The text within {@code maxBytes} bytes of UTF-8, cut at a character's border, with lone surrogates replaced by
     * U+FFFD.
     */
    public static String cut(String text, int maxBytes) {
        int bytes = 0;
        boolean clean = true;
        int end = 0;
        while (end < text.length()) {
            char c = text.charAt(end);
            int width;
            int chars = 1;
            if (c < 0x80) {
                width = 1;
            } else if (c < 0x800) {
                width = 2;
            } else if (Character.isHighSurrogate(c)
                    && end + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(end + 1))) {
                width = 4;
                chars = 2;
            } else {
                clean &= !Character.isSurrogate(c);
                width = 3;
            }
            if (bytes + width > maxBytes) {
                break;
            }
            bytes += width;
            end += chars;
        }
        if (clean) {
            return end == text.length() ? text : text.substring(0, end);
        }
        StringBuilder repaired = new StringBuilder(end);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < end && Character.isLowSurrogate(text.charAt(i + 1))) {
                repaired.append(c).append(text.charAt(++i));
            } else {
                repaired.append(Character.isSurrogate(c) ? '\uFFFD' : c);
            }
        }
        return repaired.toString();
    }

    /**
     * The common case, without a look at each field: an event no larger than the smallest limit of a text holds no text that
     * is too long, and no list of texts or messages either (two bytes an element). Numbers in a list need only one.
     */
    private static boolean fitsAnyLimit(Event event) {
        return event.getSerializedSize() <= MAX_NAME_BYTES
                && !event.hasRawSyscall()
                && event.getTruncatedCount() <= MAX_TRUNCATED;
    }

    private static void bound(Message.Builder message, String path, int divisor, Set<String> cut) {
        for (Map.Entry<FieldDescriptor, Object> entry :
                new ArrayList<>(message.getAllFields().entrySet())) {
            FieldDescriptor field = entry.getKey();
            String name = nameOf(field, path);
            if (field.isRepeated()) {
                boundList(message, field, (List<?>) entry.getValue(), name, divisor, cut);
            } else if (field.getJavaType() == FieldDescriptor.JavaType.STRING) {
                String text = (String) entry.getValue();
                String kept = cut(text, textLimit(field) / divisor);
                if (!kept.equals(text)) {
                    message.setField(field, kept);
                    markCut(text, kept, name, cut);
                }
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                Message.Builder nested = message.getFieldBuilder(field);
                bound(nested, name, divisor, cut);
            }
        }
    }

    private static void boundList(
            Message.Builder message, FieldDescriptor field, List<?> values, String name, int divisor, Set<String> cut) {
        int limit = Math.max(1, listLimit(field) / divisor);
        List<Object> kept = new ArrayList<>(Math.min(limit, values.size()));
        boolean changed = values.size() > limit;
        if (changed) {
            cut.add(name);
        }
        for (Object value : values.subList(0, Math.min(limit, values.size()))) {
            if (value instanceof String text) {
                String shorter = cut(text, textLimit(field) / divisor);
                if (!shorter.equals(text)) {
                    changed = true;
                    markCut(text, shorter, name, cut);
                }
                kept.add(shorter);
            } else if (value instanceof Message nested) {
                Message.Builder builder = nested.toBuilder();
                bound(builder, name, divisor, cut);
                kept.add(builder.build());
                changed = true;
            } else {
                kept.add(value);
            }
        }
        if (changed) {
            message.setField(field, kept);
        }
    }

    /** A repaired surrogate is no loss of length and needs no mark. */
    private static void markCut(String text, String kept, String name, Set<String> cut) {
        if (kept.length() < text.length()) {
            cut.add(name);
        }
    }

    private static void mark(Event.Builder event, Set<String> cut) {
        Set<String> names = new LinkedHashSet<>(event.getTruncatedList());
        names.addAll(cut);
        if (names.size() != event.getTruncatedCount()) {
            event.clearTruncated();
            names.stream().limit(MAX_TRUNCATED).forEach(event::addTruncated);
        }
    }

    private static void dropUnknown(Message.Builder message) {
        message.setUnknownFields(UnknownFieldSet.getDefaultInstance());
        for (Map.Entry<FieldDescriptor, Object> entry :
                new ArrayList<>(message.getAllFields().entrySet())) {
            FieldDescriptor field = entry.getKey();
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                continue;
            }
            if (field.isRepeated()) {
                for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
                    dropUnknown(message.getRepeatedFieldBuilder(field, i));
                }
            } else {
                dropUnknown(message.getFieldBuilder(field));
            }
        }
    }

    /** The channel that the contract names for a payload ({@code channel_of}); unspecified without a payload. */
    public static Channel channelOf(Event.PayloadCase payload) {
        FieldDescriptor field = Event.getDescriptor().findFieldByNumber(payload.getNumber());
        return field == null ? Channel.CHANNEL_UNSPECIFIED : field.getOptions().getExtension(Events.channelOf);
    }

    private static void validateChannel(Event event) throws InvalidEventException {
        Channel expected = channelOf(event.getPayloadCase());
        switch (expected) {
            case CLAIMS, EVIDENCE, CONTROL -> {}
            case CHANNEL_UNSPECIFIED, UNRECOGNIZED ->
                throw new InvalidEventException(Code.NO_PAYLOAD, "payload", "none", "a payload of this version");
            case VERDICTS ->
                throw new InvalidEventException(
                        Code.PAYLOAD_ON_WRONG_CHANNEL,
                        "payload",
                        event.getPayloadCase().name(),
                        "a payload that a host may write: claims, evidence or control");
        }
        if (event.getChannelValue() < Channel.CLAIMS_VALUE || event.getChannelValue() > Channel.CONTROL_VALUE) {
            throw new InvalidEventException(
                    Code.BAD_CHANNEL,
                    "channel",
                    Integer.toString(event.getChannelValue()),
                    "1 (claims), 2 (evidence) or 3 (control)");
        }
        if (event.getChannel() != expected) {
            throw new InvalidEventException(
                    Code.PAYLOAD_ON_WRONG_CHANNEL,
                    event.getPayloadCase().name(),
                    event.getChannel().name(),
                    expected.name());
        }
    }

    private static void validateSizes(Message message, String path) throws InvalidEventException {
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            if (field.isRepeated()) {
                List<?> values = (List<?>) entry.getValue();
                if (values.size() > listLimit(field)) {
                    throw new InvalidEventException(
                            Code.LIST_TOO_LONG,
                            nameOf(field, path),
                            values.size() + " elements",
                            "<= " + listLimit(field));
                }
                for (Object value : values) {
                    validateValue(field, value, path);
                }
            } else {
                validateValue(field, entry.getValue(), path);
            }
        }
    }

    private static void validateValue(FieldDescriptor field, Object value, String path) throws InvalidEventException {
        if (value instanceof String text) {
            int limit = textLimit(field);
            // Three bytes a character is the most: the exact count is only taken where it matters.
            if (text.length() * 3L > limit) {
                int bytes = ByteString.copyFromUtf8(text).size();
                if (bytes > limit) {
                    throw new InvalidEventException(
                            Code.TEXT_TOO_LONG, nameOf(field, path), bytes + " bytes", "<= " + limit + " bytes");
                }
            }
        } else if (value instanceof Message nested) {
            validateSizes(nested, nameOf(field, path));
        }
    }

    /** The payload's own name is left out: {@code items.text}, not {@code plan.items.text}. */
    private static String nameOf(FieldDescriptor field, String path) {
        if (field.getContainingOneof() != null && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            return "";
        }
        return path.isEmpty() ? field.getName() : path + "." + field.getName();
    }

    private static int textLimit(FieldDescriptor field) {
        Integer special = TEXT_LIMITS_BY_MESSAGE.get(field.getContainingType().getName() + "." + field.getName());
        return special != null ? special : TEXT_LIMITS.getOrDefault(field.getName(), MAX_NAME_BYTES);
    }

    private static int listLimit(FieldDescriptor field) {
        return LIST_LIMITS.getOrDefault(field.getName(), MAX_LIST);
    }

    /** A command line as the acts of its process tell it; a longer one ends with "…". */
    public static String commandLine(String whole) {
        return whole.length() <= COMMAND_LINE ? whole : whole.substring(0, COMMAND_LINE) + "…";
    }
}
