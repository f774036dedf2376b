package io.plumbline.rules.sigma;

import io.plumbline.rules.sigma.RegexTree.Node;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which texts have to be in whatever a regular expression matches: an expression is tried only on inputs that have them. Texts are
 * ASCII in lower case, to be looked for in the input in lower case, so they hold with and without case.
 */
public final class RequiredTexts {
    /** Texts that a part of an expression may be as a whole, before only their common demand is kept. */
    private static final int MAX_WHOLES = 64;

    /** Characters of one such text. */
    private static final int MAX_LENGTH = 256;

    private static final int MAX_ALTERNATIVES = 64;

    /** Sets that are told of an expression. */
    private static final int MAX_SETS = 3;

    /** A further set is worth looking for when its texts are as rare as ordinary ones of that many characters. */
    private static final double WORTH_MORE_WORK = 1.9;

    /** A character that is not in every command line tells as much as so many others. */
    private static final double STRANGE = 2.5;

    private static final String EVERYWHERE = "abcdefghijklmnopqrstuvwxyz0123456789 -./\\:\"_";

    private static final Set<String> NOTHING = Set.of("");

    private RequiredTexts() {}

    /**
     * What is known of the matches of a part.
     *
     * @param wholes each match is one of these; null: not known
     * @param somewhere of each of these sets, one text is in each match; empty where wholes are known
     */
    private record Demand(@Nullable Set<String> wholes, List<Set<String>> somewhere) {
        static final Demand NONE = new Demand(null, List.of());

        /** All that has to be somewhere in a match. */
        List<Set<String>> closed() {
            return wholes == null ? somewhere : telling(wholes).map(List::of).orElse(List.of());
        }
    }

    /**
     * Sets of texts; of each set at least one text is in everything that the expression matches. The most telling set is the first;
     * a text of one character is told only when it is none of those that every command line has.
     *
     * @return at most three sets; empty: nothing is known
     */
    public static List<Set<String>> of(String expression) {
        return RegexTree.parse(expression)
                .map(node -> best(demand(node).closed()))
                .orElse(List.of());
    }

    private static List<Set<String>> best(List<Set<String>> demands) {
        List<Set<String>> rarestFirst = new ArrayList<>(demands);
        rarestFirst.sort(
                Comparator.comparingDouble((Set<String> texts) -> weight(texts)).reversed());
        List<Set<String>> chosen = new ArrayList<>();
        for (Set<String> candidate : rarestFirst) {
            boolean worth = chosen.isEmpty() || weight(candidate) >= WORTH_MORE_WORK;
            if (worth && chosen.size() < MAX_SETS && chosen.stream().noneMatch(known -> implies(known, candidate))) {
                chosen.add(candidate);
            }
        }
        return chosen;
    }

    /** Whether one of the second's texts is there whenever one of the first's is. */
    private static boolean implies(Set<String> known, Set<String> candidate) {
        return known.stream().allMatch(text -> candidate.stream().anyMatch(text::contains));
    }

    /** Long texts and strange characters are rare, one of many texts is not. */
    private static double weight(Set<String> texts) {
        double least = texts.stream().mapToDouble(RequiredTexts::weight).min().orElse(0);
        return least - Math.log(Math.max(1, texts.size())) / 4;
    }

    private static double weight(String text) {
        return text.chars().mapToDouble(c -> everywhere(c) ? 1 : STRANGE).sum();
    }

    private static boolean everywhere(int c) {
        return EVERYWHERE.indexOf(c) >= 0;
    }

    private static Demand demand(Node node) {
        return switch (node) {
            case Node.Text part -> new Demand(Set.of(part.text().toLowerCase(Locale.ROOT)), List.of());
            case Node.OneOf part -> part.few().isEmpty() ? Demand.NONE : new Demand(part.few(), List.of());
            case Node.Place ignored -> new Demand(NOTHING, List.of());
            case Node.Repetition part -> repeated(part);
            case Node.Concatenation part -> concatenated(part.parts());
            case Node.Alternation part -> alternated(part.parts());
        };
    }

    private static Demand repeated(Node.Repetition repetition) {
        Demand once = demand(repetition.part());
        if (repetition.least() == 1 && repetition.most() == 1) {
            return once;
        }
        if (repetition.least() > 0) {
            return new Demand(null, once.closed());
        }
        if (repetition.most() == 1 && once.wholes() != null) {
            Set<String> wholes = new HashSet<>(once.wholes());
            wholes.add("");
            return new Demand(wholes, List.of());
        }
        return Demand.NONE;
    }

    private static Demand concatenated(List<Node> parts) {
        List<Set<String>> somewhere = new ArrayList<>();
        Set<String> run = NOTHING;
        boolean whole = true;
        for (Node part : parts) {
            Demand demand = demand(part);
            Set<String> joined = demand.wholes() == null ? null : joined(run, demand.wholes());
            if (joined != null) {
                run = joined;
            } else {
                whole = false;
                telling(run).ifPresent(somewhere::add);
                somewhere.addAll(demand.somewhere());
                run = demand.wholes() == null ? NOTHING : demand.wholes();
            }
        }
        if (whole) {
            return new Demand(run, List.of());
        }
        telling(run).ifPresent(somewhere::add);
        return new Demand(null, somewhere);
    }

    /** Each of the first followed by each of the second; null when they are too many or too long. */
    private static @Nullable Set<String> joined(Set<String> first, Set<String> second) {
        if (first.size() * second.size() > MAX_WHOLES) {
            return null;
        }
        Set<String> joined = new HashSet<>();
        for (String front : first) {
            for (String back : second) {
                if (front.length() + back.length() > MAX_LENGTH) {
                    return null;
                }
                joined.add(front + back);
            }
        }
        return joined;
    }

    private static Demand alternated(List<Node> parts) {
        List<Demand> demands = parts.stream().map(RequiredTexts::demand).toList();
        Set<String> wholes = new HashSet<>();
        Set<String> one = new HashSet<>();
        boolean allWhole = true;
        boolean allKnown = true;
        for (Demand demand : demands) {
            if (demand.wholes() == null) {
                allWhole = false;
            } else {
                wholes.addAll(demand.wholes());
            }
            List<Set<String>> best = best(demand.closed());
            if (best.isEmpty()) {
                allKnown = false;
            } else {
                one.addAll(best.getFirst());
            }
        }
        if (allWhole && wholes.size() <= MAX_WHOLES) {
            return new Demand(wholes, List.of());
        }
        return allKnown && one.size() <= MAX_ALTERNATIVES ? new Demand(null, List.of(one)) : Demand.NONE;
    }

    /** The texts without those that contain another of them; empty when one says nothing about an input. */
    private static Optional<Set<String>> telling(Set<String> texts) {
        Set<String> least = texts.stream()
                .filter(text -> texts.stream().noneMatch(other -> !other.equals(text) && text.contains(other)))
                .collect(Collectors.toCollection(TreeSet::new));
        boolean telling = least.stream()
                .allMatch(text -> text.length() > 1 || (text.length() == 1 && !everywhere(text.charAt(0))));
        return telling ? Optional.of(least) : Optional.empty();
    }
}
