package io.plumbline.watcher.learning;

import io.plumbline.events.v1.TaskPolicy;
import java.util.List;

/**
 * A proposed policy: a document below the one above, and why each line stands in it.
 *
 * @param yaml the document, its evidence in comments; what workloads wrote is escaped
 * @param policy what it says below the policy above
 * @param lines in the order of the document
 * @param leftOut what was seen and is not granted
 */
public record Proposal(String yaml, TaskPolicy policy, List<Line> lines, List<LeftOut> leftOut) {
    /**
     * One line.
     *
     * @param key of the document, for example {@code files.read}
     * @param value for people
     */
    public record Line(String key, String value, Evidence evidence) {}

    public Proposal {
        lines = List.copyOf(lines);
        leftOut = List.copyOf(leftOut);
    }
}
