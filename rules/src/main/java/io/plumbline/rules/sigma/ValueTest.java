package io.plumbline.rules.sigma;

import com.google.re2j.Pattern;
import java.math.BigDecimal;

/** What one value of a field is tested for. */
public sealed interface ValueTest {
    /** The value's text fits the pattern as a whole. */
    record Text(TextPattern pattern, boolean cased) implements ValueTest {}

    /**
     * The expression is found in the value's text.
     *
     * @param expression in RE2's dialect, with its flags in front
     */
    record Regex(String expression, Pattern pattern) implements ValueTest {
        @Override
        public boolean equals(Object other) {
            return other instanceof Regex regex && expression.equals(regex.expression);
        }

        @Override
        public int hashCode() {
            return expression.hashCode();
        }
    }

    /** The value is an address in the network. */
    record Cidr(Network network) implements ValueTest {}

    /** The value is a number, or text that is one, on the named side of the limit. */
    record Compare(Comparison comparison, BigDecimal limit) implements ValueTest {}

    /** A part of the value's date compares with the number. */
    record DatePart(TimePart part, Comparison comparison, int limit) implements ValueTest {}

    /** The value's text is that of another field of the event. */
    record FieldReference(String field, Affix affix, boolean cased) implements ValueTest {}

    /** The field is absent or null. */
    record Null() implements ValueTest {}

    /** The field is there, whatever its value. */
    record Present() implements ValueTest {}

    /** How a text has to stand in another. */
    enum Affix {
        WHOLE,
        START,
        END,
        ANYWHERE
    }
}
