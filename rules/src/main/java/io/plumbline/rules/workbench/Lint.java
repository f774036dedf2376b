package io.plumbline.rules.workbench;

import io.plumbline.rules.Position;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.RegexTree;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.sigma.TextPattern;
import io.plumbline.rules.sigma.ValueTest;
import io.plumbline.rules.yaml.YamlNode;
import io.plumbline.rules.yaml.YamlReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Says what is wrong with rules, and what is allowed but doubtful. */
public final class Lint {
    private static final Set<String> KEYS = Set.of(
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
            Pattern.compile("attack\\.(t[0-9]{4}(\\.[0-9]{3})?|g[0-9]{4}|s[0-9]{4}|ta[0-9]{4}|[a-z]+(-[a-z]+)*)");
    private static final Set<String> NAMESPACES =
            Set.of("attack", "car", "cve", "d3fend", "detection", "stp", "tlp", "atlas");

    /** How bad a remark is. */
    public enum Severity {
        /** The document is refused. */
        ERROR,
        /** It is used, and probably does not mean what its author meant, or not well. */
        WARNING,
        /** Something to know. */
        NOTE
    }

    /** What was found. */
    public enum Check {
        REFUSED("the document cannot be used"),
        UNUSED_IDENTIFIER("a search identifier that no condition uses"),
        UNKNOWN_KEY("a key at the top that is not in the specification"),
        NO_ID("a rule without an id"),
        ID_FORM("an id that is no UUID"),
        NO_LEVEL("a reported rule without a level"),
        NO_DESCRIPTION("a reported rule without a description"),
        TAG_FORM("a tag of another form or namespace"),
        DUPLICATE_TITLE("a title that two reported rules have"),
        SILENT_RULE("a rule that reports only through correlations"),
        FILTER_POLARITY("a filter that keeps what it selects"),
        ALWAYS_EVALUATED("a rule that is looked at for every event of its log source"),
        SLOW_EXPRESSION("a regular expression without a text that it needs"),
        EMPTY_VALUE("an empty text under contains, startswith or endswith"),
        DEPRECATED("a rule that says it is not to be used any more");

        private final String meaning;

        Check(String meaning) {
            this.meaning = meaning;
        }

        /** What the check is about, one line. */
        public String meaning() {
            return meaning;
        }

        /** Its name in reports. */
        public String id() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }

    /** One remark. */
    public record Remark(Check check, Severity severity, Position position, String text) {}

    private final List<Remark> remarks = new ArrayList<>();

    private Lint() {}

    /** Remarks on sources that are meant to be loaded together, by place. */
    public static List<Remark> check(List<RuleSource> sources, Placeholders placeholders) {
        Lint lint = new Lint();
        RuleSet.Loaded loaded = RuleSet.loadUsable(sources, placeholders);
        for (RuleException problem : loaded.problems()) {
            lint.add(Check.REFUSED, Severity.ERROR, problem.position(), problem.code() + ": " + problem.problem());
        }
        sources.forEach(lint::keys);
        lint.documents(loaded.set());
        lint.remarks.sort(
                Comparator.comparing((Remark remark) -> remark.position().source())
                        .thenComparing(remark -> remark.position().line())
                        .thenComparing(remark -> remark.position().column())
                        .thenComparing(Remark::check));
        return List.copyOf(lint.remarks);
    }

    private void add(Check check, Severity severity, Position position, String text) {
        remarks.add(new Remark(check, severity, position, text));
    }

    private void keys(RuleSource source) {
        try {
            for (YamlNode node : YamlReader.read(source.name(), source.text())) {
                if (node instanceof YamlNode.Mapping mapping) {
                    for (YamlNode.Entry entry : mapping.entries()) {
                        if (!KEYS.contains(entry.key().text())) {
                            add(
                                    Check.UNKNOWN_KEY,
                                    Severity.NOTE,
                                    entry.key().position(),
                                    entry.key().kind()
                                            + " (expected: a key of the specification, unless it is your own)");
                        }
                    }
                }
            }
        } catch (RuleException e) {
            // Loading has said so.
            return;
        }
    }

    private void documents(RuleSet set) {
        Map<String, Metadata> titles = new HashMap<>();
        for (SigmaDocument document : set.documents()) {
            Metadata metadata = document.metadata();
            Position at = metadata.position();
            set.unusedIdentifiers(document)
                    .forEach(name -> add(
                            Check.UNUSED_IDENTIFIER,
                            Severity.WARNING,
                            at,
                            "'" + name + "' (expected: used by the condition)"));
            metadata(metadata);
            Metadata other = set.reports(document) ? titles.putIfAbsent(metadata.title(), metadata) : null;
            if (other != null) {
                add(
                        Check.DUPLICATE_TITLE,
                        Severity.WARNING,
                        at,
                        "'" + metadata.title() + "' is " + other.position() + " too");
            }
            switch (document) {
                case SigmaDocument.Filter filter -> {
                    if (!filter.excludes()) {
                        add(
                                Check.FILTER_POLARITY,
                                Severity.WARNING,
                                at,
                                "the named rules match only what the filter selects (expected: a condition that begins with not)");
                    }
                }
                case SigmaDocument.Detection detection -> {
                    reporting(set, document);
                    detection(detection);
                }
                case SigmaDocument.Correlation ignored -> reporting(set, document);
            }
        }
    }

    private void metadata(Metadata metadata) {
        Position at = metadata.position();
        if (metadata.id().startsWith("unnamed-")) {
            add(Check.NO_ID, Severity.WARNING, at, metadata.id() + " (expected: an id, so that a match can be traced)");
        } else if (!UUID.matcher(metadata.id()).matches()) {
            add(Check.ID_FORM, Severity.NOTE, at, "'" + metadata.id() + "' (expected: a UUID)");
        }
        for (String tag : metadata.tags()) {
            String namespace = tag.contains(".") ? tag.substring(0, tag.indexOf('.')) : tag;
            if (!TAG.matcher(tag).matches()
                    || !NAMESPACES.contains(namespace)
                    || (namespace.equals("attack") && !ATTACK.matcher(tag).matches())) {
                add(Check.TAG_FORM, Severity.WARNING, at, "'" + tag + "' (expected: such as attack.t1059.004)");
            }
        }
        if (metadata.status().equals("deprecated") || metadata.status().equals("unsupported")) {
            add(Check.DEPRECATED, Severity.WARNING, at, "status " + metadata.status() + " (expected: a rule in use)");
        }
    }

    private void reporting(RuleSet set, SigmaDocument document) {
        Metadata metadata = document.metadata();
        if (!set.reports(document)) {
            add(
                    Check.SILENT_RULE,
                    Severity.NOTE,
                    metadata.position(),
                    "'" + metadata.title() + "' feeds correlations only (generate: true would report it as well)");
            return;
        }
        if (metadata.level().isEmpty()) {
            add(Check.NO_LEVEL, Severity.WARNING, metadata.position(), "no level (expected: one; medium is assumed)");
        }
        if (metadata.description().isEmpty()) {
            add(Check.NO_DESCRIPTION, Severity.NOTE, metadata.position(), "no description (expected: what it means)");
        }
    }

    private void detection(SigmaDocument.Detection detection) {
        Position at = detection.metadata().position();
        if (Program.compile(List.of(detection.expression())).alwaysEvaluated() > 0) {
            add(
                    Check.ALWAYS_EVALUATED,
                    Severity.NOTE,
                    at,
                    "no value has to be there for a match (expected: a positive selection)");
        }
        Set<String> texts = new LinkedHashSet<>();
        tests(detection.expression(), new IdentityHashMap<>(), at, texts);
    }

    private void tests(
            Expression expression, IdentityHashMap<Expression, Boolean> seen, Position at, Set<String> told) {
        if (seen.put(expression, true) != null) {
            return;
        }
        switch (expression) {
            case Expression.And and -> and.parts().forEach(part -> tests(part, seen, at, told));
            case Expression.Or or -> or.parts().forEach(part -> tests(part, seen, at, told));
            case Expression.Not not -> tests(not.part(), seen, at, told);
            case Expression.Test test -> test.anyOf().forEach(value -> value(test.field(), value, at, told));
        }
    }

    private void value(String field, ValueTest value, Position at, Set<String> told) {
        if (value instanceof ValueTest.Regex regex
                && RegexTree.requiredTexts(regex.expression()).isEmpty()
                && told.add(regex.expression())) {
            add(
                    Check.SLOW_EXPRESSION,
                    Severity.NOTE,
                    at,
                    field + ": no text has to be in a match of '" + shortened(regex.expression())
                            + "' (expected: one of two" + " characters or more)");
        }
        if (value instanceof ValueTest.Text text
                && text.pattern().symbols().length() > 1
                && text.pattern().literals().isEmpty()
                && text.pattern().symbols().indexOf(TextPattern.ONE) < 0
                && told.add(field)) {
            add(
                    Check.EMPTY_VALUE,
                    Severity.WARNING,
                    at,
                    field + ": any value fits (expected: a text, or exists: true)");
        }
    }

    private static String shortened(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
