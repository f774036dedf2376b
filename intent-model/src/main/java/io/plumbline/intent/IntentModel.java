package io.plumbline.intent;

import io.plumbline.intent.features.Feature;
import io.plumbline.intent.features.Features;
import io.plumbline.intent.features.Floor;
import io.plumbline.intent.features.Glosses;
import io.plumbline.intent.features.PlainCommandReader;
import io.plumbline.intent.features.PlanCheck;
import io.plumbline.intent.features.Reading;
import io.plumbline.intent.features.Side;
import io.plumbline.intent.head.Head;
import io.plumbline.intent.head.ScoreDistribution;
import io.plumbline.intent.text.Encoded;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.text.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The shipped model. A risk is the greatest of three: the blind score of task and act, the score with the agent's prose, and the
 * structural floor; so prose can raise a risk and never lower it. Long acts are scored window by window, the worst counts. The work of one
 * answer is bounded, not its time: the same question has the same answer on every machine. Safe for several threads.
 */
public final class IntentModel implements IntentScorer, AutoCloseable {
    /** The shipped head, beside this class. */
    public static final String HEAD = "model/head.bin";

    private static final String HEAD_DIGEST = "model/head.sha256";
    /** Windows of one act, in all its guises: some 10 ms each on a core, where they are not remembered. */
    private static final int MAX_READ = 24;

    /** Windows of the acts that are remembered: a long act takes the place of several. */
    private static final int MAX_WINDOWS = 2_048;

    private static final int MAX_SIDES = 2_048;
    /** Characters of the questions whose answers are remembered, all together. */
    private static final int MAX_ASKED = 4_000_000;
    /** Of an answer that is remembered, its reasons and what holds it, in characters. */
    private static final int OVERHEAD = 1_000;

    private static final int MAX_REASONS = 5;

    private final Encoder encoder;
    private final Head head;
    private final Features features;
    private final Floor floor;
    private final String version;
    private final int maxRead;
    private final WeighedCache<String, Side> sides = new WeighedCache<>(MAX_SIDES, side -> 1);
    private final WeighedCache<Act, Reading> readings =
            new WeighedCache<>(MAX_WINDOWS, reading -> reading.windows().size());

    private final WeighedCache<Question, Answer> answers = new WeighedCache<>(MAX_ASKED, Answer::characters);

    /** All that an answer depends on; of the last acts that is whether one read a credential. */
    private record Question(String task, String prose, Intent.Scope scope, boolean afterCredential, Act act) {
        int characters() {
            return OVERHEAD + task.length() + prose.length() + act.text().length();
        }
    }

    /** @param characters of the question, which is remembered with it */
    private record Answer(Score.Scored score, int characters) {}

    private IntentModel(Encoder encoder, Head head, int maxRead) {
        this.encoder = encoder;
        this.head = head;
        this.features = features(encoder, head);
        this.floor = new Floor(features);
        this.version = head.version();
        this.maxRead = maxRead;
    }

    private static Features features(Encoder encoder, Head head) {
        return new Features(
                new Features.Embedder() {
                    @Override
                    public List<Encoded> encode(String text, Encoder.Role role) throws IntentModelException {
                        return encoder.encode(text, role);
                    }

                    @Override
                    public boolean exceedsWindows(String text) {
                        return encoder.exceedsWindows(text);
                    }
                },
                head.tasks(),
                head.acts(),
                head.glosses(),
                new PlainCommandReader());
    }

