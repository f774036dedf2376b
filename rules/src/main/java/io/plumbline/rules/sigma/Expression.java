package io.plumbline.rules.sigma;

import java.util.List;

/** A rule's detection as a boolean expression; lists are never empty. */
public sealed interface Expression {
    /** All of the parts. */
    record And(List<Expression> parts) implements Expression {
        public And {
            parts = List.copyOf(parts);
        }
    }

    /** At least one of the parts. */
    record Or(List<Expression> parts) implements Expression {
        public Or {
            parts = List.copyOf(parts);
        }
    }

    /** Not the part; two-valued, also when the fields in it are absent. */
    record Not(Expression part) implements Expression {}

    /**
     * A field has one of the values. A field with several values has all that any of them has.
     *
     * @param field exact name; {@link #KEYWORDS}: any field of the event
     */
    record Test(String field, List<ValueTest> anyOf) implements Expression {
        /** Stands for all fields; no field can be named so, since {@code |} ends a name. */
        public static final String KEYWORDS = "|";

        public Test {
            anyOf = List.copyOf(anyOf);
        }
    }

    /** The conjunction; a single part stands for itself. */
    static Expression and(List<Expression> parts) {
        return parts.size() == 1 ? parts.getFirst() : new And(parts);
    }

    /** The disjunction; a single part stands for itself. */
    static Expression or(List<Expression> parts) {
        return parts.size() == 1 ? parts.getFirst() : new Or(parts);
    }
}
