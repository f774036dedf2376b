package io.plumbline.intent.features;

import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.features.Feature.Group;
import io.plumbline.intent.features.Outline.Invocation;
import io.plumbline.intent.features.Reading.Purpose;
import io.plumbline.intent.text.Encoded;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.text.Folding;
import io.plumbline.intent.text.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns intents and acts into vectors of numbers. One act gives one vector a window; their structure is that of the whole act. The
 * names and their order are the model's contract: {@link #list()}.
 */
public final class Features {
    /** Leads elsewhere than its paths show: a step up, the root, a home, what a variable holds, other programs by a variable. */
    private static final Pattern LEAVES = Pattern.compile(
            "(?:^|[\\s='\"(/])\\.\\.(?:[\\s'\")&|;]|$)|(?:^|[\\s='\"(])[~/](?:[\\s'\")&|;]|$)|\\bcd\\s{0,9}(?:[-;&|\\n]|$)|\\$\\{?[A-Z]|\\b(?:PATH|PAGER|LESSOPEN|LD_[A-Z_]{1,20}|GIT_[A-Z_]{1,20})=");

    /** Invocations of an act whose purpose is looked at. */
    private static final int MAX_PURPOSES = 6;

    /** Names in a vector's order. */
    private final List<Feature> list;

    private final Embedder embedder;
    private final Bank tasks;
    private final Bank acts;
    private final List<float[]> meanings;
    private final Glosses glosses = new Glosses();
    private final Signals signals = new Signals();
    private final CommandReader reader;
    private final int credential = signals.index("credential");
    private final int upload = signals.index("upload");
    private final int reverseShell = signals.index("reverse-shell");

    /** Vectors of texts. */
    public interface Embedder {
        /** One a window. */
        List<Encoded> encode(String text, Encoder.Role role) throws IntentModelException;

        /** Whether {@link #encode} leaves out a part of the text. */
        boolean exceedsWindows(String text);
    }

    /**
     * @param tasks unrelated tasks, to judge how common an act is
     * @param acts unrelated acts, to judge how broad a task is
     * @param meanings a vector for each entry of {@link Glosses}
     */
    public Features(Embedder embedder, Bank tasks, Bank acts, Bank meanings, CommandReader reader) {
        this.embedder = embedder;
        this.tasks = tasks;
        this.acts = acts;
        this.meanings = meanings.vectors();
        this.reader = reader;
        if (this.meanings.size() != glosses.texts().size()) {
            throw new IllegalArgumentException("meanings: " + this.meanings.size() + " (expected: "
                    + glosses.texts().size() + ", one for each gloss)");
        }
        this.list = names(signals);
    }

    public List<Feature> list() {
        return list;
    }

    public Signals signals() {
        return signals;
    }

    /** Makes a task, a plan item or a reason ready. */
    public Side side(String text) throws IntentModelException {
        String folded = Folding.fold(text);
        Encoded encoded = embedder.encode(folded, Encoder.Role.SAID).getFirst();
        return new Side(
                folded,
                encoded,
                acts.spread(encoded.vector()),
                Words.stems(folded),
                Words.literals(folded),
                Wording.of(folded),
                signals.askedBy(folded));
    }

    /** Makes an act ready. */
    public Reading reading(Act act) throws IntentModelException {
        String text = Folding.fold(act.bounded());
        Outline outline = act.kind() == Act.Kind.COMMAND ? reader.read(text) : new Outline(List.of(), text, false);
        String deeds = outline.deeds();
        List<Encoded> windows = embedder.encode(deeds, Encoder.Role.DONE);
        boolean onlySpeaks = outline.invocations().stream().allMatch(Invocation::speaks);
        List<Set<String>> spoken = new ArrayList<>();
        List<List<Integer>> known = new ArrayList<>();
        for (Invocation invocation : outline.invocations()) {
            if (invocation.speaks() && !onlySpeaks) {
                continue;
            }
            List<Integer> parts = glosses.parts(invocation);
            Set<String> stems = new LinkedHashSet<>(Words.stems(glosses.words(parts)));
            stems.addAll(Words.stems(String.join(" ", invocation.arguments())));
            spoken.add(stems);
            if (!parts.isEmpty() && known.size() < MAX_PURPOSES) {
                known.add(parts);
            }
        }
        Set<String> stems = new LinkedHashSet<>(Words.stems(deeds));
        spoken.forEach(stems::addAll);
        return new Reading(
                act.kind(),
                text,
                windows,
                windows.stream().map(window -> tasks.spread(window.vector())).toList(),
                outline,
                signals.of(act.kind(), text, outline),
                stems,
                Words.literals(deeds),
                Places.hosts(text),
                spoken,
                purpose(known),
                Folding.disguised(act.bounded()),
                act.text().length() > Act.MAX_CHARS || embedder.exceedsWindows(deeds));
    }

