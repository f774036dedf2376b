package io.plumbline.rules.workbench;

import io.plumbline.rules.RuleSet;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.Level;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.yaml.YamlNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What documents that are loaded together say of each other: duplicates, rules in the shadow of others, correlations. */
final class SetChecks {
    private final Remarks remarks;
    private final RuleSet set;
    private final Map<String, SigmaDocument> byReference = new HashMap<>();

    SetChecks(Remarks remarks, RuleSet set) {
        this.remarks = remarks;
        this.set = set;
        for (SigmaDocument document : set.documents()) {
            byReference.put(document.metadata().id(), document);
            if (!document.metadata().name().isEmpty()) {
                byReference.put(document.metadata().name(), document);
            }
        }
    }

    void check() {
        Map<String, Metadata> titles = new HashMap<>();
        Map<String, Metadata> ids = new HashMap<>();
        for (SigmaDocument document : set.documents()) {
            Metadata metadata = document.metadata();
            Metadata same = ids.putIfAbsent(metadata.id().toLowerCase(Locale.ROOT), metadata);
            if (same != null) {
                remarks.add(
                        Check.DUPLICATE_ID,
                        metadata.position(),
                        "'" + metadata.id() + "' is " + same.position() + " too");
            }
            Metadata other = set.reports(document)
                    ? titles.putIfAbsent(metadata.title().toLowerCase(Locale.ROOT), metadata)
                    : null;
            if (other != null) {
                remarks.add(
                        Check.DUPLICATE_TITLE,
                        metadata.position(),
                        "'" + metadata.title() + "' is " + other.position() + " too");
            }
        }
        shadows();
    }

    private void shadows() {
        List<Detection> reported =
                set.detections().stream().filter(set::reports).toList();
        Implication implication = new Implication(field -> true);
        for (Detection one : reported) {
            for (Detection other : reported) {
                if (one == other || !other.logSource().accepts(one.logSource())) {
                    continue;
                }
                if (implication.implies(one.expression(), other.expression())) {
                    boolean same = implication.implies(other.expression(), one.expression())
                            && one.logSource().equals(other.logSource());
                    if (!same || reported.indexOf(one) > reported.indexOf(other)) {
                        remarks.add(
                                same ? Check.DUPLICATE_LOGIC : Check.SHADOWED_RULE,
                                one.metadata().position(),
                                (same ? "the same as '" : "matches only where '")
                                        + other.metadata().title() + "' ("
                                        + other.metadata().id() + ")" + (same ? "" : " does")
                                        + " (expected: a rule that adds something)");
                    }
                }
            }
        }
        if (implication.exhausted()) {
            remarks.add(
                    Check.NOT_COMPARED,
                    set.documents().getFirst().metadata().position(),
                    set.documents().size()
                            + " documents (expected: fewer at a time, for every rule to be compared with every other)");
        }
    }

    void correlation(RuleText text, Correlation correlation) {
        if (!(text.mapping().find("correlation") instanceof YamlNode.Mapping body)) {
            return;
        }
        if (correlation.groupBy().isEmpty()) {
            remarks.add(
                    Check.UNBOUNDED_CORRELATION,
                    body,
                    "no group-by (expected: fields such as SessionId, whose events belong together)");
        }
        window(body, correlation);
        groups(body, correlation);
        steps(body, correlation);
        level(text, correlation);
        for (SigmaDocument document : set.documents()) {
            if (document instanceof Correlation other
                    && other != correlation
                    && before(other, correlation)
                    && other.type() == correlation.type()
                    && Set.copyOf(other.rules()).equals(Set.copyOf(correlation.rules()))
                    && other.groupBy().equals(correlation.groupBy())
                    && other.timespan().equals(correlation.timespan())
                    && other.limits().equals(correlation.limits())
                    && other.fields().equals(correlation.fields())) {
                remarks.add(
                        Check.DUPLICATE_CORRELATION,
                        body,
                        "the same as '" + other.metadata().title() + "' (expected: a correlation that adds something)");
            }
        }
    }

    private boolean before(SigmaDocument one, SigmaDocument other) {
        return set.documents().indexOf(one) < set.documents().indexOf(other);
    }

