package io.plumbline.intent.evaluation;

import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.IntentScorer;
import io.plumbline.intent.PlanFinding.Kind;
import io.plumbline.intent.Score;
import io.plumbline.intent.corpus.Label;
import io.plumbline.intent.corpus.LabelledAct;
import io.plumbline.intent.corpus.Split;
import io.plumbline.intent.evaluation.Metrics.Estimate;
import io.plumbline.intent.evaluation.Metrics.Sample;
import io.plumbline.intent.evaluation.Report.Agent;
import io.plumbline.intent.evaluation.Report.Attack;
import io.plumbline.intent.evaluation.Report.Failure;
import io.plumbline.intent.evaluation.Report.Line;
import io.plumbline.intent.features.Feature;
import io.plumbline.intent.features.Feature.Group;
import io.plumbline.intent.features.Floor;
import io.plumbline.intent.features.Reading;
import io.plumbline.intent.head.Head;
import io.plumbline.intent.head.Network;
import io.plumbline.intent.head.Trainer.Settings;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.training.Training;
import io.plumbline.intent.training.Training.Row;
import io.plumbline.intent.training.VectorStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Measures a head on the test split, on pairs from elsewhere, under attack and against baselines that are trained or computed in
 * the same run.
 */
public final class Evaluation {
    private static final int ATTACKED = 500;
    /** What is attacked, by what stands before the attack's name. */
    private static final Map<String, Predicate<Label>> ATTACKED_KINDS = new TreeMap<>(Map.of(
            "",
            label -> label == Label.MALICIOUS || label == Label.OVER_EAGER,
            "off plan: ",
            label -> label == Label.OFF_PLAN));

    private static final int TIMED = 400;
    private static final int MAX_ALARMS = 10;
    /** Above every logit: a floor is a finding whatever the model says. */
    private static final double FLOORED = 1e6;

    private final Head head;
    private final Training training;
    private final Floor floor;
    private final Map<String, ToDoubleFunction<Row>> scorers = new LinkedHashMap<>();
    private final Reliability reliability = new Reliability();
    private final List<Line> lines = new ArrayList<>();
    private final Map<String, Integer> sizes = new LinkedHashMap<>();
    private final Map<String, Double> scalars = new LinkedHashMap<>();

    /** @param svg the reliability plot */
    public record Outcome(Report report, String svg) {}

    private Evaluation(Head head, Training training) {
        this.head = head;
        this.training = training;
        this.floor = new Floor(training.features());
    }

    /**
     * @param model the head's file
     * @param split that is measured; choices are made on the development split, the test split only judges
     * @param pairs folders in the format of {@link Pairs}
     * @param limit of pairs of each folder
     * @param sessions folders in the format of {@link RecordedActs}
     * @param vectors file that keeps the encoder's work between runs, if wanted
     */
    public static Outcome run(
            byte[] model, Split split, List<Path> pairs, int limit, List<Path> sessions, Optional<Path> vectors)
            throws IntentModelException, IOException {
        return run(model, Training.corpus(), ATTACKED, split, pairs, limit, sessions, vectors);
    }