    /** The act without the task's own words, where it has more of them than an act of the task needs; it is scored beside the act. */
    public List<Act> withoutWording(Side task, Reading act) {
        if (act.kind() != Act.Kind.COMMAND) {
            return List.of();
        }
        Set<String> programs = new LinkedHashSet<>();
        for (Invocation invocation : act.outline().invocations()) {
            if (!glosses.parts(invocation).isEmpty()) {
                programs.add(invocation.program());
            }
        }
        return task.wording().without(act.text(), programs).stream()
                .map(Act::command)
                .toList();
    }

    private Optional<Purpose> purpose(List<List<Integer>> invocations) {
        if (invocations.isEmpty()) {
            return Optional.empty();
        }
        List<float[]> programs = new ArrayList<>();
        List<float[]> options = new ArrayList<>();
        List<float[]> together = new ArrayList<>();
        for (List<Integer> parts : invocations) {
            programs.add(meanings.get(parts.getFirst()));
            parts.stream().skip(1).map(meanings::get).forEach(options::add);
            together.add(sum(parts.stream().map(meanings::get).toList()));
        }
        float[] whole = sum(together);
        return Optional.of(new Purpose(whole, tasks.spread(whole), together, programs, options));
    }

    private static float[] sum(List<float[]> vectors) {
        float[] sum = new float[Encoder.WIDTH];
        for (float[] vector : vectors) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += vector[i];
            }
        }
        return Encoder.normalised(sum);
    }

    private static List<Feature> names(Signals signals) {
        List<Feature> names = new ArrayList<>();
        for (String name : List.of("cosine", "normal-by-task", "normal-by-act", "normal")) {
            names.add(new Feature(name, Group.SIMILARITY, "does not read like the task"));
        }
        names.add(new Feature("breadth", Group.SIMILARITY, "the task is so broad that it covers anything"));
        names.add(new Feature("commonness", Group.SIMILARITY, "is like nothing that tasks usually ask for"));
        for (String name : List.of("task-pieces", "task-pieces-low")) {
            names.add(new Feature(name, Group.SIMILARITY, "leaves open what the task asks for"));
        }
        for (String name : List.of("act-pieces", "act-pieces-low")) {
            names.add(new Feature(name, Group.SIMILARITY, "does what the task does not ask for"));
        }
        for (String name : List.of(
                "program-best",
                "program-mean",
                "program-far",
                "purpose",
                "purpose-normal",
                "purpose-best",
                "purpose-far")) {
            names.add(new Feature(name, Group.SIMILARITY, "runs a program that is for something else"));
        }
        names.add(new Feature("option-worst", Group.SIMILARITY, "uses an option that is for something else"));
        names.add(new Feature("option-mean", Group.SIMILARITY, "uses options that are for something else"));
        for (String name : List.of(
                "task-words", "task-words-known", "act-words", "invocation-best", "invocation-worst", "shared")) {
            names.add(new Feature(name, Group.WORDS, "has little of what the task speaks of"));
        }
        for (String name : List.of("act-literals", "task-literals", "shared-literals", "task-has-literals")) {
            names.add(new Feature(name, Group.WORDS, "names other files and values than the task"));
        }
        // Whether the task is about it or not: reading in its folders serves every task.
        names.add(new Feature("reads-outside", Group.WORDS, "does more than read in the folders of the task"));
        names.add(
                new Feature("builds-outside", Group.WORDS, "does more than build and test in the folders of the task"));
        for (Signal signal : signals.all()) {
            names.add(new Feature(
                    signal.name() + "-unasked", Group.STRUCTURE, signal.words() + ", which the task does not ask for"));
        }
        for (Signal signal : signals.all()) {
            names.add(new Feature(signal.name() + "-asked", Group.STRUCTURE, signal.words()));
        }
        names.add(new Feature("unasked", Group.STRUCTURE, "does several things that the task does not ask for"));
        names.add(new Feature("grave", Group.STRUCTURE, "does what only a person may ask for"));
        names.add(new Feature("invocations", Group.STRUCTURE, "runs many programs at once"));
        names.add(new Feature("length", Group.STRUCTURE, "is long"));
        names.add(new Feature("incomplete", Group.STRUCTURE, "cannot be read completely"));
        names.add(new Feature("disguised", Group.STRUCTURE, "is written with look-alike or invisible characters"));
        names.add(new Feature("elevated", Group.STRUCTURE, "runs as administrator"));
        names.add(new Feature("nested", Group.STRUCTURE, "hides commands in commands"));
        names.add(new Feature("edit", Group.STRUCTURE, "is an edit"));
        names.add(new Feature("files", Group.STRUCTURE, "is a set of files"));
        names.add(new Feature("egress", Group.STRUCTURE, "is a connection to outside"));
        names.add(new Feature("tool", Group.STRUCTURE, "is a call of a tool"));
        names.add(new Feature("outside-scope", Group.STRUCTURE, "reaches outside the folders of the task"));
        names.add(new Feature("foreign-host", Group.STRUCTURE, "names a host that neither task nor policy names"));
        names.add(new Feature("after-credential", Group.STRUCTURE, "talks to outside after a credential was read"));
        for (String name : List.of("prose-cosine", "prose-normal", "prose-words")) {
            names.add(new Feature(name, Group.PROSE, "is not what the agent announced"));
        }
        names.add(new Feature("prose-task", Group.PROSE, "the agent announced something else than the task"));
        names.add(new Feature("prose-breadth", Group.PROSE, "the announcement covers anything"));
        names.add(new Feature("prose-asked", Group.PROSE, "the agent's words ask for what the task does not"));
        return List.copyOf(names);
    }

    /**
     * One vector a window of the act, as long as {@link #list()}. Numbers of the group PROSE are zero without prose.
     *
     * @param prose the agent's words, if there are any
     * @param recent the session's last acts
     * @param guises the act, and where it repeats the task's words the same {@linkplain #withoutWording without them}
     */
    public double[][] vectors(
            Side task, @Nullable Side prose, Intent.Scope scope, List<Reading> recent, List<Reading> guises) {
        return guises.stream()
                .flatMap(guise -> Arrays.stream(vectors(task, prose, scope, recent, guise)))
                .toArray(double[][]::new);
    }

    private double[][] vectors(Side task, @Nullable Side prose, Intent.Scope scope, List<Reading> recent, Reading act) {
        double[] whole = new double[list.size()];
        int at = fillWhole(whole, task, scope, recent, act);
        double[][] windows = new double[act.windows().size()][];
        for (int w = 0; w < windows.length; w++) {
            double[] vector = whole.clone();
            Encoded window = act.windows().get(w);
            double cosine = Encoder.cosine(task.vector(), window.vector());
            double byTask = task.spread().normal(cosine);
            double byAct = act.spreads().get(w).normal(cosine);
            vector[0] = 4 * cosine;
            vector[1] = byTask;
            vector[2] = byAct;
            vector[3] = (byTask + byAct) / 2;
            vector[5] = 10 * act.spreads().get(w).mean();
            Encoded.Alignment alignment = task.encoded().alignedWith(window);
            vector[6] = 4 * alignment.here().mean();
            vector[7] = 4 * alignment.here().low();
            vector[8] = 4 * alignment.there().mean();
            vector[9] = 4 * alignment.there().low();
            if (prose != null) {
                fillProse(vector, at, task, prose, act, w);
            }
            windows[w] = vector;
        }
        return windows;
    }

    private int fillWhole(double[] vector, Side task, Intent.Scope scope, List<Reading> recent, Reading act) {
        vector[4] = 10 * task.spread().mean();
        int at = fillPurpose(vector, 10, task, act);
        at = fillWords(vector, at, task, act);
        boolean inside = isHarmlessInside(scope, task, act);
        boolean command = act.kind() == Act.Kind.COMMAND;
        vector[at++] = inside && (!command || Readers.onlyRead(act.outline())) ? 0 : 1;
        vector[at++] = inside && (!command || Readers.onlyBuild(act.outline())) ? 0 : 1;
        int unasked = 0;
        int count = signals.all().size();
        for (int i = 0; i < count; i++) {
            if (act.gives(i)) {
                boolean asked = act.isAsked(i, task);
                vector[at + i] = asked ? 0 : 1;
                vector[at + count + i] = asked ? 1 : 0;
                unasked += asked ? 0 : 1;
            }
        }
        at += 2 * count;
        vector[at++] = Math.min(4, unasked) / 2.0;
        vector[at++] = isGrave(task, act) ? 1 : 0;
        vector[at++] = StrictMath.log(1 + act.outline().invocations().size());
        vector[at++] = StrictMath.log(1 + act.text().length()) / 3;
        vector[at++] = act.outline().incomplete() || act.cut() ? 1 : 0;
        vector[at++] = Math.min(3, act.disguised());
        vector[at++] = act.outline().invocations().stream().anyMatch(Invocation::elevated) ? 1 : 0;
        vector[at++] = act.outline().invocations().stream().anyMatch(i -> i.depth() > 1) ? 1 : 0;
        vector[at++] = act.kind() == Act.Kind.EDIT ? 1 : 0;
        vector[at++] = act.kind() == Act.Kind.FILES ? 1 : 0;
        vector[at++] = act.kind() == Act.Kind.EGRESS ? 1 : 0;
        vector[at++] = act.kind() == Act.Kind.TOOL ? 1 : 0;
        vector[at++] = Places.outside(act, task, scope) ? 1 : 0;
        vector[at++] = Places.foreignHost(act, task, scope) ? 1 : 0;
        vector[at++] = afterCredential(recent, act) ? 1 : 0;
        return at;
    }

    /** Whether the act stays in the folders that the policy gives, and shows nothing that anybody would mind. */
    private static boolean isHarmlessInside(Intent.Scope scope, Side task, Reading act) {
        return !scope.folders().isEmpty()
                && (act.kind() == Act.Kind.FILES || act.kind() == Act.Kind.COMMAND)
                && act.found().isEmpty()
                && !act.cut()
                && !act.outline().incomplete()
                && !act.text().contains("../")
                && !LEAVES.matcher(act.text()).find()
                && !Places.outside(act, task, scope);
    }

    /** Whether the act does what is right only when a person asks for it, and none does. */
    boolean isGrave(Side task, Reading act) {
        return act.found().keySet().stream()
                .anyMatch(signal -> signals.all().get(signal).grave() && !act.isAsked(signal, task));
    }

    /** Whether the act talks to outside after (or while) a credential is read. */
    boolean afterCredential(List<Reading> recent, Reading act) {
        return talksOutside(act) && (act.gives(credential) || readsCredential(recent));
    }

    /** Whether one of the acts reads a credential: all that the last acts of a session say about the next. */
    public boolean readsCredential(List<Reading> acts) {
        return acts.stream().anyMatch(act -> act.gives(credential));
    }

    private boolean talksOutside(Reading act) {
        return act.gives(upload) || act.gives(reverseShell) || act.kind() == Act.Kind.EGRESS;
    }

    private static int fillPurpose(double[] vector, int from, Side task, Reading act) {
        if (act.purpose().isEmpty()) {
            // What similarity usually is, so that an unknown program says nothing.
            vector[from] = 0.6;
            vector[from + 1] = 0.6;
            vector[from + 2] = -0.6;
            vector[from + 3] = 0.8;
            vector[from + 4] = 0.5;
            vector[from + 5] = 0.8;
            vector[from + 6] = -0.6;
            vector[from + 7] = 0.6;
            vector[from + 8] = 0.6;
            return from + 9;
        }
        Purpose purpose = act.purpose().get();
        Range programs = Range.of(task, purpose.programs());
        Range invocations = Range.of(task, purpose.invocations());
        double whole = Encoder.cosine(task.vector(), purpose.whole());
        vector[from] = 4 * programs.best();
        vector[from + 1] = 4 * programs.mean();
        vector[from + 2] = -4 * programs.worst();
        vector[from + 3] = 4 * whole;
        vector[from + 4] = purpose.spread().normal(whole);
        vector[from + 5] = 4 * invocations.best();
        vector[from + 6] = -4 * invocations.worst();
        Range options = Range.of(task, purpose.options());
        vector[from + 7] = purpose.options().isEmpty() ? 0.6 : 4 * options.worst();
        vector[from + 8] = purpose.options().isEmpty() ? 0.6 : 4 * options.mean();
        return from + 9;
    }

    /** How similar a task is to several vectors. */
    private record Range(double best, double mean, double worst) {
        static Range of(Side task, List<float[]> vectors) {
            double best = -1;
            double worst = 1;
            double sum = 0;
            for (float[] vector : vectors) {
                double cosine = Encoder.cosine(task.vector(), vector);
                best = Math.max(best, cosine);
                worst = Math.min(worst, cosine);
                sum += cosine;
            }
            return new Range(best, sum / Math.max(1, vectors.size()), worst);
        }
    }

    private int fillWords(double[] vector, int from, Side task, Reading act) {
        vector[from] = covered(task.stems(), act.stems(), false);
        vector[from + 1] = covered(task.stems(), act.stems(), true);
        vector[from + 2] = covered(act.stems(), task.stems(), false);
        double best = 0;
        double worst = 1;
        for (Set<String> meaning : act.glosses()) {
            double hit = Math.min(1, shared(meaning, task.stems()) / 5);
            best = Math.max(best, hit);
            worst = Math.min(worst, hit);
        }
        vector[from + 3] = best;
        vector[from + 4] = act.glosses().isEmpty() ? 0.3 : worst;
        vector[from + 5] = Math.min(3, shared(act.stems(), task.stems()) / 5);
        int common = 0;
        for (String literal : act.literals()) {
            common += task.literals().contains(literal) ? 1 : 0;
        }
        int exact = 0;
        int telling = 0;
        for (String literal : task.literals()) {
            boolean tells = literal.chars().anyMatch(c -> !Character.isLetter(c));
            telling += tells ? 1 : 0;
            exact += tells
                            && (act.literals().contains(literal)
                                    || act.outline().deeds().contains(literal))
                    ? 1
                    : 0;
        }
        vector[from + 6] = common / (1.0 + act.literals().size());
        vector[from + 7] = telling == 0 ? 0 : (double) exact / telling;
        vector[from + 8] = Math.min(4, common) / 2.0;
        vector[from + 9] = Math.min(3, telling) / 2.0;
        return from + 10;
    }

    /** Weighted share of the first words that the second ones hold. */
    private double covered(Set<String> words, Set<String> others, boolean knownOnly) {
        double all = 0.5;
        double hit = 0;
        for (String word : words) {
            if (knownOnly && !glosses.knows(word)) {
                continue;
            }
            double weight = glosses.weight(word);
            all += weight;
            hit += others.contains(word) ? weight : 0;
        }
        return 2 * hit / all;
    }

    private double shared(Set<String> words, Set<String> others) {
        double sum = 0;
        for (String word : words) {
            sum += others.contains(word) ? glosses.weight(word) : 0;
        }
        return sum;
    }

    private void fillProse(double[] vector, int from, Side task, Side prose, Reading act, int window) {
        double cosine = Encoder.cosine(prose.vector(), act.windows().get(window).vector());
        vector[from] = 4 * cosine;
        vector[from + 1] = prose.spread().normal(cosine);
        vector[from + 2] = covered(prose.stems(), act.stems(), false);
        vector[from + 3] = 4 * Encoder.cosine(prose.vector(), task.vector());
        vector[from + 4] = 10 * prose.spread().mean();
        BitSet more = (BitSet) prose.asked().clone();
        more.andNot(task.asked());
        vector[from + 5] =
                Math.min(3, act.found().keySet().stream().filter(more::get).count());
    }
}
