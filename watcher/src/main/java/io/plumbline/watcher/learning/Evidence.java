package io.plumbline.watcher.learning;

import java.util.List;

/**
 * What a line of a proposal rests on.
 *
 * @param sessions in which it was seen
 * @param acts that were seen in all
 * @param events ids of the first of them, at most {@link #EXAMPLES}
 */
public record Evidence(int sessions, long acts, List<String> events) {
    /** Enough to look one up; each of them is 32 digits in the document. */
    public static final int EXAMPLES = 3;

    public Evidence {
        events = List.copyOf(events);
    }
}