    private void window(YamlNode.Mapping body, Correlation correlation) {
        if (body.find("timespan") instanceof YamlNode.Scalar node) {
            if (correlation.timespan().compareTo(Duration.ofDays(1)) > 0) {
                remarks.add(Check.LONG_TIMESPAN, node, node.kind() + " (expected: a day at most, unless it has to be)");
            }
            String text = node.text();
            long number = Long.parseLong(text.substring(0, text.length() - 1));
            char unit = text.charAt(text.length() - 1);
            long size = unit == 's' || unit == 'm' ? 60 : unit == 'h' ? 24 : Long.MAX_VALUE;
            if (number % size == 0) {
                remarks.add(
                        Check.TIMESPAN_FORM,
                        node,
                        node.kind() + " (expected: " + number / size + (unit == 's' ? 'm' : unit == 'm' ? 'h' : 'd')
                                + ")");
            }
        }
        boolean counts = correlation.type() == SigmaDocument.Type.EVENT_COUNT
                || correlation.type() == SigmaDocument.Type.VALUE_COUNT;
        if (counts
                && correlation.limits().stream()
                        .allMatch(limit -> limit.comparison().holds(Double.compare(1, limit.number())))) {
            remarks.add(Check.COUNT_OF_ONE, body, "one match is enough (expected: a greater count, or the rule alone)");
        }
        if (correlation.type() == SigmaDocument.Type.VALUE_PERCENTILE
                && (correlation.percentile() == 0 || correlation.percentile() == 100)) {
            remarks.add(
                    Check.EXTREME_PERCENTILE,
                    body,
                    "percentile " + correlation.percentile() + " is one value (expected: 1 to 99)");
        }
    }

    private void groups(YamlNode.Mapping body, Correlation correlation) {
        for (String group : correlation.groupBy()) {
            Map<String, String> alias = correlation.aliases().getOrDefault(group, Map.of());
            for (String rule : correlation.rules()) {
                String field = alias.getOrDefault(rule, group);
                field(Check.GROUP_FIELD_UNKNOWN, body.find("group-by"), rule, field);
            }
            if (!alias.isEmpty() && Set.copyOf(alias.values()).size() == 1) {
                YamlNode aliases = body.find("aliases");
                remarks.add(
                        Check.NEEDLESS_ALIAS,
                        aliases == null ? body : aliases,
                        group + " is " + alias.values().iterator().next() + " in every rule (expected: that name)");
            }
        }
        for (String field : correlation.fields()) {
            correlation.rules().forEach(rule -> field(Check.VALUE_FIELD_UNKNOWN, body.find("condition"), rule, field));
        }
    }

    private void field(Check check, @org.jspecify.annotations.Nullable YamlNode place, String rule, String field) {
        for (LogSource source : sources(rule, new HashSet<>())) {
            Optional<Set<String>> known = Taxonomy.fields(source);
            if (place != null && known.isPresent() && !known.get().contains(field)) {
                remarks.add(
                        check,
                        place,
                        "'" + field + "' (expected: a field of " + source + ", the source of " + rule + ")");
            }
        }
    }

    private List<LogSource> sources(String reference, Set<String> seen) {
        List<LogSource> sources = new ArrayList<>();
        if (seen.add(reference)) {
            switch (byReference.get(reference)) {
                case Detection detection -> sources.add(detection.logSource());
                case Correlation inner -> inner.rules().forEach(rule -> sources.addAll(sources(rule, seen)));
                case null, default -> {}
            }
        }
        return sources;
    }

    private void steps(YamlNode.Mapping body, Correlation correlation) {
        List<Detection> rules = new ArrayList<>();
        for (String reference : correlation.rules()) {
            if (byReference.get(reference) instanceof Detection detection) {
                rules.add(detection);
            }
        }
        Implication implication = new Implication(field -> true);
        for (int i = 0; i < rules.size(); i++) {
            for (int j = i + 1; j < rules.size(); j++) {
                Expression one = rules.get(i).expression();
                Expression other = rules.get(j).expression();
                if (rules.get(i).logSource().equals(rules.get(j).logSource())
                        && implication.implies(one, other)
                        && implication.implies(other, one)) {
                    YamlNode place = body.find("rules");
                    remarks.add(
                            Check.SAME_STEPS,
                            place == null ? body : place,
                            correlation.rules().get(i) + " and "
                                    + correlation.rules().get(j) + " say the same (expected: rules that differ)");
                }
            }
        }
    }

    private void level(RuleText text, Correlation correlation) {
        Level own = correlation.metadata().level().orElse(Level.MEDIUM);
        for (String reference : correlation.rules()) {
            SigmaDocument rule = byReference.get(reference);
            if (rule != null
                    && rule.metadata()
                            .level()
                            .filter(level -> level.compareTo(own) > 0)
                            .isPresent()) {
                YamlNode place = text.mapping().find("level");
                remarks.add(
                        Check.CORRELATION_LEVEL,
                        place == null ? text.mapping() : place,
                        own.name().toLowerCase(Locale.ROOT) + " is less than that of " + reference
                                + " (expected: as much or more)");
            }
        }
    }
}
