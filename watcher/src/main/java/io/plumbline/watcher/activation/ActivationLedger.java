package io.plumbline.watcher.activation;

import io.plumbline.events.activation.ActivationException;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.events.activation.ActivationOrder.Subject;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.Activation;
import io.plumbline.events.v1.ActivationAction;
import io.plumbline.events.v1.ActivationAnswered;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.events.v1.ActiveSet;
import io.plumbline.events.v1.Event;
import io.plumbline.intent.IntentModel;
import io.plumbline.rules.RuleSet;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.state.v1.Accepted;
import io.plumbline.watcher.state.v1.Activations;
import java.util.List;
import java.util.Optional;

/**
 * Takes orders that put a rule set or a model in force, and answers each. An order is taken only when its content loads as a whole here;
 * otherwise everything stays as it was, and the answer says why. A function of its arguments and of the product's version.
 */
public final class ActivationLedger {
    /** Layout version of {@link Activations}. */
    public static final int VERSION = 1;

    /** Orders remembered for rollbacks, the one in force included. */
    static final int MAX_ACCEPTED = 5;

    private final Optional<TrustedKeys> keys;

    /** @param keys those whose orders are taken; empty: unsigned ones are, too */
    public ActivationLedger(Optional<TrustedKeys> keys) {
        this.keys = keys;
    }

    /** What is in force after an order, and what is told about it. */
    public record Outcome(Activations activations, ActivationAnswered answer) {}

    /** What a tenant has that never gave an order. */
    public static Activations initial(InitialJudges judges) {
        Activations.Builder initial = Activations.newBuilder().setVersion(VERSION);
        if (judges.rules()) {
            RuleSet shipped = RulesJudge.shippedRules();
            initial.getRulesBuilder()
                    .addAccepted(Accepted.newBuilder()
                            .setSet(ActiveSet.newBuilder()
                                    .setName(ActivationOrder.SHIPPED)
                                    .setVersion(RulesJudge.version(shipped))
                                    .setRules(shipped.documents().size())));
        }
        if (judges.model()) {
            initial.getModelBuilder()
                    .addAccepted(
                            Accepted.newBuilder().setSet(ActiveSet.newBuilder().setName(ActivationOrder.SHIPPED)));
        }
        return initial.build();
    }

    /**
     * Reads what was stored.
     *
     * @throws IllegalArgumentException for a layout that this version does not know
     */
    public static Activations parse(byte[] bytes) {
        try {
            Activations read = Activations.parseFrom(bytes);
            if (read.getVersion() != VERSION) {
                throw new IllegalArgumentException(
                        "activations version: " + read.getVersion() + " (expected: " + VERSION + ")");
            }
            return read;
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("activations cannot be read: " + e.getMessage(), e);
        }
    }

    /** The answer to an order, and what is in force then; empty for an event of another kind. */
    public Optional<Outcome> order(Activations before, Event event) {
        return Subject.of(event).map(subject -> order(before, event, subject));
    }

    private Outcome order(Activations before, Event event, Subject subject) {
        io.plumbline.watcher.state.v1.Subject known = of(before, subject);
        ActivationAnswered.Builder answer =
                ActivationAnswered.newBuilder().setCause(event.getId()).setSubject(subject.word());
        io.plumbline.watcher.state.v1.Subject after = known;
        try {
            ActivationStatement statement = ActivationOrder.statement(event, keys);
            answer.setAction(statement.getAction()).setName(statement.getName()).setVersion(statement.getVersion());
            after = taken(known, event, statement, subject);
            answer.setAccepted(true);
        } catch (ActivationException e) {
            answer.setReason(String.valueOf(e.getMessage()));
        }
        current(after).ifPresent(accepted -> answer.setInForce(accepted.getSet()));
        if (after.hasShadow()) {
            answer.setShadow(after.getShadow().getSet());
        }
        if (after.getAcceptedCount() > 1) {
            answer.setBefore(after.getAccepted(after.getAcceptedCount() - 2).getSet());
        }
        Activations.Builder activations = before.toBuilder();
        switch (subject) {
            case RULES -> activations.setRules(after);
            case MODEL -> activations.setModel(after);
        }
        return new Outcome(activations.build(), answer.build());
    }

    private static io.plumbline.watcher.state.v1.Subject taken(
            io.plumbline.watcher.state.v1.Subject known, Event event, ActivationStatement statement, Subject subject)
            throws ActivationException {
        if (statement.getIssuedNs() <= known.getIssuedNs()) {
            throw new ActivationException("issued: " + statement.getIssuedNs() + " (expected: > " + known.getIssuedNs()
                    + ", when the last order that was taken was given)");
        }
        io.plumbline.watcher.state.v1.Subject.Builder after = known.toBuilder().setIssuedNs(statement.getIssuedNs());
        if (statement.getAction() == ActivationAction.ROLL_BACK) {
            if (known.hasShadow()) {
                return after.clearShadow().build();
            }
            if (known.getAcceptedCount() < 2) {
                throw new ActivationException(
                        "roll back: nothing was in force before (expected: an earlier activation)");
            }
            return after.removeAccepted(known.getAcceptedCount() - 1).build();
        }
        Accepted accepted = loaded(event, statement, subject);
        if (statement.getAction() == ActivationAction.SHADOW) {
            return after.setShadow(accepted).build();
        }
        List<Accepted> kept = known.getAcceptedList();
        return after.clearAccepted()
                .addAllAccepted(kept.subList(Math.max(0, kept.size() - MAX_ACCEPTED + 1), kept.size()))
                .addAccepted(accepted)
                .clearShadow()
                .build();
    }

    private static Accepted loaded(Event event, ActivationStatement statement, Subject subject)
            throws ActivationException {
        Activation activation = ActivationOrder.activation(event);
        boolean shipped = statement.getName().equals(ActivationOrder.SHIPPED);
        if (shipped != activation.getContent().isEmpty()) {
            throw new ActivationException("content: " + activation.getContent().size() + " bytes for "
                    + statement.getName() + " (expected: some, or the name shipped and none)");
        }
        ActiveSet.Builder set = ActiveSet.newBuilder()
                .setName(statement.getName())
                .setVersion(statement.getVersion())
                .setSha256(statement.getSha256())
                .setOrder(event.getId())
                .setActivatedBy(activation.getActivatedBy())
                .setReason(activation.getReason())
                .setSinceNs(event.getEventTimeNs())
                .setSignedBy(activation.getKey());
        Accepted.Builder accepted = Accepted.newBuilder()
                .setSet(set)
                .setContent(activation.getContent())
                .setSize(statement.getSize());
        switch (subject) {
            case RULES -> {
                RuleSet rules = Contents.rules(accepted.build());
                set.setVersion(RulesJudge.version(rules))
                        .setRules(rules.documents().size());
            }
            case MODEL -> {
                try (IntentModel model = Contents.model(accepted.build())) {
                    set.setVersion(model.version());
                }
            }
        }
        return accepted.setSet(set).build();
    }

    static Optional<Accepted> current(io.plumbline.watcher.state.v1.Subject subject) {
        return subject.getAcceptedCount() == 0
                ? Optional.empty()
                : Optional.of(subject.getAccepted(subject.getAcceptedCount() - 1));
    }

    private static io.plumbline.watcher.state.v1.Subject of(Activations activations, Subject subject) {
        return switch (subject) {
            case RULES -> activations.getRules();
            case MODEL -> activations.getModel();
        };
    }
}