    /** The digest of all that gives a head's inputs their meaning: names, signals and glosses. */
    public static String digest(Features features) {
        StringBuilder all = new StringBuilder();
        features.list().forEach(feature -> all.append(feature.name()).append('\n'));
        for (String resource : List.of("signals.txt", "glosses.txt")) {
            Resources.lines(resource).forEach(line -> all.append(line).append('\n'));
        }
        return Head.sha256(all.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The shipped model, or a scorer that scores nothing and says why. */
    public static IntentScorer loadOrMissing() {
        try {
            return load();
        } catch (IntentModelException e) {
            return IntentScorer.missing(String.valueOf(e.getMessage()));
        }
    }

    /** @throws IntentModelException when the shipped model is missing, damaged or does not fit the encoder */
    public static IntentModel load() throws IntentModelException {
        byte[] bytes = resource(HEAD);
        String expected = new String(resource(HEAD_DIGEST), StandardCharsets.US_ASCII).strip();
        if (!Head.sha256(bytes).equals(expected)) {
            throw new IntentModelException("head: SHA-256 " + Head.sha256(bytes) + " (expected: " + expected + ")");
        }
        return of(bytes);
    }

    /** A head of {@code plumbline model train}. */
    public static IntentModel of(byte[] head) throws IntentModelException {
        return of(head, MAX_READ);
    }

    /** @param maxRead windows of one act, beyond which it is not scored */
    static IntentModel of(byte[] head, int maxRead) throws IntentModelException {
        Head parsed = Head.parse(head);
        if (parsed.glosses().vectors().size() != new Glosses().texts().size()) {
            throw new IntentModelException("head: " + parsed.glosses().vectors().size() + " glosses (expected: "
                    + new Glosses().texts().size() + ")");
        }
        Encoder encoder = Encoder.load();
        try {
            return of(encoder, parsed, maxRead);
        } catch (IntentModelException | RuntimeException e) {
            encoder.close();
            throw e;
        }
    }

    private static IntentModel of(Encoder encoder, Head parsed, int maxRead) throws IntentModelException {
        IntentModel model = new IntentModel(encoder, parsed, maxRead);
        String features = digest(model.features);
        boolean fits = parsed.encoder().equals(encoder.digest())
                && parsed.features().equals(features)
                && parsed.relevance().inputs() == model.features.list().size()
                && parsed.abuse().inputs() == model.features.list().size()
                && parsed.prose().inputs() == model.features.list().size();
        if (!fits) {
            throw new IntentModelException("head: trained on encoder " + parsed.encoder() + " and features "
                    + parsed.features() + " (expected: " + encoder.digest() + " and " + features + ")");
        }
        // The first run of a session builds its buffers; no act should wait for it.
        encoder.encode("list the files of this folder and show the newest first", Encoder.Role.SAID);
        return model;
    }

    /** Twelve digits of the head's SHA-256; the head names the encoder it fits. */
    public String version() {
        return version;
    }

    public Head head() {
        return head;
    }

    @Override
    public Optional<ScoreDistribution> trainedScores() {
        return Optional.of(head.scores());
    }

    @Override
    public Score score(Intent intent, Act act) {
        if (intent.task().isBlank()) {
            return new Score.NotScored(Score.Cause.NO_TASK, "task: empty (expected: what a person asked for)");
        }
        try {
            List<Reading> recent = new ArrayList<>();
            for (Act earlier : intent.recent()) {
                recent.add(reading(earlier));
            }
            Question question =
                    new Question(intent.task(), prose(intent), intent.scope(), features.readsCredential(recent), act);
            Answer answer = answers.get(question);
            if (answer != null) {
                return answer.score();
            }
            Score score = answer(question, recent);
            if (score instanceof Score.Scored scored) {
                answers.put(question, new Answer(scored, question.characters()));
            }
            return score;
        } catch (IntentModelException | RuntimeException e) {
            return new Score.NotScored(Score.Cause.FAILED, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public List<PlanFinding> checkPlan(String task, List<String> items) {
        return new PlanCheck(features.signals(), text -> side(text).vector())
                .check(cut(task), items.stream().map(IntentModel::cut).toList());
    }

    private static String cut(String text) {
        return text.substring(0, Math.min(text.length(), Intent.MAX_CHARS));
    }

    private Score answer(Question question, List<Reading> recent) throws IntentModelException {
        Side task = side(question.task());
        Side prose = question.prose().isEmpty() ? null : side(question.prose());
        List<Reading> guises = new ArrayList<>(List.of(reading(question.act())));
        for (Act plain : features.withoutWording(task, guises.getFirst())) {
            guises.add(reading(plain));
            int read = guises.stream().mapToInt(guise -> guise.windows().size()).sum();
            if (read > maxRead) {
                return new Score.NotScored(
                        Score.Cause.TOO_SLOW, "act of " + read + " windows or more (expected: <= " + maxRead + ")");
            }
        }
        return judge(task, prose, question.scope(), recent, guises);
    }

    private Score.Scored judge(
            Side task, @Nullable Side prose, Intent.Scope scope, List<Reading> recent, List<Reading> guises) {
        Reading reading = guises.getFirst();
        double[][] windows = features.vectors(task, null, scope, recent, guises);
        int worst = 0;
        for (int w = 1; w < windows.length; w++) {
            worst = head.blind(windows[w]) > head.blind(windows[worst]) ? w : worst;
        }
        double blind = head.blindCalibration().probability(head.blind(windows[worst]));
        double model = blind;
        List<Score.Reason> reasons = new ArrayList<>(reasons(windows[worst]));
        if (worst >= reading.windows().size()) {
            reasons.addFirst(new Score.Reason("repeats the task's words, and is judged without them", 0));
        }
        if (prose != null) {
            double raised = head.withProse(windows, features.vectors(task, prose, scope, recent, guises));
            double withProse = Math.max(model, head.proseCalibration().probability(raised));
            if (withProse > model) {
                reasons.addFirst(new Score.Reason("does not fit what the agent announced", withProse - model));
            }
            model = withProse;
        }
        double certain = floor.of(task, scope, recent, reading);
        if (certain > 0) {
            // A floor is a finding whatever the thresholds of this head are.
            certain = Math.max(certain, head.thresholds().deviation());
        } else if (reading.cut()) {
            certain = head.thresholds().ask();
            reasons.addFirst(new Score.Reason("is too long to be read completely", 0));
        }
        double risk = Math.max(model, certain);
        return new Score.Scored(risk, model, blind, certain, band(risk), reasons, version);
    }

    private Score.Band band(double risk) {
        if (risk >= head.thresholds().deviation()) {
            return Score.Band.DOES_NOT_SERVE;
        }
        return risk >= head.thresholds().ask() ? Score.Band.ASK : Score.Band.SERVES;
    }

    /** What raises the logit most, one reason for each wording. */
    private List<Score.Reason> reasons(double[] vector) {
        Map<String, Double> byWords = new TreeMap<>();
        double[] contributions = head.contributions(vector);
        List<Feature> list = features.list();
        for (int i = 0; i < list.size(); i++) {
            byWords.merge(list.get(i).words(), contributions[i], Double::sum);
        }
        return byWords.entrySet().stream()
                .filter(entry -> entry.getValue() > 0.2)
                .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(MAX_REASONS)
                .map(entry -> new Score.Reason(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** The agent's words in one text. */
    public static String prose(Intent intent) {
        return (intent.planItem() + " " + intent.reason()).strip();
    }

    private Side side(String text) throws IntentModelException {
        Side known = sides.get(text);
        if (known == null) {
            known = features.side(text);
            sides.put(text, known);
        }
        return known;
    }

    private Reading reading(Act act) throws IntentModelException {
        Reading known = readings.get(act);
        if (known == null) {
            known = features.reading(act);
            readings.put(act, known);
        }
        return known;
    }

    private static byte[] resource(String name) throws IntentModelException {
        try (InputStream stream = IntentModel.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IntentModelException("head: no " + name + " (expected: in the module's jar)");
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new IntentModelException("head: " + name + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        encoder.close();
    }
}