    /** The same on a corpus of one's own; at most so many acts of a kind are attacked. */
    static Outcome run(
            byte[] model,
            List<LabelledAct> corpus,
            int attacked,
            Split split,
            List<Path> pairs,
            int limit,
            List<Path> sessions,
            Optional<Path> vectors)
            throws IntentModelException, IOException {
        Head head = Head.parse(model);
        try (Encoder encoder = Encoder.load()) {
            VectorStore store = new VectorStore(encoder);
            if (vectors.isPresent()) {
                store.load(vectors.get());
            }
            Training training = Training.of(head, store);
            if (!head.encoder().equals(encoder.digest())) {
                throw new IntentModelException(
                        "head: trained on encoder " + head.encoder() + " (expected: " + encoder.digest() + ")");
            }
            if (!head.features().equals(IntentModel.digest(training.features()))) {
                throw new IntentModelException("head: trained on other features (expected: those of this build)");
            }
            Evaluation evaluation = new Evaluation(head, training);
            List<Row> train = training.rows(corpus, Split.TRAIN);
            List<Row> test = training.rows(corpus, split);
            evaluation.count(corpus);
            evaluation.prepare(train);
            evaluation.onSplit(test);
            Map<String, Double> categories = evaluation.categories(test);
            List<Attack> attacks = evaluation.attacks(test, attacked);
            for (Path folder : pairs) {
                evaluation.onPairs(Pairs.read(folder, limit));
            }
            if (vectors.isPresent()) {
                store.save(vectors.get());
            }
            List<Agent> agents = new ArrayList<>();
            try (IntentModel whole = IntentModel.of(model)) {
                for (Path folder : sessions) {
                    agents.addAll(evaluation.onSessions(RecordedActs.read(folder), whole));
                }
            }
            evaluation.latency(model, test);
            evaluation.onPlans(model);
            Report report = new Report(
                    head.version(),
                    evaluation.sizes,
                    evaluation.lines,
                    categories,
                    attacks,
                    evaluation.scalars,
                    agents,
                    evaluation.failures(test));
            return new Outcome(report, evaluation.reliability.svg("Reliability of model " + head.version()));
        }
    }

    private void count(List<LabelledAct> corpus) {
        Map<String, Integer> counted = new TreeMap<>();
        corpus.forEach(act -> counted.merge(act.split() + " " + act.label(), 1, Integer::sum));
        sizes.putAll(counted);
    }

    private void prepare(List<Row> train) {
        Network structure = training.network(
                train, group(Group.STRUCTURE), row -> Double.NEGATIVE_INFINITY, Row::blind, Settings.RELEVANCE);
        Network actOnly = training.network(
                train,
                group(Group.STRUCTURE),
                row -> Double.NEGATIVE_INFINITY,
                this::withoutIntent,
                Settings.RELEVANCE);
        int signals = training.features().signals().all().size();
        scorers.put(
                "model with floor", row -> floored(row) ? FLOORED + head.blind(row.blind()) : head.blind(row.blind()));
        scorers.put("model", row -> head.blind(row.blind()));
        scorers.put("model with the agent's words", this::answered);
        scorers.put("without structure", row -> Training.worst(head.relevance(), row.blind()));
        scorers.put("without text (structure only)", row -> Training.worst(structure, row.blind()));
        scorers.put("without intent (act only)", row -> Training.worst(actOnly, withoutIntent(row)));
        scorers.put("baseline: cosine", row -> -row.blind()[0][0]);
        scorers.put("baseline: keywords", row -> keywords(row, signals));
    }

    private static Predicate<Feature> group(Group group) {
        return feature -> feature.group() == group;
    }

    /** The act's structure as if nobody had said what it is for. */
    private double[][] withoutIntent(Row row) {
        List<Feature> list = training.features().list();
        int count = training.features().signals().all().size();
        double[][] windows = new double[row.blind().length][];
        for (int w = 0; w < windows.length; w++) {
            double[] vector = row.blind()[w].clone();
            for (int i = 0; i < list.size(); i++) {
                if (list.get(i).name().endsWith("-asked")) {
                    vector[i - count] += vector[i];
                    vector[i] = 0;
                } else if (Set.of("unasked", "grave").contains(list.get(i).name())
                        || list.get(i).group() != Group.STRUCTURE) {
                    vector[i] = 0;
                }
            }
            windows[w] = vector;
        }
        return windows;
    }

    /** How many dangerous words an act has, whatever the task. */
    private double keywords(Row row, int signals) {
        return training.readingOf(row).found().size() / (double) signals;
    }

    private boolean floored(Row row) {
        return floor(row) > 0;
    }

    private double floor(Row row) {
        List<Reading> recent = row.act().intent().recent().stream()
                .map(act -> training.known(act))
                .toList();
        return floor.of(training.sideOf(row), row.act().intent().scope(), recent, training.readingOf(row));
    }

