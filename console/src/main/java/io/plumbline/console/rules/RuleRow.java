package io.plumbline.console.rules;

import io.plumbline.rules.RuleSet;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.workbench.Techniques;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * One rule of a set and how it did.
 *
 * @param file name of the source that it stands in
 * @param level word; empty for a rule without one
 * @param gained hits that only the shadow has; {@code lost} hits that only the set in force has
 */
public record RuleRow(
        Metadata metadata,
        String file,
        String level,
        boolean correlation,
        RuleStatistics statistics,
        long gained,
        long lost) {
    /** The rules that report for themselves, the most severe first, then in the order of the set. */
    public static List<RuleRow> of(RuleSet set, Map<String, RuleStatistics> statistics, RulesInForce.Now now) {
        List<RuleRow> rows = new ArrayList<>();
        for (SigmaDocument document : set.documents()) {
            if (!set.reports(document)) {
                continue;
            }
            Metadata metadata = document.metadata();
            rows.add(new RuleRow(
                    metadata,
                    metadata.position().source(),
                    metadata.level()
                            .map(level -> level.name().toLowerCase(Locale.ROOT))
                            .orElse(""),
                    document instanceof SigmaDocument.Correlation,
                    Objects.requireNonNullElseGet(
                            statistics.get(metadata.id()), () -> RuleStatistics.none(metadata.id())),
                    now.gained().getOrDefault(metadata.id(), 0L),
                    now.lost().getOrDefault(metadata.id(), 0L)));
        }
        rows.sort((a, b) -> Integer.compare(rank(b), rank(a)));
        return rows;
    }

    private static int rank(RuleRow row) {
        return row.metadata().level().map(level -> level.ordinal() + 1).orElse(0);
    }

    /** Tags of ATT&CK and ATLAS with the names of what they stand for; others as they are written. */
    public List<String> tags() {
        return metadata.tags().stream().map(RuleRow::spoken).toList();
    }

    private static String spoken(String tag) {
        for (Techniques base : Techniques.values()) {
            String id = base.technique(tag).orElse("");
            Techniques.Technique technique = base.techniques().get(id);
            if (technique != null) {
                return id + " " + technique.name();
            }
            if (base.tactic(tag).isPresent()) {
                return base.tactic(tag).get().name();
            }
        }
        return tag;
    }
}
