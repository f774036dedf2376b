package io.plumbline.rules.sigma;

/** A comparison of two numbers. */
public enum Comparison {
    LT,
    LTE,
    GT,
    GTE,
    EQ,
    NEQ;

    /**
     * Whether it holds.
     *
     * @param sign as of {@code value.compareTo(limit)}
     */
    public boolean holds(int sign) {
        return switch (this) {
            case LT -> sign < 0;
            case LTE -> sign <= 0;
            case GT -> sign > 0;
            case GTE -> sign >= 0;
            case EQ -> sign == 0;
            case NEQ -> sign != 0;
        };
    }
}
