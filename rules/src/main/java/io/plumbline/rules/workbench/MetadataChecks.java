package io.plumbline.rules.workbench;

import io.plumbline.rules.RuleSet;
import io.plumbline.rules.sigma.Level;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.workbench.Techniques.Tactic;
import io.plumbline.rules.workbench.Techniques.Technique;
import io.plumbline.rules.yaml.YamlNode;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What a document says about itself. */
final class MetadataChecks {
    private static final List<String> KEYS = List.of(
            "title",
            "id",
            "name",
            "related",
            "taxonomy",
            "status",
            "description",
            "license",
            "references",
            "author",
            "date",
            "modified",
            "logsource",
            "detection",
            "fields",
            "falsepositives",
            "level",
            "tags",
            "scope",
            "correlation",
            "filter");
    private static final Pattern UUID =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
    private static final Pattern TAG = Pattern.compile("[a-z0-9_-]+(\\.[a-z0-9_.-]+)+");
    private static final Pattern ATTACK =
            Pattern.compile("attack\\.(t[0-9]{4}(\\.[0-9]{3})?|(g|s|ta|ds|m|a)[0-9]{4}|[a-z]+(-[a-z]+)*)");
    private static final Pattern ATLAS =
            Pattern.compile("atlas\\.(aml\\.t[0-9]{4}(\\.[0-9]{3})?|aml\\.ta[0-9]{4}|[a-z]+(-[a-z]+)*)");
    private static final Set<String> NAMESPACES =
            Set.of("attack", "car", "cve", "d3fend", "detection", "stp", "tlp", "atlas");
    private static final Set<String> RELATIONS =
            Set.of("derived", "obsolete", "merged", "renamed", "similar", "obsoletes");
    private static final Set<String> VAGUE = Set.of("unknown", "none", "unlikely", "n/a", "-", "tbd", "todo");
    private static final int LONGEST_TITLE = 120;
    private static final int SHORTEST_DESCRIPTION = 20;

    private final Remarks remarks;

    MetadataChecks(Remarks remarks) {
        this.remarks = remarks;
    }

    void check(RuleText text, SigmaDocument document, RuleSet set) {
        keys(text);
        identity(text, document.metadata());
        dates(text);
        references(text);
        related(text, document.metadata());
        tags(text, document.metadata());
        String status = document.metadata().status();
        if (status.equals("deprecated") || status.equals("unsupported")) {
            at(Check.DEPRECATED, text, "status", "status " + status + " (expected: a rule in use)");
        }
        if (document instanceof SigmaDocument.Filter) {
            return;
        }
        if (!set.reports(document)) {
            at(
                    Check.SILENT_RULE,
                    text,
                    "title",
                    "'" + document.metadata().title()
                            + "' feeds correlations only (generate: true would report it as well)");
            return;
        }
        reported(text, document.metadata());
    }

    private void at(Check check, RuleText text, String key, String words) {
        YamlNode node = text.mapping().find(key);
        remarks.add(check, node == null ? text.mapping() : node, words);
    }

    private void keys(RuleText text) {
        for (YamlNode.Entry entry : text.mapping().entries()) {
            String key = entry.key().text();
            if (!KEYS.contains(key)) {
                Optional<String> meant =
                        KEYS.stream().filter(known -> near(known, key)).findFirst();
                remarks.add(
                        meant.isPresent() ? Check.MISSPELT_KEY : Check.UNKNOWN_KEY,
                        entry.key(),
                        entry.key().kind()
                                + meant.map(known -> " (expected: " + known + ")")
                                        .orElse(" (expected: a key of the specification, unless it is your own)"));
            } else if (empty(entry.value())) {
                remarks.add(Check.EMPTY_KEY, entry.key(), key + " without a value (expected: one, or no key)");
            }
        }
    }

    private static boolean empty(YamlNode node) {
        return switch (node) {
            case YamlNode.Scalar scalar -> scalar.text().isBlank();
            case YamlNode.Sequence sequence -> sequence.items().isEmpty();
            case YamlNode.Mapping mapping -> mapping.entries().isEmpty();
        };
    }

