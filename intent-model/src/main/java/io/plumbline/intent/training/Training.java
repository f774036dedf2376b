package io.plumbline.intent.training;

import io.plumbline.intent.Act;
import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.corpus.Corpus;
import io.plumbline.intent.corpus.Grammar;
import io.plumbline.intent.corpus.Label;
import io.plumbline.intent.corpus.LabelledAct;
import io.plumbline.intent.corpus.Split;
import io.plumbline.intent.features.Bank;
import io.plumbline.intent.features.Feature;
import io.plumbline.intent.features.Features;
import io.plumbline.intent.features.Glosses;
import io.plumbline.intent.features.PlainCommandReader;
import io.plumbline.intent.features.Reading;
import io.plumbline.intent.features.Side;
import io.plumbline.intent.head.Calibration;
import io.plumbline.intent.head.Head;
import io.plumbline.intent.head.Network;
import io.plumbline.intent.head.ScoreDistribution;
import io.plumbline.intent.head.Trainer;
import io.plumbline.intent.head.Trainer.Example;
import io.plumbline.intent.head.Trainer.Settings;
import io.plumbline.intent.text.Encoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * From the corpus to a head: encode, align tasks and acts, make features, train the networks, calibrate and set thresholds on the
 * development split.
 */
public final class Training {
    /** Share of benign acts of the development split above the threshold of a deviation, and above that of a question. */
    private static final double DEVIATION_SHARE = 0.01;

    /** Half of what a person may be asked about: real sessions are less like the corpus than its development split is. */
    private static final double ASK_SHARE = 0.02;

    private static final int BANK = 120;
    /** Structure that is neither good nor bad. */
    private static final Set<String> NEUTRAL_STRUCTURE =
            Set.of("invocations", "length", "edit", "files", "egress", "tool");

    private static final Calibration NEUTRAL = Calibration.fit(new double[] {0, 1}, new boolean[] {false, true});

    private final Parts parts;
    private final Features features;
    private final Map<Act, Reading> readings = new HashMap<>();
    private final Map<String, Side> sides = new HashMap<>();

    /**
     * One record with its vectors.
     *
     * @param blind one vector a window, without prose
     * @param withProse the same with prose; as {@code blind} when the agent said nothing
     */
    public record Row(LabelledAct act, double[][] blind, double[][] withProse) {
        public boolean isBad() {
            return act.label().isBad();
        }
    }

    /** What features are made with. */
    private record Parts(Features.Embedder vectors, String encoder, Bank tasks, Bank acts, Bank glosses) {
        Features features() {
            return new Features(vectors, tasks, acts, glosses, new PlainCommandReader());
        }
    }

    private Training(Parts parts) {
        this.parts = parts;
        this.features = parts.features();
    }

    /** With everything learned from the training split of a corpus. */
    public static Training of(Encoder encoder, VectorStore vectors, List<LabelledAct> corpus)
            throws IntentModelException {
        List<float[]> glosses = new ArrayList<>();
        for (String gloss : new Glosses().texts()) {
            glosses.add(Head.rounded(
                    vectors.encode(gloss, Encoder.Role.SAID).getFirst().vector()));
        }
        return new Training(new Parts(
                vectors,
                encoder.digest(),
                bank(vectors, corpus, Encoder.Role.SAID),
                bank(vectors, corpus, Encoder.Role.DONE),
                new Bank(glosses)));
    }

    /** With the banks of a head. */
    public static Training of(Head head, VectorStore vectors) {
        return new Training(new Parts(vectors, head.encoder(), head.tasks(), head.acts(), head.glosses()));
    }

    public static List<LabelledAct> corpus() {
        return Corpus.generate(new Grammar(), Corpus.SESSIONS);
    }

    public Features features() {
        return features;
    }

