package io.plumbline.rules.engine;

/** A rule's expression over atoms. */
abstract sealed class Condition {
    abstract boolean holds(Matcher matcher);

    /** All atoms, those that scanning decides first. */
    static final class AllAtoms extends Condition {
        private final int[] atoms;

        AllAtoms(int[] atoms) {
            this.atoms = atoms;
        }

        @Override
        boolean holds(Matcher matcher) {
            for (int atom : atoms) {
                if (!matcher.atom(atom)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Any atom. */
    static final class AnyAtom extends Condition {
        private final int[] atoms;

        AnyAtom(int[] atoms) {
            this.atoms = atoms;
        }

        @Override
        boolean holds(Matcher matcher) {
            for (int atom : atoms) {
                if (matcher.atom(atom)) {
                    return true;
                }
            }
            return false;
        }
    }

    static final class All extends Condition {
        private final Condition[] parts;

        All(Condition[] parts) {
            this.parts = parts;
        }

        @Override
        boolean holds(Matcher matcher) {
            for (Condition part : parts) {
                if (!part.holds(matcher)) {
                    return false;
                }
            }
            return true;
        }
    }

    static final class Any extends Condition {
        private final Condition[] parts;

        Any(Condition[] parts) {
            this.parts = parts;
        }

        @Override
        boolean holds(Matcher matcher) {
            for (Condition part : parts) {
                if (part.holds(matcher)) {
                    return true;
                }
            }
            return false;
        }
    }

    static final class Not extends Condition {
        private final Condition part;

        Not(Condition part) {
            this.part = part;
        }

        @Override
        boolean holds(Matcher matcher) {
            return !part.holds(matcher);
        }
    }
}
