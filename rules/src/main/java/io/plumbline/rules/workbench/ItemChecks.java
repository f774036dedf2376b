package io.plumbline.rules.workbench;

import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Numbers;
import io.plumbline.rules.sigma.RequiredTexts;
import io.plumbline.rules.sigma.TextPattern;
import io.plumbline.rules.workbench.RuleText.Item;
import io.plumbline.rules.yaml.YamlNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Log source, search identifiers, items and values of a rule or filter, as they are written. */
final class ItemChecks {
    /** Shorter texts anywhere in a field say little. */
    static final int SHORT_TEXT = 3;

    private static final Set<String> FILE_FIELDS = Set.of("Image", "ParentImage", "TargetFilename", "SourceFilename");
    private static final Pattern HOST_WITH_DOT =
            Pattern.compile("(?<![\\\\\\[])[a-z0-9]\\.(com|net|org|io|dev|ai|sh)\\b");
    private static final int MOST_COMPARED = 200;

    private final Remarks remarks;

    ItemChecks(Remarks remarks) {
        this.remarks = remarks;
    }

    void check(RuleText text, LogSource source) {
        logSource(text, source);
        condition(text);
        Optional<Set<String>> fields = Taxonomy.fields(source);
        for (Item item : text.items()) {
            fields.ifPresent(known -> field(item, known));
            item(item, source);
        }
        fields.ifPresent(known -> text.list("fields").forEach(field -> {
            if (!known.contains(field.text())) {
                remarks.add(Check.FIELDS_UNKNOWN, field, field.kind() + " (expected: a field of " + source + ")");
            }
        }));
        List<Item> items = text.items();
        if (!items.isEmpty() && items.stream().allMatch(item -> item.field().isEmpty())) {
            remarks.add(
                    Check.KEYWORDS_ONLY,
                    items.getFirst().place(),
                    "keywords only (expected: fields, where they are known)");
        }
    }

    private void logSource(RuleText text, LogSource source) {
        if (!(text.mapping().find("logsource") instanceof YamlNode.Mapping body)) {
            return;
        }
        for (YamlNode.Entry entry : body.entries()) {
            if (!Set.of("category", "product", "service", "definition")
                    .contains(entry.key().text())) {
                remarks.add(
                        Check.LOGSOURCE_KEY,
                        entry.key(),
                        entry.key().kind() + " (expected: category, product, service or definition)");
            } else if (!entry.key().text().equals("definition")
                    && entry.value() instanceof YamlNode.Scalar value
                    && !value.text().equals(value.text().toLowerCase(Locale.ROOT))) {
                remarks.add(Check.LOGSOURCE_CASE, value, value.kind() + " (expected: lower case)");
            }
        }
        boolean own = source.product().equals("linux") || source.product().equals("agent");
        if (Taxonomy.fields(source).isEmpty()) {
            remarks.add(
                    own ? Check.LOGSOURCE_UNKNOWN : Check.LOGSOURCE_FOREIGN,
                    body,
                    source + " (expected: one of " + String.join(", ", Taxonomy.names()) + ")");
        } else if (source.category().isEmpty() && source.service().isEmpty()) {
            remarks.add(Check.LOGSOURCE_BROAD, body, source + " (expected: a category as well)");
        }
    }

    private void condition(RuleText text) {
        List<String> names =
                text.identifiers().stream().map(YamlNode.Scalar::text).toList();
        for (YamlNode.Scalar condition : text.conditions()) {
            String[] words = condition.text().replaceAll("[()]", " ").strip().split("\\s+");
            for (int i = 0; i + 1 < words.length; i++) {
                if (words[i].equals("not") && words[i + 1].equals("not")) {
                    remarks.add(Check.DOUBLE_NEGATION, condition, "not not (expected: neither)");
                }
                if (i + 2 < words.length && words[i + 1].equals("of")) {
                    quantified(condition, words[i], words[i + 2], names);
                }
            }
        }
    }

