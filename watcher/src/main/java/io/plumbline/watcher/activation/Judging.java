package io.plumbline.watcher.activation;

import io.plumbline.events.activation.ActivationException;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentScorer;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.judge.IntentJudge;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.judge.JudgeObserver;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.judge.Shadow;
import io.plumbline.watcher.state.v1.Accepted;
import io.plumbline.watcher.state.v1.Activations;
import io.plumbline.watcher.state.v1.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The judges of a tenant's sessions, ready to be asked. For one thread.
 *
 * @param judges in force, rules first
 * @param shadows beside them
 * @param missing what should judge and could not be loaded, one line each: the sessions' records say so
 * @param problems all that could not be loaded, shadows too
 */
public record Judging(List<Judge> judges, List<Shadow> shadows, List<String> missing, List<String> problems)
        implements AutoCloseable {
    public Judging {
        judges = List.copyOf(judges);
        shadows = List.copyOf(shadows);
        missing = List.copyOf(missing);
        problems = List.copyOf(problems);
    }

    /**
     * Loads what is in force; takes seconds for some thousand rules. What was accepted once and does not load any more, after an update of
     * the product for example, leaves the newest earlier one in force that does, in the end what comes with the product.
     */
    public static Judging of(Activations activations) {
        List<Judge> judges = new ArrayList<>();
        List<Shadow> shadows = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        newest(activations.getRules(), Judging::rules, problems)
                .or(() -> ActivationLedger.current(activations.getRules()).map(ignored -> RulesJudge.shipped()))
                .ifPresent(judges::add);
        newest(activations.getModel(), Judging::model, problems)
                .or(() -> ActivationLedger.current(activations.getModel()).map(ignored -> unscored(problems)))
                .ifPresent(judges::add);
        List<String> missing = List.copyOf(problems);
        Optional<IntentJudge> model = judges.stream()
                .filter(IntentJudge.class::isInstance)
                .map(IntentJudge.class::cast)
                .findFirst();
        shadow(activations.getRules(), ActivationOrder.Subject.RULES, Judging::rules, problems)
                .map(candidate -> candidate.beside(model))
                .ifPresent(shadows::add);
        shadow(activations.getModel(), ActivationOrder.Subject.MODEL, Judging::model, problems)
                .map(candidate -> candidate.beside(model))
                .ifPresent(shadows::add);
        return new Judging(judges, shadows, missing, problems);
    }

    /** What makes a judge of an order's content. */
    private interface Loader {
        Judge load(Accepted accepted) throws ActivationException;
    }

    private static Judge rules(Accepted accepted) throws ActivationException {
        return new RulesJudge(Contents.rules(accepted));
    }

    private static Judge model(Accepted accepted) throws ActivationException {
        IntentModel model = Contents.model(accepted);
        return new IntentJudge(model, model.version());
    }

    /** A model that somebody asked for and that is not there says "not scored", and the policy decides. */
    private static Judge unscored(List<String> problems) {
        return new IntentJudge(IntentScorer.missing(String.join("; ", problems)), "none");
    }

    private static Optional<Judge> newest(Subject subject, Loader loader, List<String> problems) {
        for (Accepted accepted : subject.getAcceptedList().reversed()) {
            Optional<Judge> loaded = load(accepted, loader, problems);
            if (loaded.isPresent()) {
                return loaded;
            }
        }
        return Optional.empty();
    }

    /** A candidate that was loaded. */
    private record Candidate(ActivationOrder.Subject subject, String order, Judge judge) {
        Shadow beside(Optional<IntentJudge> model) {
            return new Shadow(subject.word(), order, judge, model);
        }
    }

    private static Optional<Candidate> shadow(
            Subject subject, ActivationOrder.Subject kind, Loader loader, List<String> problems) {
        if (!subject.hasShadow()) {
            return Optional.empty();
        }
        Accepted candidate = subject.getShadow();
        return load(candidate, loader, problems)
                .map(judge -> new Candidate(kind, candidate.getSet().getOrder(), judge));
    }

    private static Optional<Judge> load(Accepted accepted, Loader loader, List<String> problems) {
        try {
            return Optional.of(loader.load(accepted));
        } catch (ActivationException e) {
            problems.add(accepted.getSet().getName() + " " + accepted.getSet().getVersion() + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * The same, for sessions that something else should judge.
     *
     * @param line what is missing, and why
     */
    public Judging insteadOf(String line) {
        List<String> all = new ArrayList<>(missing);
        all.add(line);
        return new Judging(judges, shadows, all, problems);
    }

    /** A watcher that these judge for. */
    public Watcher watcher() {
        return new Watcher(
                judges,
                shadows.isEmpty()
                        ? JudgeObserver.NONE
                        : (event, context, findings) ->
                                shadows.forEach(shadow -> shadow.judged(event, context, findings)),
                missing);
    }

    @Override
    public void close() {
        judges.forEach(Judging::close);
        shadows.forEach(shadow -> close(shadow.candidate()));
    }

    private static void close(Judge judge) {
        if (judge instanceof IntentJudge intent) {
            intent.close();
        }
    }
}