    /** Whether two words differ in case, by one letter more, less or other, or by two that changed places. */
    static boolean near(String one, String other) {
        String a = one.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        int front = 0;
        while (front < Math.min(a.length(), b.length()) && a.charAt(front) == b.charAt(front)) {
            front++;
        }
        int back = 0;
        while (back < Math.min(a.length(), b.length()) - front
                && a.charAt(a.length() - 1 - back) == b.charAt(b.length() - 1 - back)) {
            back++;
        }
        String left = a.substring(front, a.length() - back);
        String right = b.substring(front, b.length() - back);
        return (left.length() <= 1 && right.length() <= 1)
                || (left.length() == 2 && right.equals("" + left.charAt(1) + left.charAt(0)));
    }

    private void identity(RuleText text, Metadata metadata) {
        String id = metadata.id();
        if (id.startsWith("unnamed-")) {
            remarks.add(Check.NO_ID, text.mapping(), id + " (expected: an id, so that a match can be traced)");
        } else if (!UUID.matcher(id).matches()) {
            at(Check.ID_FORM, text, "id", "'" + id + "' (expected: a UUID)");
        } else {
            if (id.charAt(14) != '4') {
                at(Check.ID_VERSION, text, "id", "'" + id + "' is of version " + id.charAt(14) + " (expected: 4)");
            }
            if (!id.equals(id.toLowerCase(Locale.ROOT))) {
                at(Check.ID_CASE, text, "id", "'" + id + "' (expected: " + id.toLowerCase(Locale.ROOT) + ")");
            }
        }
        if (!metadata.name().isEmpty() && !metadata.name().matches("[a-z0-9_-]+")) {
            at(Check.NAME_FORM, text, "name", "'" + metadata.name() + "' (expected: such as read_of_a_key)");
        }
        String title = metadata.title();
        if (title.length() > LONGEST_TITLE) {
            at(Check.TITLE_LENGTH, text, "title", title.length() + " characters (expected: <= " + LONGEST_TITLE + ")");
        }
        if (Character.isLowerCase(title.codePointAt(0)) || title.endsWith(".")) {
            at(
                    Check.TITLE_FORM,
                    text,
                    "title",
                    "'" + Remarks.shortened(title) + "' (expected: a capital in front and no full stop)");
        }
    }

    private void reported(RuleText text, Metadata metadata) {
        if (metadata.level().isEmpty()) {
            at(Check.NO_LEVEL, text, "title", "no level (expected: one; medium is assumed)");
        }
        if (metadata.status().isEmpty()) {
            at(Check.NO_STATUS, text, "title", "no status (expected: stable, test or experimental)");
        }
        if (metadata.level().filter(Level.CRITICAL::equals).isPresent()
                && metadata.status().equals("experimental")) {
            at(
                    Check.LEVEL_STATUS,
                    text,
                    "level",
                    "critical and experimental (expected: a lower level until it is proven)");
        }
        String description = metadata.description();
        if (description.isEmpty()) {
            at(Check.NO_DESCRIPTION, text, "title", "no description (expected: what a match means)");
        } else if (description.length() < SHORTEST_DESCRIPTION || description.equalsIgnoreCase(metadata.title())) {
            at(
                    Check.SHORT_DESCRIPTION,
                    text,
                    "description",
                    "'" + description + "' (expected: what a match means, in a sentence)");
        }
        if (metadata.author().isEmpty()) {
            at(Check.NO_AUTHOR, text, "title", "no author (expected: who answers for it)");
        }
        if (metadata.license().isEmpty()) {
            at(Check.NO_LICENSE, text, "title", "no license (expected: an SPDX id such as Apache-2.0)");
        }
        if (text.text("date").isEmpty()) {
            at(Check.NO_DATE, text, "title", "no date (expected: when it was written)");
        }
        if (text.list("references").isEmpty()) {
            at(Check.NO_REFERENCES, text, "title", "no references (expected: where the technique is described)");
        }
        if (metadata.tags().isEmpty()) {
            at(Check.NO_TAGS, text, "title", "no tags (expected: such as attack.t1059.004)");
        }
        List<YamlNode.Scalar> falsePositives = text.list("falsepositives");
        if (falsePositives.isEmpty() && metadata.level().orElse(Level.MEDIUM).compareTo(Level.MEDIUM) >= 0) {
            at(Check.NO_FALSE_POSITIVES, text, "title", "no falsepositives (expected: what else makes it match)");
        }
        for (YamlNode.Scalar item : falsePositives) {
            if (VAGUE.contains(item.text().toLowerCase(Locale.ROOT).strip())) {
                remarks.add(Check.FALSE_POSITIVES_VAGUE, item, item.kind() + " (expected: what else makes it match)");
            }
        }
    }