    private void onSplit(List<Row> test) {
        List<Row> good = test.stream().filter(row -> !row.isBad()).toList();
        for (Label label : List.of(Label.OFF_PLAN, Label.OVER_EAGER, Label.MALICIOUS)) {
            compare(
                    label.name(),
                    good,
                    test.stream().filter(row -> row.act().label() == label).toList());
        }
        int asked = 0;
        int flagged = 0;
        int looked = 0;
        int lookalikes = 0;
        int raised = 0;
        Reliability spoken = new Reliability();
        for (Row row : test) {
            double withWords = answered(row);
            spoken.add(withWords, row.isBad());
            raised += !row.isBad()
                            && band(withWords) > band(head.blindCalibration().probability(head.blind(row.blind())))
                    ? 1
                    : 0;
            double risk = head.blindCalibration().probability(head.blind(row.blind()));
            reliability.add(risk, row.isBad());
            boolean deviates = risk >= head.thresholds().deviation() || floored(row);
            if (!row.isBad()) {
                flagged += deviates ? 1 : 0;
                asked += !deviates
                                && (risk >= head.thresholds().ask()
                                        || training.readingOf(row).cut())
                        ? 1
                        : 0;
            }
            if (row.act().label() == Label.LOOKALIKE) {
                lookalikes++;
                looked += deviates ? 1 : 0;
            }
        }
        scalars.put("calibration error (ECE)", reliability.error());
        scalars.put("calibration error with the agent's words (ECE)", spoken.error());
        scalars.put("benign acts that only the agent's words raise into a higher band", (double) raised / good.size());
        scalars.put("benign acts asked about", (double) asked / good.size());
        scalars.put("benign acts counted as deviations", (double) flagged / good.size());
        scalars.put("look-alike benign acts counted as deviations", (double) looked / lookalikes);
    }

    private void compare(String set, List<Row> good, List<Row> bad) {
        ToDoubleFunction<Row> model = scorer("model");
        scorers.forEach((name, scorer) -> {
            Sample goodScores = sample(good, scorer);
            Sample badScores = sample(bad, scorer);
            // The floor at the model's own threshold: its false alarms are counted apart.
            Sample limit = name.equals("model with floor") ? sample(good, model) : goodScores;
            if (name.equals("model with floor")) {
                scalars.put(
                        set + ": false alarms of the model with floor, at the model's threshold of 1 %",
                        1 - Metrics.missed(goodScores.scores(), Metrics.threshold(limit.scores(), 0.01)));
                scalars.put(
                        set + ": misses of the model with floor, at 1 % false alarms of both together",
                        Metrics.missesAt(0.01).of(goodScores.scores(), badScores.scores()));
            }
            lines.add(new Line(
                    set,
                    name,
                    Metrics.estimate(goodScores, badScores, Metrics::auc),
                    Metrics.estimate(limit, badScores, Metrics.missesAt(0.01)),
                    Metrics.estimate(limit, badScores, Metrics.missesAt(0.001))));
        });
        ToDoubleFunction<Row> cosine = scorer("baseline: cosine");
        Estimate fewer = Metrics.difference(
                sample(good, cosine),
                sample(bad, cosine),
                sample(good, model),
                sample(bad, model),
                Metrics.missesAt(0.01));
        scalars.put(set + ": misses at 1 % of cosine less those of the model", fewer.value());
        scalars.put(set + ": the same, low end of the 95 % interval", fewer.low());
    }

    private ToDoubleFunction<Row> scorer(String name) {
        return Objects.requireNonNull(scorers.get(name), name);
    }

    private static Sample sample(List<Row> rows, ToDoubleFunction<Row> scorer) {
        return Sample.of(
                rows.stream().mapToDouble(scorer).toArray(),
                rows.stream().mapToInt(row -> row.act().session()).toArray());
    }

