package io.plumbline.events;

/** An event that arrived over the wire breaks the contract. The message names code, offending value and expected value. */
public final class InvalidEventException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What is wrong. The set is closed; each code is also a metric's label. */
    public enum Code {
        /** The serialised event is larger than {@link EventLimits#MAX_EVENT_BYTES}. */
        EVENT_TOO_LARGE,
        /** The id is not the hash of the event's content. */
        WRONG_ID,
        /** The tenant is empty, too long or has characters outside {@code [A-Za-z0-9._-]}. */
        BAD_TENANT,
        /** The host is empty, too long or has characters outside {@code [A-Za-z0-9._-]}. */
        BAD_HOST,
        /** The session is not 32 lower-case hex digits. */
        BAD_SESSION,
        /** The channel is not one that a host may write. */
        BAD_CHANNEL,
        /** No payload that this version knows. */
        NO_PAYLOAD,
        /** The payload belongs to another channel. */
        PAYLOAD_ON_WRONG_CHANNEL,
        /** A time before the epoch, or none. */
        BAD_TIME,
        /** A text field is longer than its limit. */
        TEXT_TOO_LONG,
        /** A list has more elements than its limit. */
        LIST_TOO_LONG
    }

    private final Code code;

    InvalidEventException(Code code, String field, String offending, String expected) {
        super(code + ": " + field + ": " + shown(offending) + " (expected: " + expected + ")");
        this.code = code;
    }

    public Code code() {
        return code;
    }

    /** Printable and short: the value comes from outside and ends up in logs. */
    private static String shown(String value) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < value.length() && i < 80; i++) {
            char c = value.charAt(i);
            shown.append(c < ' ' || c > '~' ? '?' : c);
        }
        return value.length() > 80 ? shown.append("...").toString() : shown.toString();
    }
}
