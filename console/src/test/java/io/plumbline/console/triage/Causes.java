package io.plumbline.console.triage;

import io.plumbline.console.search.CauseRow;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Causes for tests. */
final class Causes {
    static final Instant NOON = Instant.parse("2026-11-29T12:00:00Z");

    private Causes() {}

    static CauseRow cause(String title, List<CauseRow.Decision> history, List<CauseRow.Refusal> refusals) {
        return new CauseRow(
                "c-1",
                "s-1",
                "a-1",
                NOON,
                NOON,
                "host-3",
                "codex",
                "Run the tests",
                true,
                false,
                "rule",
                "high",
                4,
                title,
                "",
                "",
                "",
                "",
                "",
                "",
                55,
                1,
                "open",
                history.size(),
                "",
                Optional.empty(),
                "",
                history,
                refusals);
    }

    static CauseRow.Decision decision(String event, String by, String word, String assignee) {
        return new CauseRow.Decision(event, NOON, by, word, "", assignee, "", Optional.empty());
    }

    static CauseRow.Refusal refusal(String event, String why) {
        return new CauseRow.Refusal(event, NOON, "ana", "benign", why);
    }
}