    private void quantified(YamlNode.Scalar condition, String quantity, String pattern, List<String> names) {
        String regex =
                pattern.equals("them") ? "[^_].*" : Pattern.quote(pattern).replace("*", "\\E.*\\Q");
        List<String> selected =
                names.stream().filter(name -> name.matches(regex)).toList();
        if (selected.size() == 1) {
            remarks.add(
                    quantity.equals("all") ? Check.ALL_OF_ONE : Check.ONE_OF_ONE,
                    condition,
                    quantity + " of " + pattern + " is " + selected.getFirst() + " alone (expected: its name)");
        }
        if (pattern.equals("them")
                && selected.stream().anyMatch(name -> name.startsWith("filter") || name.startsWith("exclu"))) {
            remarks.add(
                    Check.THEM_WITH_FILTER,
                    condition,
                    quantity + " of them takes in " + String.join(", ", selected)
                            + " (expected: a pattern without the filters)");
        }
    }

    private void field(Item item, Set<String> known) {
        String field = item.field();
        if (field.isEmpty() || known.contains(field)) {
            return;
        }
        Optional<String> cased =
                known.stream().filter(name -> name.equalsIgnoreCase(field)).findFirst();
        remarks.add(
                cased.isPresent() ? Check.FIELD_CASE : Check.FIELD_UNKNOWN,
                item.place(),
                "'" + field + "' (expected: "
                        + cased.orElseGet(() -> known.stream()
                                .filter(name -> MetadataChecks.near(name, field))
                                .findFirst()
                                .orElse("a field of the log source"))
                        + ")");
    }

    private void item(Item item, LogSource source) {
        List<YamlNode.Scalar> values = item.values();
        for (YamlNode.Scalar value : values) {
            if (item.has("re")) {
                regex(item, value);
            } else if (item.has("cidr")) {
                network(value);
            } else if (!item.has("fieldref") && !item.has("exists")) {
                text(item, value, source);
            }
        }
        list(item);
        modifiers(item, source);
    }

    private void modifiers(Item item, LogSource source) {
        List<String> texts = item.values().stream().map(YamlNode.Scalar::text).toList();
        if (item.has("cased")
                && texts.stream()
                        .allMatch(text -> text.toLowerCase(Locale.ROOT).equals(text.toUpperCase(Locale.ROOT)))) {
            remarks.add(Check.USELESS_CASED, item.place(), "cased without letters (expected: none of it)");
        }
        if (item.has("windash") && texts.stream().noneMatch(text -> text.matches("(?s).*[-/–—―].*"))) {
            remarks.add(Check.USELESS_WINDASH, item.place(), "windash without a dash (expected: none of it)");
        }
        if (item.has("expand") && texts.stream().noneMatch(text -> text.contains("%"))) {
            remarks.add(Check.USELESS_EXPAND, item.place(), "expand without %name% (expected: none of it)");
        }
        if (item.has("neq")) {
            remarks.add(
                    Check.NEGATED_NEQ,
                    item.place(),
                    item.field()
                            + ": events without the field do not fit (expected: a selection after not, if they should)");
        }
        if (item.has("all")
                && item.whole()
                && texts.stream().noneMatch(text -> text.contains("*") || text.contains("?"))
                && !Taxonomy.several(source, item.field())) {
            remarks.add(
                    Check.ALL_EQUAL,
                    item.place(),
                    item.field() + ": all of " + texts.size() + " whole values of one (expected: contains|all)");
        }
    }

    private void text(Item item, YamlNode.Scalar node, LogSource source) {
        String written = node.text();
        TextPattern pattern = TextPattern.parse(written);
        String symbols = pattern.symbols();
        boolean wild = pattern.wild();
        boolean lines = item.has("contains") || item.field().isEmpty();
        if (written.chars().anyMatch(c -> c < ' ' && c != '\t' && !(c == '\n' && lines))) {
            remarks.add(
                    Check.CONTROL_CHARACTER,
                    node,
                    Remarks.shortened(written.strip()) + " (expected: one line of text)");
        }
        if (!symbols.isEmpty() && pattern.literals().isEmpty() && symbols.indexOf(TextPattern.ONE) < 0) {
            remarks.add(
                    Check.WILDCARD_ONLY, node, item.field() + ": any text fits (expected: a text, or exists: true)");
        }
        if (symbols.isEmpty() && (item.has("contains") || item.has("startswith") || item.has("endswith"))) {
            remarks.add(Check.EMPTY_VALUE, node, item.field() + ": any value fits (expected: a text, or exists: true)");
        }
        if (written.contains("\\*") || written.contains("\\?")) {
            if (!written.contains("\\\\")) {
                remarks.add(Check.ESCAPED_WILDCARD, node, node.kind() + " (expected: * and ? themselves are meant)");
            }
        }
        if (item.whole() && !written.isEmpty() && !written.equals(written.strip())) {
            remarks.add(Check.PADDED_VALUE, node, node.kind() + " (expected: no blank at an end)");
        }
        wildcards(item, node, pattern);
        if (!wild) {
            meaning(item, node, source);
        }
    }