    /** Texts of the training split, at equal distances, one of a family in turn. */
    private static Bank bank(VectorStore vectors, List<LabelledAct> corpus, Encoder.Role role)
            throws IntentModelException {
        Set<String> texts = new LinkedHashSet<>();
        for (LabelledAct record : corpus) {
            if (record.split() == Split.TRAIN && !record.label().isBad()) {
                texts.add(
                        role == Encoder.Role.DONE
                                ? record.act().text()
                                : record.intent().task());
            }
        }
        List<String> all = List.copyOf(texts);
        List<float[]> bank = new ArrayList<>();
        int size = Math.min(BANK, all.size());
        for (int i = 0; i < size; i++) {
            bank.add(Head.rounded(vectors.encode(all.get((int) ((long) i * all.size() / size)), role)
                    .getFirst()
                    .vector()));
        }
        return new Bank(bank);
    }

    public Row row(LabelledAct record) throws IntentModelException {
        Side task = side(record.intent().task());
        List<Reading> recent = new ArrayList<>();
        for (Act act : record.intent().recent()) {
            recent.add(reading(act));
        }
        List<Reading> guises = new ArrayList<>(List.of(reading(record.act())));
        for (Act plain : features.withoutWording(task, guises.getFirst())) {
            guises.add(reading(plain));
        }
        double[][] blind = features.vectors(task, null, record.intent().scope(), recent, guises);
        String prose = IntentModel.prose(record.intent());
        double[][] withProse = prose.isEmpty()
                ? blind
                : features.vectors(task, side(prose), record.intent().scope(), recent, guises);
        return new Row(record, blind, withProse);
    }

    public List<Row> rows(List<LabelledAct> corpus, Split split) throws IntentModelException {
        List<Row> rows = new ArrayList<>();
        for (LabelledAct record : corpus) {
            if (record.split() == split) {
                rows.add(row(record));
            }
        }
        return rows;
    }

    /** Trains and calibrates. Thresholds and probabilities come from the development split alone. */
    public Head train(List<Row> train, List<Row> development) {
        Network relevance = relevance(train);
        Network abuse = abuse(train, relevance);
        Network prose = network(
                train,
                feature -> feature.group() != Feature.Group.STRUCTURE,
                row -> Double.NEGATIVE_INFINITY,
                Row::withProse,
                Settings.RELEVANCE);
        Head uncalibrated =
                head(relevance, abuse, prose, NEUTRAL, NEUTRAL, new Head.Thresholds(0, 0), new ScoreDistribution());
        double[] logits = new double[development.size()];
        double[] raised = new double[development.size()];
        boolean[] bad = new boolean[development.size()];
        for (int i = 0; i < logits.length; i++) {
            Row row = development.get(i);
            logits[i] = uncalibrated.blind(row.blind());
            raised[i] = uncalibrated.withProse(row.blind(), row.withProse());
            bad[i] = row.isBad();
        }
        Calibration blindCalibration = Calibration.fit(logits, bad);
        Calibration proseCalibration = Calibration.fit(raised, bad);
        double[] benign = new double
                [(int) development.stream().filter(row -> !row.isBad()).count()];
        int at = 0;
        for (int i = 0; i < logits.length; i++) {
            if (!bad[i]) {
                benign[at++] = blindCalibration.probability(logits[i]);
            }
        }
        Arrays.sort(benign);
        Head.Thresholds thresholds =
                new Head.Thresholds((float) upper(benign, ASK_SHARE), (float) upper(benign, DEVIATION_SHARE));
        ScoreDistribution scores = new ScoreDistribution();
        for (int i = 0; i < logits.length; i++) {
            if (!bad[i]) {
                double blind = blindCalibration.probability(logits[i]);
                boolean spoken =
                        !IntentModel.prose(development.get(i).act().intent()).isEmpty();
                scores.add(ScoreDistribution.bin(
                        spoken ? Math.max(blind, proseCalibration.probability(raised[i])) : blind));
            }
        }
        return head(relevance, abuse, prose, blindCalibration, proseCalibration, thresholds, scores);
    }

