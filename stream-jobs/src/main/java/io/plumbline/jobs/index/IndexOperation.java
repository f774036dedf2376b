package io.plumbline.jobs.index;

import java.io.Serializable;

/**
 * One write to Elasticsearch.
 *
 * @param json the document; for {@link Mode#MERGE} the fields to set
 */
public record IndexOperation(Mode mode, String index, String id, String json) implements Serializable {
    /** How the document meets one with the same id. */
    public enum Mode {
        /** Replaces it. */
        REPLACE,
        /** Sets the fields that are given and keeps the others; creates it when there is none. */
        MERGE
    }

    /** What the write weighs in a bulk request, bytes; exact for ASCII. */
    long sizeInBytes() {
        return json.length() + 2L * id.length() + 100;
    }
}