    private void wildcards(Item item, YamlNode.Scalar node, TextPattern pattern) {
        String symbols = pattern.symbols();
        if (!pattern.wild() || pattern.literals().isEmpty()) {
            return;
        }
        boolean front = symbols.charAt(0) == TextPattern.ANY;
        boolean back = symbols.charAt(symbols.length() - 1) == TextPattern.ANY;
        String inner = symbols.substring(front ? 1 : 0, symbols.length() - (back ? 1 : 0));
        boolean inside = inner.indexOf(TextPattern.ANY) >= 0 || inner.indexOf(TextPattern.ONE) >= 0;
        boolean contains = item.has("contains") || item.field().isEmpty();
        if ((front && (contains || item.has("endswith"))) || (back && (contains || item.has("startswith")))) {
            remarks.add(
                    Check.WILDCARD_REPEATED,
                    node,
                    node.kind() + " (expected: no * at the end that the modifier opens)");
        } else if (item.whole() && (front || back) && !inside) {
            remarks.add(
                    Check.WILDCARD_FOR_MODIFIER,
                    node,
                    node.kind() + " (expected: " + (front && back ? "contains" : front ? "endswith" : "startswith")
                            + ")");
        }
        if (inside && (front || contains || item.has("endswith"))) {
            remarks.add(
                    Check.LEADING_WILDCARD,
                    node,
                    node.kind() + " (expected: contains|all of its pieces, if order does not matter)");
        }
    }

    private void meaning(Item item, YamlNode.Scalar node, LogSource source) {
        String field = item.field();
        String value = node.text();
        boolean file = FILE_FIELDS.contains(field);
        List<String> known = Taxonomy.fields(source).isPresent() && item.whole() ? Taxonomy.values(field) : List.of();
        if (!known.isEmpty() && known.stream().noneMatch(value::equalsIgnoreCase)) {
            remarks.add(
                    Check.VALUE_UNKNOWN,
                    node,
                    field + " " + node.kind() + " (expected: one of " + String.join(", ", known) + ")");
        }
        if (field.endsWith("Image") && item.has("endswith") && value.matches("[A-Za-z0-9_.+-]+")) {
            remarks.add(
                    Check.SUFFIX_WITHOUT_SLASH,
                    node,
                    node.kind() + " is the end of other names too (expected: '"
                            + (source.product().equals("windows") ? "\\" : "/") + value + "')");
        }
        if (file && source.product().equals("linux") && value.matches("(?i).*(\\\\[a-z]|^[a-z]:\\\\).*")) {
            remarks.add(Check.WINDOWS_PATH, node, node.kind() + " (expected: a path with slashes)");
        }
        boolean begins = item.whole() || item.has("startswith");
        if (file
                && source.product().equals("linux")
                && begins
                && !value.isEmpty()
                && !value.matches("[/~$.].*")
                && !field.equals("Image")) {
            remarks.add(Check.RELATIVE_PATH, node, node.kind() + " (expected: a path from / or ~, or endswith)");
        }
        if (field.endsWith("Port")
                && item.whole()
                && Numbers.parse(value) instanceof java.math.BigDecimal port
                && (port.signum() < 0 || port.intValue() > 65_535)) {
            remarks.add(Check.PORT_RANGE, node, node.kind() + " (expected: 0 to 65535)");
        }
    }

    private void network(YamlNode.Scalar node) {
        if (node.text().endsWith("/0")) {
            remarks.add(Check.EVERY_ADDRESS, node, node.kind() + " (expected: a smaller network, or exists: true)");
        } else if (node.text().matches("([0-9.]+/32|[0-9a-fA-F:.]+/128)")) {
            remarks.add(Check.SINGLE_ADDRESS, node, node.kind() + " (expected: the address without cidr)");
        }
    }

