package io.plumbline.rules.yaml;

import io.plumbline.rules.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A part of a document, with the place where it begins. */
public sealed interface YamlNode {
    Position position();

    /** What the node is, for messages: text, a list, a map. */
    String kind();

    /**
     * A scalar as it is written.
     *
     * @param plain true: not quoted, so its form decides about its type
     */
    record Scalar(String text, boolean plain, Position position) implements YamlNode {
        @Override
        public String kind() {
            return "'" + (text.length() > 60 ? text.substring(0, 60) + "..." : text) + "'";
        }
    }

    /** A sequence. */
    record Sequence(List<YamlNode> items, Position position) implements YamlNode {
        public Sequence {
            items = List.copyOf(items);
        }

        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A mapping in the order of the text; keys are scalars and each stands once. */
    record Mapping(List<Entry> entries, Position position) implements YamlNode {
        public Mapping {
            entries = List.copyOf(entries);
        }

        /** The value of a key; null when it is not there. */
        public @Nullable YamlNode find(String key) {
            for (Entry entry : entries) {
                if (entry.key().text().equals(key)) {
                    return entry.value();
                }
            }
            return null;
        }

        @Override
        public String kind() {
            return "a map";
        }
    }

    /** One entry of a mapping. */
    record Entry(Scalar key, YamlNode value) {}
}
