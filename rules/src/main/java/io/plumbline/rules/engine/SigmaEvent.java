package io.plumbline.rules.engine;

import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Numbers;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An event as rules see it: named fields with values, and the log sources that it belongs to. Numbers and booleans are kept as
 * their texts, so 11, 11.0 and "11" are the same value. Immutable.
 */
public final class SigmaEvent {
    /** Fields of an event, those of nested objects included. */
    public static final int MAX_FIELDS = 4096;

    /** Fields of an ordinary event. */
    private static final int FEW = 32;

    /** Characters of one value. */
    public static final int MAX_VALUE = 1 << 20;

    /** Values of one field. */
    public static final int MAX_VALUES = 65_536;

    /** What stands for null, and for an object whose fields have names of their own. Compared by identity. */
    enum Marker {
        NULL,
        OBJECT
    }

    private final String id;
    private final long timeNs;
    private final List<LogSource> logSources;
    /** Both have room behind the fields. */
    private final String[] names;

    /** Each a {@code String}, a {@code Long}, a {@link Marker}, or an {@code Object[]} of texts and markers. */
    private final Object[] values;

    private final int size;

    private SigmaEvent(Builder builder) {
        id = builder.id;
        timeNs = builder.timeNs;
        logSources = builder.logSources;
        names = builder.names;
        values = builder.values;
        size = builder.size;
        for (int i = 0; builder.lists && i < size; i++) {
            if (values[i] instanceof List<?> list) {
                values[i] = list.toArray();
            }
        }
    }

    /** What names the event in a match; may be empty. */
    public String id() {
        return id;
    }

    /** When it happened, nanoseconds since the epoch. */
    public long timeNs() {
        return timeNs;
    }

    public List<LogSource> logSources() {
        return logSources;
    }

    /** Number of fields. */
    int size() {
        return size;
    }

    String name(int index) {
        return names[index];
    }

    /** A {@code String}, a {@link Marker}, or an {@code Object[]} of these. */
    Object value(int index) {
        return text(values[index]);
    }

    /** Numbers become texts when somebody asks: of most, nobody does. */
    private static Object text(Object value) {
        return value instanceof Long number ? Long.toString(number) : value;
    }

    /**
     * The texts of a field; empty when it is absent, null, or an object.
     */
    public List<String> texts(String name) {
        for (int i = 0; i < size; i++) {
            if (names[i].equals(name)) {
                Object value = value(i);
                if (value instanceof String text) {
                    return List.of(text);
                }
                if (value instanceof Object[] list) {
                    List<String> texts = new ArrayList<>();
                    for (Object member : list) {
                        if (member instanceof String text) {
                            texts.add(text);
                        }
                    }
                    return texts;
                }
                return List.of();
            }
        }
        return List.of();
    }