    private void regex(Item item, YamlNode.Scalar node) {
        String expression = node.text();
        com.google.re2j.Pattern compiled;
        try {
            compiled = com.google.re2j.Pattern.compile(expression);
        } catch (com.google.re2j.PatternSyntaxException e) {
            // Loading has said so.
            return;
        }
        if (compiled.matcher("").find()) {
            remarks.add(
                    Check.REGEX_EMPTY, node, node.kind() + ": any text fits (expected: a part that has to be there)");
            return;
        }
        if (expression.startsWith("(?i)")) {
            remarks.add(Check.REGEX_INLINE_CASE, node, node.kind() + " (expected: re|i)");
        }
        String bare = expression.replaceFirst("^\\(\\?[ims]+\\)", "");
        if (bare.startsWith(".*") || (bare.endsWith(".*") && !bare.endsWith("\\.*"))) {
            remarks.add(
                    Check.REGEX_OPEN_END, node, node.kind() + " (expected: no .* at an end, since it may be anywhere)");
        }
        if (bare.matches("\\^?([A-Za-z0-9 _/:=,@%&;'\"!~<>#-]|\\\\[^A-Za-z0-9])+\\$?")) {
            remarks.add(
                    Check.REGEX_LITERAL,
                    node,
                    node.kind() + " (expected: contains, startswith or endswith" + (item.has("i") ? "" : " with cased")
                            + ")");
        }
        if (HOST_WITH_DOT.matcher(bare).find()) {
            remarks.add(Check.REGEX_DOT, node, node.kind() + " (expected: \\. for a dot)");
        }
        if (RequiredTexts.of(expression).isEmpty()) {
            remarks.add(
                    Check.SLOW_EXPRESSION,
                    node,
                    item.field() + ": no text has to be in a match of " + node.kind()
                            + " (expected: one of two characters or more)");
        }
    }

    private void list(Item item) {
        List<YamlNode.Scalar> values = item.values();
        Set<String> exact = new HashSet<>();
        Set<String> folded = new HashSet<>();
        boolean numbers = false;
        boolean texts = false;
        for (YamlNode.Scalar value : values) {
            boolean number = value.plain() && Numbers.parse(value.text()) != null;
            numbers |= number;
            texts |= !number && Numbers.parse(value.text()) == null;
            if (!exact.add(value.text())) {
                remarks.add(Check.DUPLICATE_VALUE, value, value.kind() + " again (expected: once)");
            } else if (!item.has("cased")
                    && !item.has("re")
                    && !item.has("base64")
                    && !item.has("base64offset")
                    && !folded.add(value.text().toLowerCase(Locale.ROOT))) {
                remarks.add(
                        Check.DUPLICATE_VALUE_CASE, value, value.kind() + " again in another case (expected: once)");
            }
        }
        if (numbers && texts && item.whole()) {
            remarks.add(Check.MIXED_TYPES, item.place(), item.field() + " (expected: numbers or texts, not both)");
        }
        subsumed(item);
    }

    private void subsumed(Item item) {
        if (!(item.has("contains") || item.has("startswith") || item.has("endswith"))
                || item.modifiers().size() > 2
                || item.values().size() > MOST_COMPARED) {
            return;
        }
        List<String> texts = new ArrayList<>();
        item.values()
                .forEach(value -> texts.add(
                        item.has("cased") ? value.text() : value.text().toLowerCase(Locale.ROOT)));
        for (int i = 0; i < texts.size(); i++) {
            for (int j = 0; j < texts.size(); j++) {
                String narrow = texts.get(i);
                String wide = texts.get(j);
                boolean covered = item.has("contains")
                        ? narrow.contains(wide)
                        : item.has("startswith") ? narrow.startsWith(wide) : narrow.endsWith(wide);
                if (covered && !wide.isEmpty() && narrow.length() > wide.length()) {
                    boolean all = item.has("all");
                    remarks.add(
                            Check.SUBSUMED_VALUE,
                            item.values().get(all ? j : i),
                            item.values().get(i).kind() + " has "
                                    + item.values().get(j).kind()
                                    + " in it (expected: only "
                                    + (all ? "the longer" : "the shorter") + ")");
                    break;
                }
            }
        }
    }
}