    private void dates(RuleText text) {
        Optional<LocalDate> date = date(text, "date");
        Optional<LocalDate> modified = date(text, "modified");
        if (date.isPresent() && modified.isPresent() && modified.get().isBefore(date.get())) {
            at(Check.DATE_ORDER, text, "modified", modified.get() + " (expected: " + date.get() + " or later)");
        }
        if (!text.text("modified").isEmpty() && text.text("date").isEmpty()) {
            at(Check.MODIFIED_ALONE, text, "modified", "modified without date (expected: both)");
        }
    }

    private Optional<LocalDate> date(RuleText text, String key) {
        String date = text.text(key);
        if (date.isEmpty()) {
            return Optional.empty();
        }
        if (!date.matches("[0-9]{4}-[0-9]{2}-[0-9]{2}")) {
            at(Check.DATE_FORM, text, key, "'" + date + "' (expected: such as 2026-01-31)");
        }
        try {
            String[] parts = date.split("[-/]");
            return Optional.of(
                    LocalDate.of(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2])));
        } catch (DateTimeException e) {
            at(Check.DATE_IMPOSSIBLE, text, key, "'" + date + "' (expected: a day of the calendar)");
            return Optional.empty();
        }
    }

    private void references(RuleText text) {
        Set<String> seen = new HashSet<>();
        for (YamlNode.Scalar reference : text.list("references")) {
            String url = reference.text().strip();
            if (!url.matches("(?i)[a-z][a-z0-9+.-]*://\\S+")) {
                remarks.add(Check.REFERENCE_FORM, reference, reference.kind() + " (expected: a URL)");
            } else if (url.toLowerCase(Locale.ROOT).startsWith("http://")) {
                remarks.add(Check.REFERENCE_HTTP, reference, reference.kind() + " (expected: https)");
            }
            if (!seen.add(url)) {
                remarks.add(Check.REFERENCE_TWICE, reference, reference.kind() + " again (expected: once)");
            }
        }
    }

    private void related(RuleText text, Metadata metadata) {
        if (!(text.mapping().find("related") instanceof YamlNode.Sequence list)) {
            return;
        }
        for (YamlNode node : list.items()) {
            if (!(node instanceof YamlNode.Mapping relation)) {
                remarks.add(Check.RELATED_FORM, node, node.kind() + " (expected: a map of id and type)");
                continue;
            }
            RuleText other = new RuleText(relation);
            if (!UUID.matcher(other.text("id")).matches() || !RELATIONS.contains(other.text("type"))) {
                remarks.add(
                        Check.RELATED_FORM,
                        node,
                        "id '" + other.text("id") + "', type '" + other.text("type") + "' (expected: a UUID and one of "
                                + String.join(", ", new TreeSet<>(RELATIONS)) + ")");
            }
            if (other.text("id").equalsIgnoreCase(metadata.id())) {
                remarks.add(Check.RELATED_SELF, node, "its own id (expected: another rule's)");
            }
        }
    }

    private void tags(RuleText text, Metadata metadata) {
        Set<String> seen = new HashSet<>();
        for (YamlNode.Scalar node : text.list("tags")) {
            String tag = node.text();
            String namespace = tag.contains(".") ? tag.substring(0, tag.indexOf('.')) : tag;
            if (!tag.equals(tag.toLowerCase(Locale.ROOT))) {
                remarks.add(Check.TAG_CASE, node, "'" + tag + "' (expected: " + tag.toLowerCase(Locale.ROOT) + ")");
            } else if (!TAG.matcher(tag).matches()
                    || !NAMESPACES.contains(namespace)
                    || (namespace.equals("attack") && !ATTACK.matcher(tag).matches())
                    || (namespace.equals("atlas") && !ATLAS.matcher(tag).matches())) {
                remarks.add(Check.TAG_FORM, node, "'" + tag + "' (expected: such as attack.t1059.004)");
            }
            if (!seen.add(tag)) {
                remarks.add(Check.TAG_TWICE, node, "'" + tag + "' again (expected: once)");
            }
        }
        for (Techniques base : Techniques.values()) {
            published(base, text, metadata.tags());
        }
    }

    private void published(Techniques base, RuleText text, List<String> tags) {
        List<Tactic> tactics = new ArrayList<>();
        List<String> techniques = new ArrayList<>();
        for (YamlNode.Scalar node : text.list("tags")) {
            String tag = node.text();
            if (!tag.startsWith(base.namespace() + ".")) {
                continue;
            }
            Optional<String> id = base.technique(tag);
            Optional<Tactic> tactic = base.tactic(tag);
            tactic.ifPresent(tactics::add);
            if (id.isPresent() && base.techniques().containsKey(id.get())) {
                techniques.add(id.get());
            } else if (id.isPresent() && base.retired(id.get()).isPresent()) {
                String successor = base.retired(id.get()).orElseThrow();
                remarks.add(
                        Check.TAG_RETIRED,
                        node,
                        "'" + tag + "' was retired (expected: "
                                + (successor.isEmpty()
                                        ? "none took its place"
                                        : base.namespace() + "." + successor.toLowerCase(Locale.ROOT))
                                + ")");
            } else if (tactic.isEmpty() && !tag.matches("attack\\.(g|s|ds|m|a)[0-9]{4}")) {
                remarks.add(
                        Check.TAG_UNKNOWN,
                        node,
                        "'" + tag + "' (expected: a technique or tactic of " + base.name() + " " + base.version()
                                + ")");
            }
        }
        together(base, text, tags, tactics, techniques);
    }

    private void together(
            Techniques base, RuleText text, List<String> tags, List<Tactic> tactics, List<String> techniques) {
        Set<String> belonging = base.tacticsOf(tags);
        for (YamlNode.Scalar node : text.list("tags")) {
            Optional<Tactic> tactic = base.tactic(node.text());
            if (tactic.isPresent()
                    && !techniques.isEmpty()
                    && !belonging.contains(tactic.get().shortName())) {
                remarks.add(
                        Check.TAG_TACTIC_MISMATCH,
                        node,
                        "'" + node.text() + "' (expected: one of " + String.join(", ", belonging)
                                + ", as the techniques are)");
            }
            Optional<String> id = base.technique(node.text());
            if (id.isEmpty()) {
                continue;
            }
            Technique technique = base.techniques().get(id.get());
            if (technique != null
                    && tactics.stream().noneMatch(one -> technique.tactics().contains(one.shortName()))) {
                remarks.add(
                        Check.TAG_TACTIC_MISSING,
                        node,
                        "'" + node.text() + "' (expected: a tag of " + String.join(" or ", technique.tactics()) + ")");
            }
            if (techniques.stream().anyMatch(other -> other.startsWith(id.get() + "."))) {
                remarks.add(
                        Check.TAG_PARENT,
                        node,
                        "'" + node.text() + "' beside a part of it (expected: the sub-technique alone)");
            }
        }
    }
}
