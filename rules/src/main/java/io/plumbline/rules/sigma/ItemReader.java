package io.plumbline.rules.sigma;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.plumbline.rules.Position;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.sigma.Modifier.Kind;
import io.plumbline.rules.yaml.YamlNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** One entry of a detection: a field with its modifiers and values, read into tests. */
final class ItemReader {
    /** Values of one item, what modifiers make of them included. */
    static final int MAX_VALUES = 20_000;

    /** Characters of a value. */
    static final int MAX_VALUE = 8192;

    /** Wildcards of a value. */
    static final int MAX_WILDCARDS = 64;

    /** Dashes that windash varies in one value: five to the fourth are 625 texts. */
    static final int MAX_DASHES = 4;

    /** Instructions that a regular expression may compile to, as far as repetitions tell. */
    static final int MAX_REGEX_SIZE = 20_000;

    private final Placeholders placeholders;
    private final FieldNames names;
    private final YamlNode.Scalar key;
    private final String field;
    private final List<Modifier> modifiers = new ArrayList<>();
    private final Set<Modifier> has = EnumSet.noneOf(Modifier.class);

    /** Groups inside each other in a regular expression. */
    static final int MAX_REGEX_DEPTH = 100;

    /** A value on its way through the modifiers. */
    private sealed interface Step {
        record Pattern(TextPattern pattern) implements Step {}

        record Bytes(byte[] bytes) implements Step {}
    }

    ItemReader(Placeholders placeholders, FieldNames names, YamlNode.Scalar key) {
        this.placeholders = placeholders;
        this.names = names;
        this.key = key;
        String[] parts = key.text().split("\\|", -1);
        this.field = parts[0].isEmpty() ? Expression.Test.KEYWORDS : names.of(parts[0], key.position());
        int offset = parts[0].length() + 1;
        for (int i = 1; i < parts.length; i++) {
            add(parts[i], Shape.within(key, offset));
            offset += parts[i].length() + 1;
        }
        if (parts[0].isEmpty() && parts.length == 1) {
            throw new RuleException(Code.DETECTION, key.position(), "an empty field name (expected: a name)");
        }
        combination();
    }

    /** Keywords: values without a field. */
    static Expression keywords(Placeholders placeholders, List<YamlNode> values, Position position) {
        return new ItemReader(placeholders, FieldNames.SIGMA, new YamlNode.Scalar("|contains", false, position))
                .expression(values);
    }

    private void add(String word, Position position) {
        Modifier modifier = Modifier.of(word)
                .orElseThrow(() -> new RuleException(
                        Code.MODIFIER, position, "'" + word + "' (expected: one of " + hint(word) + ")"));
        if (!has.add(modifier)) {
            throw new RuleException(Code.MODIFIER, position, word + " again (expected: each modifier once)");
        }
        if (modifier.kind() == Kind.FLAG && !has.contains(Modifier.RE)) {
            throw new RuleException(
                    Code.MODIFIER, position, word + " without re in front of it (expected: re|" + word + ")");
        }
        modifiers.add(modifier);
    }