    private Head head(
            Network relevance,
            Network abuse,
            Network prose,
            Calibration blind,
            Calibration withProse,
            Head.Thresholds thresholds,
            ScoreDistribution scores) {
        return new Head(
                parts.encoder(),
                IntentModel.digest(features),
                relevance,
                abuse,
                prose,
                blind,
                withProse,
                thresholds,
                parts.tasks(),
                parts.acts(),
                parts.glosses(),
                scores);
    }

    /** Whether an act is about the task: similarity and words, on acts of this and of other tasks. */
    public Network relevance(List<Row> train) {
        return network(
                train.stream()
                        .filter(row -> !row.isBad() || row.act().label() == Label.OFF_PLAN)
                        .toList(),
                feature -> feature.group() == Feature.Group.SIMILARITY || feature.group() == Feature.Group.WORDS,
                row -> Double.NEGATIVE_INFINITY,
                Row::blind,
                Settings.RELEVANCE);
    }

    /** Whether an act's structure is that of abuse, on honest acts and such; that it is of another task is no part of it. */
    public Network abuse(List<Row> train, Network relevance) {
        return network(
                train.stream()
                        .filter(row -> row.act().label() != Label.OFF_PLAN)
                        .toList(),
                feature -> feature.name().endsWith("-far")
                        || feature.group() == Feature.Group.STRUCTURE
                                && !feature.name().endsWith("-asked")
                                && !NEUTRAL_STRUCTURE.contains(feature.name()),
                row -> worst(relevance, row.blind()),
                Row::blind,
                Settings.ABUSE);
    }

    private static double upper(double[] sorted, double share) {
        return sorted[Math.clamp((long) Math.floor(sorted.length * (1 - share)), 0, sorted.length - 1)];
    }

    /** A network that sees some of the features only; the others have no weight. */
    public Network network(
            List<Row> train,
            Predicate<Feature> seen,
            ToDoubleFunction<Row> other,
            Function<Row, double[][]> vectors,
            Settings settings) {
        List<Example> examples = new ArrayList<>();
        for (Row row : train) {
            double[][] windows = vectors.apply(row);
            double[] lowest = windows[0];
            for (double[] window : windows) {
                lowest = window[3] < lowest[3] ? window : lowest;
            }
            examples.add(new Example(masked(lowest, seen), row.isBad(), other.applyAsDouble(row)));
        }
        return Trainer.train(examples, settings);
    }

    /** A copy with zeros for what is not seen. */
    public double[] masked(double[] vector, Predicate<Feature> seen) {
        double[] masked = vector.clone();
        List<Feature> list = features.list();
        for (int i = 0; i < masked.length; i++) {
            masked[i] = seen.test(list.get(i)) ? masked[i] : 0;
        }
        return masked;
    }

    /** The logit of an act: that of its worst window. */
    public static double worst(Network network, double[][] windows) {
        double worst = Double.NEGATIVE_INFINITY;
        for (double[] window : windows) {
            worst = Math.max(worst, network.logit(window));
        }
        return worst;
    }

    public Side side(String text) throws IntentModelException {
        Side known = sides.get(text);
        if (known == null) {
            known = features.side(text);
            sides.put(text, known);
        }
        return known;
    }

    public Reading reading(Act act) throws IntentModelException {
        Reading known = readings.get(act);
        if (known == null) {
            known = features.reading(act);
            readings.put(act, known);
        }
        return known;
    }

    /** The act of a row that was made here. */
    public Reading readingOf(Row row) {
        return known(row.act().act());
    }

    /** An act that a row was made with. */
    public Reading known(Act act) {
        return Objects.requireNonNull(readings.get(act), "act");
    }

    /** The task of a row that was made here. */
    public Side sideOf(Row row) {
        return Objects.requireNonNull(sides.get(row.act().intent().task()), "task");
    }
}
