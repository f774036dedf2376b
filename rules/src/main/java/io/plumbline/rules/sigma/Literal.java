package io.plumbline.rules.sigma;

import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.yaml.YamlNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.regex.Pattern;

/** A value of a detection with the type that YAML gives it. */
sealed interface Literal {
    record Text(String text) implements Literal {}

    /** A number; its text is the one that equal numbers in events have. */
    record Number(BigDecimal value) implements Literal {
        String text() {
            return Numbers.text(value);
        }
    }

    record Bool(boolean value) implements Literal {}

    record Null() implements Literal {}

    /** Longest number, characters. */
    int MAX_NUMBER = 40;

    Pattern INTEGER = Pattern.compile("[-+]?(0|[1-9][0-9]*)");
    Pattern HEX = Pattern.compile("0x[0-9a-fA-F]+");
    Pattern FLOAT = Pattern.compile("[-+]?(0|[1-9][0-9]*)\\.[0-9]+");

    /** Plain scalars that YAML 1.1 and 1.2, or two readers of them, give different types. */
    List<Pattern> AMBIGUOUS = List.of(
            Pattern.compile("(?i)yes|no|on|off"),
            Pattern.compile("[-+]?0[0-9_]+"),
            Pattern.compile("0o[0-7]+|0b[01_]+"),
            Pattern.compile("[-+]?[0-9][0-9]*_[0-9_]*"),
            Pattern.compile("[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?"),
            Pattern.compile("[-+]?([0-9]+\\.|\\.[0-9]+|[0-9]+(\\.[0-9]*)?[eE][-+]?[0-9]+|0[0-9]+\\.[0-9]+)"),
            Pattern.compile("(?i)[-+]?\\.inf|\\.nan"),
            Pattern.compile("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"));

    static Literal of(YamlNode.Scalar scalar) {
        String text = scalar.text();
        if (text.indexOf(TextPattern.ANY) >= 0 || text.indexOf(TextPattern.ONE) >= 0) {
            throw new RuleException(
                    Code.VALUE, scalar.position(), "noncharacter U+FFFE or U+FFFF in a value (expected: characters)");
        }
        if (!scalar.plain()) {
            return new Text(text);
        }
        switch (text) {
            case "", "~", "null", "Null", "NULL" -> {
                return new Null();
            }
            case "true", "True", "TRUE" -> {
                return new Bool(true);
            }
            case "false", "False", "FALSE" -> {
                return new Bool(false);
            }
            default -> {}
        }
        boolean number = INTEGER.matcher(text).matches() || FLOAT.matcher(text).matches();
        boolean hex = HEX.matcher(text).matches();
        if ((number || hex) && text.length() > MAX_NUMBER) {
            throw new RuleException(
                    Code.LIMIT,
                    scalar.position(),
                    "number of " + text.length() + " characters (expected: <= " + MAX_NUMBER + ")");
        }
        if (hex) {
            return new Number(new BigDecimal(new BigInteger(text.substring(2), 16)));
        }
        if (number) {
            return new Number(new BigDecimal(text));
        }
        if (text.length() <= MAX_NUMBER
                && AMBIGUOUS.stream().anyMatch(form -> form.matcher(text).matches())) {
            throw new RuleException(
                    Code.VALUE,
                    scalar.position(),
                    scalar.kind() + " is read in more than one way (expected: quotes around text, or a plain number)");
        }
        return new Text(text);
    }
}