    private static String hint(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "ignorecase" -> "i; ignorecase is not in the specification";
            case "multiline" -> "m; multiline is not in the specification";
            case "dotall" -> "s; dotall is not in the specification";
            default -> String.join(", ", Modifier.words());
        };
    }

    private RuleException refused(String problem) {
        return new RuleException(Code.MODIFIER, key.position(), key.text() + ": " + problem);
    }

    private Optional<Modifier> one(Kind kind) {
        List<Modifier> found =
                modifiers.stream().filter(modifier -> modifier.kind() == kind).toList();
        if (found.size() > 1) {
            throw refused(found.get(0).word() + " and " + found.get(1).word() + " (expected: one of them)");
        }
        return found.stream().findFirst();
    }

    private void combination() {
        Optional<Modifier> type = one(Kind.TYPE);
        Optional<Modifier> affix = one(Kind.AFFIX);
        Optional<Modifier> comparison = one(Kind.COMPARISON);
        Optional<Modifier> time = one(Kind.TIME);
        Set<Modifier> allowed = EnumSet.of(Modifier.ALL, Modifier.NEQ);
        if (type.isPresent()) {
            allowed.add(type.get());
            switch (type.get()) {
                case EXISTS -> allowed.clear();
                case RE -> allowed.addAll(Set.of(Modifier.I, Modifier.M, Modifier.S));
                case CIDR -> allowed.add(Modifier.EXPAND);
                default -> {
                    allowed.add(Modifier.CASED);
                    affix.ifPresent(allowed::add);
                }
            }
            allowed.add(type.get());
        } else if (comparison.isPresent() || time.isPresent()) {
            comparison.ifPresent(modifier -> {
                allowed.add(modifier);
                allowed.remove(Modifier.NEQ);
            });
            time.ifPresent(allowed::add);
        } else {
            allowed.addAll(EnumSet.allOf(Modifier.class));
        }
        for (Modifier modifier : modifiers) {
            if (!allowed.contains(modifier)) {
                Modifier other = type.or(() -> comparison).or(() -> time).orElseThrow();
                throw refused(modifier.word() + " with " + other.word() + " (expected: "
                        + (allowed.size() == 1
                                ? "no other modifier"
                                : "no other than "
                                        + String.join(
                                                ", ",
                                                allowed.stream()
                                                        .filter(m -> m != other)
                                                        .map(Modifier::word)
                                                        .toList()))
                        + ")");
            }
        }
        if (field.equals(Expression.Test.KEYWORDS)) {
            for (Modifier modifier : List.of(Modifier.NEQ, Modifier.EXISTS, Modifier.FIELDREF, Modifier.CIDR)) {
                if (has.contains(modifier)) {
                    throw refused(modifier.word() + " on keywords (expected: a field)");
                }
            }
            if (comparison.isPresent() || time.isPresent()) {
                throw refused("a comparison on keywords (expected: a field)");
            }
        }
        order(affix, type);
    }

    private void order(Optional<Modifier> affix, Optional<Modifier> type) {
        for (Modifier modifier : modifiers) {
            boolean encodes = modifier.kind() == Kind.ENCODING;
            if (encodes && affix.isPresent() && modifiers.indexOf(affix.get()) < modifiers.indexOf(modifier)) {
                throw refused(modifier.word() + " after " + affix.get().word() + " (expected: " + modifier.word() + "|"
                        + affix.get().word() + ")");
            }
            if (modifier == Modifier.EXPAND
                    && type.isPresent()
                    && modifiers.indexOf(type.get()) < modifiers.indexOf(modifier)) {
                throw refused("expand after " + type.get().word() + " (expected: expand|"
                        + type.get().word() + ")");
            }
        }
    }

    /** What the item says about its values; they are linked with OR, with {@code all} with AND. */
    Expression expression(List<YamlNode> values) {
        if (values.isEmpty()) {
            throw new RuleException(Code.VALUE, key.position(), key.text() + ": an empty list (expected: values)");
        }
        if (values.size() > MAX_VALUES) {
            throw new RuleException(
                    Code.LIMIT,
                    key.position(),
                    key.text() + ": " + values.size() + " values (expected: <= " + MAX_VALUES + ")");
        }
        if (has.contains(Modifier.ALL) && values.size() == 1) {
            throw refused("all with one value (expected: at least two)");
        }
        List<List<ValueTest>> tests = new ArrayList<>();
        int count = 0;
        for (YamlNode value : values) {
            if (!(value instanceof YamlNode.Scalar scalar)) {
                throw new RuleException(
                        Code.VALUE,
                        value.position(),
                        key.text() + ": " + value.kind() + " (expected: a text, number or boolean)");
            }
            Literal literal = Literal.of(scalar);
            if (literal instanceof Literal.Null && values.size() > 1) {
                throw new RuleException(
                        Code.VALUE,
                        value.position(),
                        key.text() + ": null in a list (expected: a search identifier of its own for null)");
            }
            List<ValueTest> alternatives = value(literal, scalar);
            count += alternatives.size();
            if (count > MAX_VALUES) {
                throw new RuleException(
                        Code.LIMIT,
                        value.position(),
                        key.text() + ": more than " + MAX_VALUES + " values after its modifiers (expected: <= "
                                + MAX_VALUES + ")");
            }
            tests.add(alternatives);
        }
        Expression linked = has.contains(Modifier.ALL)
                ? Expression.and(tests.stream().map(this::test).toList())
                : test(tests.stream().flatMap(List::stream).toList());
        if (has.contains(Modifier.NEQ)) {
            return new Expression.And(List.of(test(List.of(new ValueTest.Present())), new Expression.Not(linked)));
        }
        return linked;
    }

    private Expression test(List<ValueTest> anyOf) {
        if (anyOf.size() == 1 && anyOf.getFirst() instanceof ValueTest.Present && has.contains(Modifier.EXISTS)) {
            return new Expression.Test(field, anyOf);
        }
        return new Expression.Test(field, anyOf.stream().distinct().toList());
    }

    private RuleException wrong(YamlNode.Scalar scalar, String problem) {
        return new RuleException(Code.VALUE, scalar.position(), key.text() + ": " + problem);
    }

    private List<ValueTest> value(Literal literal, YamlNode.Scalar scalar) {
        if (scalar.text().length() > MAX_VALUE) {
            throw new RuleException(
                    Code.LIMIT,
                    scalar.position(),
                    key.text() + ": value of " + scalar.text().length() + " characters (expected: <= " + MAX_VALUE
                            + ")");
        }
        if (literal instanceof Literal.Null) {
            boolean plain = modifiers.stream().allMatch(modifier -> modifier == Modifier.NEQ);
            if (!plain || field.equals(Expression.Test.KEYWORDS)) {
                throw wrong(scalar, "null (expected: a value; null goes with no modifier but neq)");
            }
            return List.of(new ValueTest.Null());
        }
        Optional<Modifier> time = one(Kind.TIME);
        Optional<Modifier> comparison = one(Kind.COMPARISON);
        if (time.isPresent()) {
            return List.of(timePart(literal, scalar, time.get(), comparison));
        }
        if (comparison.isPresent()) {
            if (!(literal instanceof Literal.Number number)) {
                throw wrong(scalar, scalar.kind() + " (expected: a number without quotes)");
            }
            return List.of(
                    new ValueTest.Compare(Comparison.valueOf(comparison.get().name()), number.value()));
        }
        Optional<Modifier> type = one(Kind.TYPE);
        if (type.isPresent() && type.get() == Modifier.EXISTS) {
            throw wrong(scalar, scalar.kind() + " (expected: true or false alone)");
        }
        if (type.isPresent() && !(literal instanceof Literal.Text)) {
            throw wrong(
                    scalar,
                    scalar.kind() + " (expected: text in quotes for "
                            + type.get().word() + ")");
        }
        if (type.isPresent() && type.get() == Modifier.RE) {
            return List.of(regex(scalar));
        }
        if (type.isPresent() && type.get() == Modifier.FIELDREF) {
            if (scalar.text().isEmpty()) {
                throw wrong(scalar, "an empty text (expected: the name of a field)");
            }
            return List.of(new ValueTest.FieldReference(
                    names.of(scalar.text(), scalar.position()), affix(), has.contains(Modifier.CASED)));
        }
        List<TextPattern> patterns = patterns(literal, scalar);
        if (type.isPresent()) {
            return patterns.stream().map(pattern -> cidr(pattern, scalar)).toList();
        }
        return patterns.stream().map(pattern -> text(pattern, scalar)).toList();
    }

    /** {@code exists} alone: its value is a boolean, and false negates. */
    Expression existence(YamlNode value) {
        if (value instanceof YamlNode.Scalar scalar && Literal.of(scalar) instanceof Literal.Bool bool) {
            Expression present = new Expression.Test(field, List.of(new ValueTest.Present()));
            return bool.value() ? present : new Expression.Not(present);
        }
        throw new RuleException(
                Code.VALUE, value.position(), key.text() + ": " + value.kind() + " (expected: true or false)");
    }

    boolean asksForExistence() {
        return has.contains(Modifier.EXISTS);
    }

    private ValueTest timePart(Literal literal, YamlNode.Scalar scalar, Modifier time, Optional<Modifier> comparison) {
        TimePart part = TimePart.valueOf(time.name());
        if (!(literal instanceof Literal.Number number)
                || number.value().stripTrailingZeros().scale() > 0
                || number.value().compareTo(java.math.BigDecimal.valueOf(part.least())) < 0
                || number.value().compareTo(java.math.BigDecimal.valueOf(part.most())) > 0) {
            throw wrong(
                    scalar,
                    scalar.kind() + " (expected: a whole number from " + part.least() + " to " + part.most() + ")");
        }
        return new ValueTest.DatePart(
                part,
                comparison.map(modifier -> Comparison.valueOf(modifier.name())).orElse(Comparison.EQ),
                number.value().intValueExact());
    }

    private ValueTest regex(YamlNode.Scalar scalar) {
        String flags = (has.contains(Modifier.I) ? "i" : "")
                + (has.contains(Modifier.M) ? "m" : "")
                + (has.contains(Modifier.S) ? "s" : "");
        String expression = flags.isEmpty() ? scalar.text() : "(?" + flags + ")" + scalar.text();
        if (scalar.text().isEmpty()) {
            throw new RuleException(
                    Code.REGEX, scalar.position(), key.text() + ": an empty expression (expected: an expression)");
        }
        int depth = RegexTree.depthOf(expression);
        if (depth > MAX_REGEX_DEPTH) {
            throw new RuleException(
                    Code.LIMIT,
                    scalar.position(),
                    key.text() + ": expression of depth " + depth + " (expected: <= " + MAX_REGEX_DEPTH + ")");
        }
        long size = RegexTree.sizeOf(expression);
        if (size > MAX_REGEX_SIZE) {
            throw new RuleException(
                    Code.LIMIT,
                    scalar.position(),
                    key.text() + ": expression of size " + size + " with its repetitions (expected: <= "
                            + MAX_REGEX_SIZE + ")");
        }
        try {
            return new ValueTest.Regex(expression, Pattern.compile(expression));
        } catch (PatternSyntaxException e) {
            throw new RuleException(
                    Code.REGEX,
                    e.getIndex() < 0 ? scalar.position() : Shape.within(scalar, e.getIndex()),
                    key.text() + ": " + e.getDescription() + " in " + scalar.kind()
                            + " (expected: an expression of RE2: no look-around, back-references or possessive parts)");
        }
    }

    private ValueTest cidr(TextPattern pattern, YamlNode.Scalar scalar) {
        return new ValueTest.Cidr(Network.parse(pattern.symbols())
                .orElseThrow(() -> wrong(
                        scalar,
                        scalar.kind() + " (expected: a network such as 10.0.0.0/8 or fd00::/8, no host bits set)")));
    }

    private ValueTest.Affix affix() {
        if (has.contains(Modifier.CONTAINS)) {
            return ValueTest.Affix.ANYWHERE;
        }
        if (has.contains(Modifier.STARTSWITH)) {
            return ValueTest.Affix.START;
        }
        return has.contains(Modifier.ENDSWITH) ? ValueTest.Affix.END : ValueTest.Affix.WHOLE;
    }

    private ValueTest text(TextPattern pattern, YamlNode.Scalar scalar) {
        ValueTest.Affix affix = affix();
        boolean keywords = field.equals(Expression.Test.KEYWORDS);
        if (keywords && affix == ValueTest.Affix.WHOLE) {
            affix = ValueTest.Affix.ANYWHERE;
        }
        if (keywords && pattern.literals().isEmpty()) {
            throw wrong(scalar, scalar.kind() + " (expected: a keyword with a character in it)");
        }
        TextPattern whole = pattern.open(
                affix == ValueTest.Affix.END || affix == ValueTest.Affix.ANYWHERE,
                affix == ValueTest.Affix.START || affix == ValueTest.Affix.ANYWHERE);
        long wildcards = whole.symbols()
                .chars()
                .filter(c -> c == TextPattern.ANY || c == TextPattern.ONE)
                .count();
        if (wildcards > MAX_WILDCARDS) {
            throw new RuleException(
                    Code.LIMIT,
                    scalar.position(),
                    key.text() + ": " + wildcards + " wildcards (expected: <= " + MAX_WILDCARDS + ")");
        }
        return new ValueTest.Text(whole, has.contains(Modifier.CASED));
    }

    private List<TextPattern> patterns(Literal literal, YamlNode.Scalar scalar) {
        if (!(literal instanceof Literal.Text text)) {
            return List.of(unquoted(literal, scalar));
        }
        List<Step> steps = List.of(new Step.Pattern(
                has.contains(Modifier.EXPAND) ? TextPattern.literal(text.text()) : TextPattern.parse(text.text())));
        if (has.contains(Modifier.EXPAND) && modifiers.stream().anyMatch(m -> m.kind() == Kind.ENCODING)) {
            for (Modifier modifier : modifiers) {
                if (modifier == Modifier.EXPAND) {
                    break;
                }
                if (modifier.kind() == Kind.ENCODING) {
                    throw refused("expand after " + modifier.word() + " (expected: expand|" + modifier.word() + ")");
                }
            }
        }
        if (has.contains(Modifier.EXPAND)) {
            steps = expand(text.text(), scalar);
        }
        for (Modifier modifier : modifiers) {
            if (modifier.kind() == Kind.ENCODING || modifier == Modifier.WINDASH) {
                List<Step> changed = new ArrayList<>();
                for (Step step : steps) {
                    changed.addAll(
                            modifier == Modifier.WINDASH ? windash(step, scalar) : encoded(step, modifier, scalar));
                }
                steps = changed;
            }
        }
        return steps.stream()
                .map(step -> switch (step) {
                    case Step.Pattern done -> done.pattern();
                    case Step.Bytes done -> TextPattern.literal(new String(done.bytes(), StandardCharsets.ISO_8859_1));
                })
                .toList();
    }

    private TextPattern unquoted(Literal literal, YamlNode.Scalar scalar) {
        for (Modifier modifier : modifiers) {
            if (modifier.kind() == Kind.ENCODING || modifier.kind() == Kind.CHANGE) {
                throw wrong(scalar, scalar.kind() + " (expected: text in quotes for " + modifier.word() + ")");
            }
        }
        return switch (literal) {
            case Literal.Number number -> TextPattern.literal(number.text());
            case Literal.Bool bool -> {
                if (one(Kind.AFFIX).isPresent() && !field.equals(Expression.Test.KEYWORDS)) {
                    throw wrong(
                            scalar,
                            scalar.kind() + " (expected: text in quotes for "
                                    + one(Kind.AFFIX).get().word() + ")");
                }
                yield TextPattern.literal(String.valueOf(bool.value()));
            }
            case Literal.Null ignored -> throw wrong(scalar, "null (expected: a value)");
            case Literal.Text text -> TextPattern.parse(text.text());
        };
    }

    private List<Step> expand(String text, YamlNode.Scalar scalar) {
        List<StringBuilder> made = new ArrayList<>(List.of(new StringBuilder()));
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            int end = c == '%' ? text.indexOf('%', at + 1) : -1;
            if (c == '\\' && at + 1 < text.length() && text.charAt(at + 1) == '%') {
                made.forEach(builder -> builder.append('%'));
                at += 2;
            } else if (c == '\\' && at + 1 < text.length() && text.charAt(at + 1) == '\\') {
                made.forEach(builder -> builder.append("\\\\"));
                at += 2;
            } else if (c == '%') {
                String name = end < 0 ? "" : text.substring(at + 1, end);
                List<String> values = placeholders.values().getOrDefault(name, List.of());
                if (values.isEmpty()) {
                    throw new RuleException(
                            Code.PLACEHOLDER,
                            Shape.within(scalar, at),
                            key.text() + ": " + (end < 0 ? "a lone %" : "%" + name + "%")
                                    + " (expected: a placeholder that the pipeline gives values for"
                                    + (end < 0 ? ", or \\%" : "") + ")");
                }
                if ((long) made.size() * values.size() > MAX_VALUES) {
                    throw new RuleException(
                            Code.LIMIT,
                            scalar.position(),
                            key.text() + ": more than " + MAX_VALUES + " values of placeholders (expected: <= "
                                    + MAX_VALUES + ")");
                }
                List<StringBuilder> more = new ArrayList<>();
                for (StringBuilder builder : made) {
                    for (String value : values) {
                        more.add(new StringBuilder(builder).append(value));
                    }
                }
                made = more;
                at = end + 1;
            } else {
                made.forEach(builder -> builder.append(c));
                at++;
            }
        }
        return made.stream()
                .map(builder -> (Step) new Step.Pattern(TextPattern.parse(builder.toString())))
                .toList();
    }

    private List<Step> windash(Step step, YamlNode.Scalar scalar) {
        if (!(step instanceof Step.Pattern text)) {
            throw refused("windash after an encoding (expected: windash first)");
        }
        List<Integer> positions = Encodings.dashes(text.pattern().symbols());
        if (positions.size() > MAX_DASHES) {
            throw new RuleException(
                    Code.LIMIT,
                    scalar.position(),
                    key.text() + ": " + positions.size() + " dashes (expected: <= " + MAX_DASHES + ")");
        }
        return Encodings.dashed(text.pattern().symbols(), positions).stream()
                .map(symbols -> (Step) new Step.Pattern(new TextPattern(symbols)))
                .toList();
    }

    private List<Step> encoded(Step step, Modifier modifier, YamlNode.Scalar scalar) {
        if (step instanceof Step.Pattern text && text.pattern().wild()) {
            throw wrong(
                    scalar,
                    scalar.kind() + " has a wildcard (expected: none, or \\* and \\?, for " + modifier.word() + ")");
        }
        if (step instanceof Step.Pattern text && text.pattern().symbols().isEmpty()) {
            throw wrong(scalar, "an empty text (expected: characters for " + modifier.word() + ")");
        }
        byte[] bytes =
                switch (step) {
                    case Step.Pattern text -> text.pattern().symbols().getBytes(StandardCharsets.UTF_8);
                    case Step.Bytes before -> before.bytes();
                };
        switch (modifier) {
            case BASE64 -> {
                return List.of(new Step.Pattern(TextPattern.literal(Encodings.base64(bytes))));
            }
            case BASE64OFFSET -> {
                if (bytes.length < 2) {
                    throw wrong(
                            scalar,
                            scalar.kind()
                                    + " (expected: two bytes or more; of one, nothing is the same at every offset)");
                }
                return Encodings.base64Offsets(bytes).stream()
                        .map(text -> (Step) new Step.Pattern(TextPattern.literal(text)))
                        .toList();
            }
            default -> {
                if (!(step instanceof Step.Pattern text)) {
                    throw refused(modifier.word() + " after another encoding (expected: it first)");
                }
                return List.of(new Step.Bytes(Encodings.utf16(text.pattern().symbols(), modifier)));
            }
        }
    }
}
