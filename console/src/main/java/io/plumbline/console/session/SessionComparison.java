package io.plumbline.console.session;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What two sessions have in common and what only one of them has. Pure: the same traits give the same rows in the same order.
 *
 * @param aspects one for each {@link Aspect}, in its order
 */
public record SessionComparison(List<Compared> aspects) {
    /** What of sessions is compared. */
    public enum Aspect {
        PLAN("Plan"),
        CALLS("Announced calls"),
        PROGRAMS("Programs"),
        FILES_WRITTEN("Files written"),
        HOSTS("Hosts"),
        ALERTS("Alerts and verdicts");

        private final String title;

        Aspect(String title) {
            this.title = title;
        }

        public String title() {
            return title;
        }
    }

    /** Who has something. */
    public enum Holder {
        ONLY_A("only A"),
        ONLY_B("only B"),
        /** One has it; the other's list is cut, so it may have it too. */
        NOT_KNOWN("not known of the other"),
        BOTH("both");

        private final String word;

        Holder(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /**
     * What a session has of one aspect.
     *
     * @param told by what it is; how often, how many bytes, which verdict
     * @param isCut whether there is more than this
     */
    public record Trait(Map<String, String> told, boolean isCut) {
        public static final Trait NONE = new Trait(Map.of(), false);

        public Trait {
            told = Collections.unmodifiableMap(new LinkedHashMap<>(told));
        }
    }

    /** @param a, b what is told of each; empty: it does not have it */
    public record Row(String what, Optional<String> a, Optional<String> b, Holder holder) {}

    /** @param rows what only one has first, then what both have; each by its text */
    public record Compared(Aspect aspect, List<Row> rows, boolean isCutInA, boolean isCutInB) {
        public Compared {
            rows = List.copyOf(rows);
        }

        public List<Row> differences() {
            return rows.stream().filter(row -> row.holder() != Holder.BOTH).toList();
        }

        public List<Row> common() {
            return rows.stream().filter(row -> row.holder() == Holder.BOTH).toList();
        }
    }

    public SessionComparison {
        aspects = List.copyOf(aspects);
    }

    /** An aspect that is missing is taken as empty. */
    public static SessionComparison of(Map<Aspect, Trait> a, Map<Aspect, Trait> b) {
        Map<Aspect, Compared> compared = new EnumMap<>(Aspect.class);
        for (Aspect aspect : Aspect.values()) {
            compared.put(
                    aspect, compare(aspect, a.getOrDefault(aspect, Trait.NONE), b.getOrDefault(aspect, Trait.NONE)));
        }
        return new SessionComparison(List.copyOf(compared.values()));
    }

    private static Compared compare(Aspect aspect, Trait a, Trait b) {
        List<Row> rows = new ArrayList<>();
        a.told().forEach((what, told) -> {
            Optional<String> other = Optional.ofNullable(b.told().get(what));
            Holder holder = other.isPresent() ? Holder.BOTH : b.isCut() ? Holder.NOT_KNOWN : Holder.ONLY_A;
            rows.add(new Row(what, Optional.of(told), other, holder));
        });
        b.told().forEach((what, told) -> {
            if (!a.told().containsKey(what)) {
                rows.add(new Row(
                        what, Optional.empty(), Optional.of(told), a.isCut() ? Holder.NOT_KNOWN : Holder.ONLY_B));
            }
        });
        rows.sort(Comparator.comparing(Row::holder).thenComparing(Row::what));
        return new Compared(aspect, rows, a.isCut(), b.isCut());
    }
}