    /** Names of all fields in the order in which they were put. */
    public List<String> names() {
        return List.of(Arrays.copyOf(names, size));
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Builds one event; a name that is put twice has both values. */
    public static final class Builder {
        private static final String[] BUILT = {};

        /** In the order in which they were put. */
        private String[] names = new String[20];

        private Object[] values = new Object[20];
        private int size;
        private boolean lists;

        /** By the name's hash, as long as there are few names: its number and one; 0: free. */
        private final byte[] slots = new byte[4 * FEW];

        /** Numbers of names that are not few any more: names that were chosen for their hashes cost no more than others. */
        private @Nullable Map<String, Integer> many;

        private List<LogSource> logSources = List.of();
        private String id = "";
        private long timeNs;

        private Builder() {}

        public Builder id(String id) {
            this.id = id;
            return this;
        }

        public Builder timeNs(long timeNs) {
            this.timeNs = timeNs;
            return this;
        }

        public Builder logSource(LogSource source) {
            if (logSources.isEmpty()) {
                logSources = List.of(source);
            } else if (!logSources.contains(source)) {
                List<LogSource> more = new ArrayList<>(logSources);
                more.add(source);
                logSources = List.copyOf(more);
            }
            return this;
        }

        public Builder put(String name, String value) {
            return add(name, bounded(name, value));
        }

        private static String bounded(String name, String value) {
            if (value.length() > MAX_VALUE) {
                throw new EventLimitException(
                        "value of " + name + ": " + value.length() + " characters (expected: <= " + MAX_VALUE + ")");
            }
            return value;
        }

        /** Puts a text unless it is empty. */
        public Builder putPresent(String name, String value) {
            return value.isEmpty() ? this : put(name, value);
        }

        public Builder put(String name, long value) {
            return add(name, (Object) value);
        }

        public Builder put(String name, BigDecimal value) {
            // A number of many digits would take as much text; such numbers are no values that a rule can name.
            if (value.precision() > 400 || Math.abs((long) value.scale()) > 400) {
                throw new EventLimitException("number of " + name + ": " + value.precision() + " digits, scale "
                        + value.scale() + " (expected: <= 400)");
            }
            return add(name, Numbers.text(value));
        }

        public Builder put(String name, boolean value) {
            return add(name, Boolean.toString(value));
        }

        public Builder putNull(String name) {
            return add(name, Marker.NULL);
        }

        /** The field is there and is an object. */
        public Builder putObject(String name) {
            return add(name, Marker.OBJECT);
        }

        /** A list of texts, which may be empty; always a list, also with one. */
        public Builder put(String name, Iterable<String> values) {
            List<Object> members = members(name);
            for (String value : values) {
                addMember(name, members, bounded(name, value));
            }
            return this;
        }

        /** Makes the field a list, so that what is put under its name afterwards are members. */
        public Builder list(String name) {
            members(name);
            return this;
        }

        private List<Object> members(String name) {
            int at = number(name);
            if (at >= 0 && values[at] instanceof List<?>) {
                @SuppressWarnings("unchecked")
                List<Object> members = (List<Object>) values[at];
                return members;
            }
            lists = true;
            List<Object> members = new ArrayList<>();
            if (at < 0) {
                append(name, members);
            } else {
                members.add(text(values[at]));
                values[at] = members;
            }
            return members;
        }

        private Builder add(String name, Object value) {
            if (number(name) < 0) {
                append(name, value);
                return this;
            }
            addMember(name, members(name), text(value));
            return this;
        }

        private static void addMember(String name, List<Object> members, Object value) {
            if (members.size() == MAX_VALUES) {
                throw new EventLimitException(
                        "values of " + name + ": more than " + MAX_VALUES + " (expected: <= " + MAX_VALUES + ")");
            }
            members.add(value);
        }

        /** @throws IllegalStateException if the event was built */
        private int number(String name) {
            if (names == BUILT) {
                throw new IllegalStateException("field " + name + " of an event that was built (expected: before)");
            }
            int number = slots[slot(name)] - 1;
            return number < 0 && many != null ? many.getOrDefault(name, -1) : number;
        }

        /** Where the name is, or belongs. */
        private int slot(String name) {
            int slot = NameTable.slot(name, slots.length - 1);
            while (slots[slot] != 0 && !names[slots[slot] - 1].equals(name)) {
                slot = (slot + 1) & (slots.length - 1);
            }
            return slot;
        }

        private void append(String name, Object value) {
            if (size == MAX_FIELDS) {
                throw new EventLimitException("fields: more than " + MAX_FIELDS + " (expected: <= " + MAX_FIELDS + ")");
            }
            if (size == names.length) {
                names = Arrays.copyOf(names, size * 2);
                values = Arrays.copyOf(values, size * 2);
            }
            names[size] = name;
            values[size] = value;
            if (size < FEW) {
                slots[slot(name)] = (byte) (size + 1);
            } else {
                if (many == null) {
                    many = new HashMap<>();
                }
                many.put(name, size);
            }
            size++;
        }

        /**
         * The event; nothing can be put afterwards.
         *
         * @throws IllegalStateException if it was built before
         */
        public SigmaEvent build() {
            if (names == BUILT) {
                throw new IllegalStateException("a builder that has built its event (expected: one for each)");
            }
            SigmaEvent event = new SigmaEvent(this);
            names = BUILT;
            return event;
        }
    }
}
