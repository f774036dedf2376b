package io.plumbline.rules.workbench;

import io.plumbline.rules.Position;

/**
 * One remark of {@link Lint}.
 *
 * @param position where it begins
 * @param end where it ends, behind the last character; on the same line
 */
public record Remark(Check check, Position position, Position end, String text) {
    public Severity severity() {
        return check.severity();
    }
}