    private Map<String, Double> categories(List<Row> test) {
        ToDoubleFunction<Row> scorer = scorers.get("model with floor");
        double threshold = Metrics.threshold(
                Metrics.sorted(test.stream()
                        .filter(row -> !row.isBad())
                        .mapToDouble(scorers.get("model"))
                        .toArray()),
                0.01);
        Map<String, List<Row>> byCategory = new TreeMap<>();
        for (Row row : test) {
            if (row.isBad() && row.act().label() != Label.OFF_PLAN) {
                byCategory
                        .computeIfAbsent(row.act().label() + " " + row.act().category(), any -> new ArrayList<>())
                        .add(row);
            }
        }
        Map<String, Double> missed = new LinkedHashMap<>();
        byCategory.forEach((category, rows) -> missed.put(
                category, Metrics.missed(rows.stream().mapToDouble(scorer).toArray(), threshold)));
        return missed;
    }

    private List<Attack> attacks(List<Row> test, int attacked) throws IntentModelException {
        List<Attack> attacks = new ArrayList<>();
        for (Map.Entry<String, Predicate<Label>> kind : ATTACKED_KINDS.entrySet()) {
            List<Row> all = test.stream()
                    .filter(row -> kind.getValue().test(row.act().label())
                            && row.act().act().kind() == Act.Kind.COMMAND)
                    .toList();
            int count = Math.min(attacked, all.size());
            List<Row> bad = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                bad.add(all.get((int) ((long) i * all.size() / count)));
            }
            for (Map.Entry<String, UnaryOperator<LabelledAct>> attack :
                    Attacks.all().entrySet()) {
                int before = 0;
                int after = 0;
                for (Row row : bad) {
                    before += isCaught(row) ? 1 : 0;
                    after += isCaught(training.row(attack.getValue().apply(row.act()))) ? 1 : 0;
                }
                attacks.add(new Attack(
                        kind.getKey() + attack.getKey(), count, (double) before / count, (double) after / count));
            }
        }
        return attacks;
    }

    /** Asked about or counted, as the model answers: prose, floor, and what is too long to be read included. */
    private boolean isCaught(Row row) {
        return answered(row) >= head.thresholds().ask()
                || floored(row)
                || training.readingOf(row).cut();
    }

    /** The probability by the model alone that is not blind to the agent's words. */
    private double answered(Row row) {
        double blind = head.blindCalibration().probability(head.blind(row.blind()));
        return IntentModel.prose(row.act().intent()).isEmpty()
                ? blind
                : Math.max(blind, head.proseCalibration().probability(head.withProse(row.blind(), row.withProse())));
    }

    private int band(double risk) {
        return risk >= head.thresholds().deviation()
                ? 2
                : risk >= head.thresholds().ask() ? 1 : 0;
    }

    /** Plans are checked by words and likeness, not by training; so these are few and written by hand. */
    private void onPlans(byte[] file) throws IntentModelException {
        GoldenPlans plans = GoldenPlans.read();
        try (IntentModel model = IntentModel.of(file)) {
            scalars.put("golden plans that fit, with a finding", missed(plans, model, Optional.empty()));
            for (Kind kind : List.of(Kind.TOO_BROAD, Kind.SCOPE_CREEP, Kind.FORBIDDEN_INTENT)) {
                scalars.put(
                        "golden plans with an item of " + kind.name().toLowerCase(Locale.ROOT) + ", missed",
                        missed(plans, model, Optional.of(kind)));
            }
        }
    }

    private static double missed(GoldenPlans plans, IntentScorer model, Optional<Kind> kind)
            throws IntentModelException {
        return (double) plans.missed(model, kind).size() / plans.of(kind).size();
    }

    private void onPairs(Pairs pairs) throws IntentModelException {
        List<Row> good = new ArrayList<>();
        List<Row> bad = new ArrayList<>();
        for (LabelledAct act : pairs.labelled()) {
            (act.label().isBad() ? bad : good).add(training.row(act));
        }
        sizes.put("pairs " + pairs.name(), good.size());
        compare("pairs " + pairs.name(), good, bad);
        long flagged = good.stream()
                .filter(row -> head.blindCalibration().probability(head.blind(row.blind()))
                                >= head.thresholds().deviation()
                        || floored(row))
                .count();
        scalars.put("pairs " + pairs.name() + ": on-plan acts counted as deviations", (double) flagged / good.size());
    }

    /** An act that somebody has labelled, as the model answered it. */
    private record Labelled(int session, boolean serves, Score.Scored score) {}

    private List<Agent> onSessions(RecordedActs recorded, IntentScorer model) {
        Map<String, int[]> counts = new TreeMap<>();
        List<Labelled> labelled = new ArrayList<>();
        int[] number = {0};
        recorded.sessions().values().forEach(session -> {
            RecordedActs.Entry first = session.getFirst();
            int asked = 0;
            int counted = 0;
            number[0]++;
            for (RecordedActs.Entry entry : session) {
                Score score = model.score(entry.intent(), entry.act());
                Score.Band band = score instanceof Score.Scored scored ? scored.band() : Score.Band.ASK;
                asked += band == Score.Band.ASK ? 1 : 0;
                counted += band == Score.Band.DOES_NOT_SERVE ? 1 : 0;
                if (entry.serves().isPresent() && score instanceof Score.Scored scored) {
                    labelled.add(new Labelled(number[0], entry.serves().get(), scored));
                }
            }
            int[] count = counts.computeIfAbsent(first.agent(), ignored -> new int[5]);
            if (first.honest()) {
                count[0] += session.size();
                count[1] += asked;
                count[2] += counted;
            } else {
                count[3]++;
                count[4] += asked + counted > 0 ? 1 : 0;
            }
        });
        List<Agent> agents = new ArrayList<>();
        counts.forEach((agent, count) ->
                agents.add(new Agent(recorded.name(), agent, count[0], count[1], count[2], count[3], count[4])));
        onLabelled("sessions " + recorded.name(), labelled);
        return agents;
    }

    /** Figures of a folder whose acts are labelled; nothing of one that lacks acts of one label. */
    private void onLabelled(String set, List<Labelled> acts) {
        List<Labelled> good = acts.stream().filter(Labelled::serves).toList();
        List<Labelled> bad = acts.stream().filter(act -> !act.serves()).toList();
        if (good.isEmpty() || bad.isEmpty()) {
            return;
        }
        sizes.put(set + " serves", good.size());
        sizes.put(set + " deviates", bad.size());
        onLabelled(set, "model with floor", good, bad, Score.Scored::risk);
        onLabelled(set, "model with the agent's words", good, bad, Score.Scored::model);
        Reliability answered = new Reliability();
        acts.forEach(act -> answered.add(act.score().model(), !act.serves()));
        scalars.put(set + ": calibration error (ECE)", answered.error());
        scalars.put(set + ": acts that serve and are asked about", share(good, Score.Band.ASK));
        scalars.put(set + ": acts that serve and are counted as deviations", share(good, Score.Band.DOES_NOT_SERVE));
        scalars.put(set + ": acts that deviate and are let through", share(bad, Score.Band.SERVES));
    }

    private void onLabelled(
            String set, String scorer, List<Labelled> good, List<Labelled> bad, ToDoubleFunction<Score.Scored> figure) {
        Sample goodScores = scores(good, figure);
        Sample badScores = scores(bad, figure);
        lines.add(new Line(
                set,
                scorer,
                Metrics.estimate(goodScores, badScores, Metrics::auc),
                Metrics.estimate(goodScores, badScores, Metrics.missesAt(0.01)),
                Metrics.estimate(goodScores, badScores, Metrics.missesAt(0.001))));
    }

    private static Sample scores(List<Labelled> acts, ToDoubleFunction<Score.Scored> figure) {
        return Sample.of(
                acts.stream()
                        .mapToDouble(act -> figure.applyAsDouble(act.score()))
                        .toArray(),
                acts.stream().mapToInt(Labelled::session).toArray());
    }

    private static double share(List<Labelled> acts, Score.Band band) {
        return (double) acts.stream().filter(act -> act.score().band() == band).count() / acts.size();
    }

    /** The lowest bad act of each kind that is let through, and the highest benign ones. */
    private List<Failure> failures(List<Row> rows) {
        Map<String, Failure> missed = new TreeMap<>();
        Map<String, Failure> alarms = new TreeMap<>();
        for (Row row : rows) {
            double risk = risk(row);
            Failure failure =
                    new Failure("", row.act().intent().task(), row.act().act().text(), risk);
            if (row.isBad() && risk < head.thresholds().ask()) {
                missed.merge(
                        row.act().label() == Label.OFF_PLAN
                                ? "off_plan"
                                : row.act().label() + " " + row.act().category(),
                        failure,
                        (a, b) -> a.risk() <= b.risk() ? a : b);
            } else if (!row.isBad() && risk >= head.thresholds().deviation()) {
                alarms.merge(row.act().family(), failure, (a, b) -> a.risk() >= b.risk() ? a : b);
            }
        }
        List<Failure> failures = new ArrayList<>();
        missed.forEach((kind, failure) -> failures.add(new Failure(
                "missed, " + kind.toLowerCase(Locale.ROOT), failure.task(), failure.act(), failure.risk())));
        alarms.values().stream()
                .sorted(Comparator.comparingDouble(Failure::risk).reversed())
                .limit(MAX_ALARMS)
                .forEach(failure ->
                        failures.add(new Failure("false alarm", failure.task(), failure.act(), failure.risk())));
        return failures;
    }

    private double risk(Row row) {
        double model = head.blindCalibration().probability(head.blind(row.blind()));
        return Math.max(model, floor(row));
    }

    /** Times acts of exactly one full window, each new; then the same again from the cache. */
    private void latency(byte[] file, List<Row> test) throws IntentModelException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long start = System.nanoTime();
        try (IntentModel model = IntentModel.of(file)) {
            Intent intent = Intent.of(test.getFirst().act().intent().task());
            model.score(intent, Act.command("ls"));
            scalars.put(
                    "load of a head beside a loaded encoder, and first score, ms", (System.nanoTime() - start) / 1e6);
            String words = Stream.iterate("check the list of files again ", text -> text)
                    .limit(8)
                    .reduce("", String::concat);
            List<Act> acts = new ArrayList<>();
            for (int i = 0; i < TIMED; i++) {
                acts.add(Act.command("tool" + (char) ('a' + i % 26) + (char) ('a' + i / 26) + " " + full(words)));
            }
            for (int i = 0; i < 60; i++) {
                model.score(intent, Act.command("warm " + i + " " + full(words)));
            }
            for (String pass : List.of("one act of 32 tokens", "cached act")) {
                double[] times = new double[acts.size()];
                double[] processor = new double[acts.size()];
                for (int i = 0; i < times.length; i++) {
                    long from = System.nanoTime();
                    long used = threads.getCurrentThreadCpuTime();
                    model.score(intent, acts.get(i));
                    processor[i] = (threads.getCurrentThreadCpuTime() - used) / 1e6;
                    times[i] = (System.nanoTime() - from) / 1e6;
                }
                Arrays.sort(times);
                Arrays.sort(processor);
                scalars.put(pass + " p50, ms", times[times.length / 2]);
                scalars.put(pass + " p99, ms", times[(int) (times.length * 0.99)]);
                // On a machine that does other work, these say what the model needs.
                scalars.put(pass + " p50, ms of processor time", processor[processor.length / 2]);
                scalars.put(pass + " p99, ms of processor time", processor[(int) (processor.length * 0.99)]);
            }
        }
    }

    private static String full(String words) {
        return String.join(" ", Arrays.copyOf(words.split(" "), 24));
    }
}
