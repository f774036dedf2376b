package io.plumbline.intent.encoder;

import io.plumbline.intent.Act;
import io.plumbline.intent.corpus.Grammar;
import io.plumbline.intent.corpus.Grammar.Family;
import io.plumbline.intent.corpus.Grammar.Template;
import io.plumbline.intent.corpus.Split;
import io.plumbline.intent.features.PlainCommandReader;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.text.Folding;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Pairs of texts that belong together, of the families that are the encoder's. A lesson has each family once, many of them beside
 * families that read like them: what is nearly right teaches more than what is far off.
 */
final class Lessons {
    /** Families of one neighbourhood in a lesson, and of how many they are drawn. */
    private static final int NEIGHBOURS = 8;

    private static final int NEIGHBOURHOOD = 24;

    private final Grammar grammar;
    private final List<Family> families;
    private final List<List<Template>> acts = new ArrayList<>();
    private final int[][] neighbours;
    /** Families that are not to be in one lesson. */
    private final List<BitSet> alike = new ArrayList<>();

    private final PlainCommandReader reader = new PlainCommandReader();
    private final SplittableRandom random;

    /**
     * @param said a task, or another wording of one
     * @param done an act that serves it, or the task that it is another wording of
     */
    record Pair(String said, String done) {}

    /** @param vector a text's, to find families that are alike */
    Lessons(Grammar grammar, long seed, Function<List<String>, List<float[]>> vector) {
        this.grammar = grammar;
        this.random = new SplittableRandom(seed);
        this.families = grammar.families().stream()
                .filter(family ->
                        family.split() == Split.ENCODER && !specific(family).isEmpty())
                .toList();
        families.forEach(family -> acts.add(specific(family)));
        for (int i = 0; i < families.size(); i++) {
            BitSet alikeTo = new BitSet();
            alike.add(alikeTo);
            for (int j = 0; j < families.size(); j++) {
                alikeTo.set(j, i == j || grammar.areAlike(families.get(i), families.get(j)));
            }
        }
        this.neighbours = neighbours(vector.apply(IntStream.range(0, families.size())
                .mapToObj(i -> families.get(i).tasks().getFirst() + " "
                        + acts.get(i).getFirst().text())
                .map(Folding::fold)
                .toList()));
    }

    /** What serves several families' tasks is wrong under none of them. */
    private List<Template> specific(Family family) {
        return family.acts().stream().filter(act -> !grammar.isCommonplace(act)).toList();
    }

    int families() {
        return families.size();
    }

    /** Tasks with an act each. */
    List<Pair> acts(int size) {
        return draw(size, index -> {
            Map<String, String> values = grammar.values(random);
            Template act = pick(acts.get(index));
            String text = Folding.fold(new Act(act.kind(), Grammar.fill(act.text(), values)).bounded());
            return new Pair(
                    task(families.get(index), values),
                    act.kind() == Act.Kind.COMMAND ? reader.read(text).deeds() : text);
        });
    }

    /** Two wordings each of a task, or a task and a step of its plan. */
    List<Pair> wordings(int size) {
        return draw(size, index -> {
            Family family = families.get(index);
            Map<String, String> values = grammar.values(random);
            List<String> others = family.plans().isEmpty() || random.nextBoolean() ? family.tasks() : family.plans();
            return new Pair(task(family, values), Folding.fold(Grammar.fill(pick(others), values)));
        });
    }

    private List<Pair> draw(int size, Function<Integer, Pair> pair) {
        List<Pair> pairs = new ArrayList<>();
        Set<Integer> used = new HashSet<>();
        while (pairs.size() < size) {
            int taken = 0;
            for (int family : neighbours[random.nextInt(families.size())]) {
                if (pairs.size() < size
                        && taken < NEIGHBOURS
                        && random.nextInt(3) > 0
                        && used.stream().noneMatch(other -> alike.get(family).get(other))
                        && used.add(family)) {
                    pairs.add(pair.apply(family));
                    taken++;
                }
            }
        }
        return pairs;
    }

    private String task(Family family, Map<String, String> values) {
        return Folding.fold(Grammar.fill(pick(family.tasks()), values));
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** Of each family the ones that are most like it, itself first. */
    private static int[][] neighbours(List<float[]> vectors) {
        return IntStream.range(0, vectors.size())
                .mapToObj(i -> IntStream.range(0, vectors.size())
                        .boxed()
                        .sorted(Comparator.<Integer>comparingDouble(
                                        j -> -Encoder.cosine(vectors.get(i), vectors.get(j)))
                                .thenComparing(Comparator.naturalOrder()))
                        .limit(NEIGHBOURHOOD)
                        .mapToInt(Integer::intValue)
                        .toArray())
                .toArray(int[][]::new);
    }
}
