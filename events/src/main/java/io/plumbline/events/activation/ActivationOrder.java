package io.plumbline.events.activation;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.Activation;
import io.plumbline.events.v1.ActivationAction;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ModelActivated;
import io.plumbline.events.v1.RuleSetActivated;
import java.util.Optional;

/** Makes and reads the orders that put rule sets and models in force. */
public final class ActivationOrder {
    /** The name that stands for what came with the watch job. */
    public static final String SHIPPED = "shipped";

    /** Characters of a name or a version. */
    public static final int MAX_NAME = 200;

    private static final String CONTEXT = "plumbline activation statement v1";

    private ActivationOrder() {}

    /** What can be activated. */
    public enum Subject {
        RULES("rules"),
        MODEL("model");

        private final String word;

        Subject(String word) {
            this.word = word;
        }

        /** As it stands in orders and verdicts. */
        public String word() {
            return word;
        }

        /** The subject of a control event; empty for one of another kind. */
        public static Optional<Subject> of(Event event) {
            return event.hasRuleSetActivated()
                    ? Optional.of(RULES)
                    : event.hasModelActivated() ? Optional.of(MODEL) : Optional.empty();
        }
    }

    /**
     * A statement about content.
     *
     * @param content empty for {@link #SHIPPED} and for a rollback
     */
    public static ActivationStatement statement(
            Subject subject, ActivationAction action, String name, String version, byte[] content) {
        return ActivationStatement.newBuilder()
                .setSubject(subject.word())
                .setAction(action)
                .setName(name)
                .setVersion(version)
                .setSha256(content.length == 0 ? "" : EventIds.sha256Hex(content))
                .setSize(content.length)
                .build();
    }

    /**
     * The order for a statement, to be put on the control topic.
     *
     * @param key signs it; without one it is not signed
     * @throws PolicyException when the key cannot sign
     */
    public static Event.Builder order(
            ActivationStatement statement, ByteString compressed, String by, String reason, Optional<SigningKey> key)
            throws PolicyException {
        Activation.Builder activation = Activation.newBuilder()
                .setStatement(statement.toByteString())
                .setContent(compressed)
                .setActivatedBy(by)
                .setReason(reason);
        if (key.isPresent()) {
            activation
                    .setSignature(ByteString.copyFrom(key.get().signature(CONTEXT, statement.toByteArray())))
                    .setKey(PolicyStatements.name(key.get().published()));
        }
        return statement.getSubject().equals(Subject.MODEL.word())
                ? Event.newBuilder()
                        .setModelActivated(ModelActivated.newBuilder()
                                .setModel(statement.getName())
                                .setSha256(statement.getSha256())
                                .setActivation(activation))
                : Event.newBuilder()
                        .setRuleSetActivated(RuleSetActivated.newBuilder()
                                .setRuleSet(statement.getName())
                                .setSha256(statement.getSha256())
                                .setActivation(activation));
    }

    /** The activation that an order carries; empty values for an event of another kind. */
    public static Activation activation(Event event) {
        return event.hasModelActivated()
                ? event.getModelActivated().getActivation()
                : event.getRuleSetActivated().getActivation();
    }

    /**
     * The statement of an order that may be taken: well formed, about what the event is about, for its tenant, and signed by a key that
     * is trusted.
     *
     * @param keys empty: this installation signs nothing, and unsigned orders are taken
     * @throws ActivationException when it may not
     */
    public static ActivationStatement statement(Event event, Optional<TrustedKeys> keys) throws ActivationException {
        Activation activation = activation(event);
        ActivationStatement statement;
        try {
            statement = ActivationStatement.parseFrom(activation.getStatement());
            if (keys.isPresent()) {
                keys.get()
                        .check(
                                CONTEXT,
                                activation.getStatement().toByteArray(),
                                activation.getSignature().toByteArray(),
                                activation.getKey());
            }
        } catch (InvalidProtocolBufferException e) {
            throw new ActivationException("order: its statement cannot be read (expected: an ActivationStatement)");
        } catch (PolicyException e) {
            throw new ActivationException(String.valueOf(e.getMessage()));
        }
        String subject = Subject.of(event).map(Subject::word).orElse("");
        if (!statement.getSubject().equals(subject)) {
            throw new ActivationException("subject: " + statement.getSubject() + " (expected: " + subject + ")");
        }
        if (!statement.getTenant().equals(event.getTenant())) {
            throw new ActivationException(
                    "tenant: the statement is for another one (expected: " + event.getTenant() + ")");
        }
        if (statement.getName().length() > MAX_NAME || statement.getVersion().length() > MAX_NAME) {
            throw new ActivationException(
                    "name: longer than " + MAX_NAME + " characters (expected: <= " + MAX_NAME + ")");
        }
        return switch (statement.getAction()) {
            case ACTIVATE, SHADOW, ROLL_BACK -> statement;
            case ACTIVATION_ACTION_UNSPECIFIED, UNRECOGNIZED ->
                throw new ActivationException(
                        "action: " + statement.getActionValue() + " (expected: activate, shadow or roll back)");
        };
    }
}
