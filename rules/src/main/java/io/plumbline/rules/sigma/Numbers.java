package io.plumbline.rules.sigma;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Numbers and their texts, the same for rules and events. */
public final class Numbers {
    /** Longest text that is tried as a number. */
    private static final int MAX_DIGITS = 40;

    private Numbers() {}

    /** The text of a number: no exponent, no needless zeros, so that 11 and 11.0 have the same. */
    public static String text(BigDecimal number) {
        return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
    }

    /** The number that a text is: digits with an optional sign and fraction; null for anything else. */
    public static @Nullable BigDecimal parse(CharSequence text) {
        int length = text.length();
        if (length == 0 || length > MAX_DIGITS) {
            return null;
        }
        int start = text.charAt(0) == '-' || text.charAt(0) == '+' ? 1 : 0;
        int point = -1;
        for (int i = start; i < length; i++) {
            char c = text.charAt(i);
            if (c == '.' && point < 0) {
                point = i;
            } else if (c < '0' || c > '9') {
                return null;
            }
        }
        return start == length || point == start || point == length - 1 ? null : new BigDecimal(text.toString());
    }
}
