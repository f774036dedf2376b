package io.plumbline.watcher.activation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.plumbline.events.EventIds;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.activation.ActivationException;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.events.activation.ActivationOrder.Subject;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.ActivationAction;
import io.plumbline.events.v1.ActivationAnswered;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleSource;
import io.plumbline.watcher.state.v1.Activations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ActivationLedgerTest {
    private static final String RULE = """
            title: A shell
            id: 00000000-0000-4000-8000-000000000001
            logsource: {product: linux, category: process_creation}
            detection: {selection: {Image|endswith: /bash}, condition: selection}
            level: high
            """;

    private static final SigningKey KEY = SigningKey.generate();

    private ActivationLedger ledger = new ActivationLedger(Optional.empty());
    private Activations state = ActivationLedger.initial(new InitialJudges(true, false));
    private long issued;

    private ActivationAnswered order(Event event) {
        ActivationLedger.Outcome outcome = ledger.order(state, event).orElseThrow();
        state = outcome.activations();
        return outcome.answer();
    }

    private Event rules(ActivationAction action, String name, String text) {
        byte[] content =
                text.isEmpty() ? new byte[0] : Contents.of(RuleBundle.of(List.of(new RuleSource(name + ".yml", text))));
        return event(action, name, content, Optional.empty(), Subject.RULES);
    }

    private Event event(
            ActivationAction action, String name, byte[] content, Optional<SigningKey> key, Subject subject) {
        ActivationStatement statement = ActivationOrder.statement(subject, action, name, "", content).toBuilder()
                .setTenant("default")
                .setIssuedNs(++issued)
                .build();
        try {
            ByteString compressed = content.length == 0 ? ByteString.EMPTY : ActivationContent.compress(content);
            return EventIds.withId(ActivationOrder.order(statement, compressed, "ada", "because", key)
                    .setTenant("default")
                    .setChannel(Channel.CONTROL)
                    .setEventTimeNs(issued));
        } catch (ActivationException | PolicyException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void takesASetThatLoadsAndNamesWhatWasBefore() {
        ActivationAnswered answer = order(rules(ActivationAction.ACTIVATE, "mine", RULE));

        assertThat(answer.getAccepted()).isTrue();
        assertThat(answer.getInForce().getName()).isEqualTo("mine");
        assertThat(answer.getInForce().getRules()).isOne();
        assertThat(answer.getInForce().getVersion()).startsWith("rules ");
        assertThat(answer.getBefore().getName()).isEqualTo("shipped");
        try (Judging judging = Judging.of(state)) {
            assertThat(judging.judges())
                    .extracting(judge -> judge.version())
                    .containsExactly(answer.getInForce().getVersion());
        }
    }

    @Test
    void placeholdersComeFromThePipelineOfTheOrder() {
        String rule = RULE.replace("Image|endswith: /bash", "User|expand: '%admins%'");
        RuleSource source = new RuleSource("mine.yml", rule);
        List<String> versions = new ArrayList<>();
        for (String admin : List.of("ada", "bob", "ada")) {
            ActivationAnswered answer = order(
                    content(Contents.of(new RuleBundle(List.of(source), "vars:\n  admins: [root, " + admin + "]\n"))));
            assertThat(answer.getAccepted()).as(answer.getReason()).isTrue();
            versions.add(answer.getInForce().getVersion());
        }
        // The same text is another set with other values, and what was loaded before is not taken for it.
        assertThat(versions.get(0)).isEqualTo(versions.get(2)).isNotEqualTo(versions.get(1));

        ActivationAnswered without = order(content(Contents.of(RuleBundle.of(List.of(source)))));
        assertThat(without.getAccepted()).isFalse();
        assertThat(without.getReason()).startsWith("mine.yml:4:").contains("admins");
        ActivationAnswered broken =
                order(content(Contents.of(new RuleBundle(List.of(source), "transformations: []\n"))));
        assertThat(broken.getAccepted()).isFalse();
        assertThat(broken.getReason()).startsWith("pipeline:1:1:");
    }

    private Event content(byte[] content) {
        return event(ActivationAction.ACTIVATE, "mine", content, Optional.empty(), Subject.RULES);
    }

    @Test
    void aSetThatDoesNotLoadAnyMoreIsMissingAndTheOneBeforeJudges() {
        ActivationAnswered first = order(rules(ActivationAction.ACTIVATE, "mine", RULE));
        order(rules(ActivationAction.ACTIVATE, "newer", RULE.replace("bash", "dash")));
        Activations.Builder changed = state.toBuilder();
        changed.getRulesBuilder().getAcceptedBuilder(2).setContent(ByteString.copyFromUtf8("of another version"));

        try (Judging judging = Judging.of(changed.build())) {
            assertThat(judging.missing()).singleElement().asString().startsWith("newer ");
            assertThat(judging.judges())
                    .extracting(judge -> judge.version())
                    .containsExactly(first.getInForce().getVersion());
        }
    }

    @Test
    void aShadowThatDoesNotLoadAnyMoreIsAProblemButNothingIsMissing() {
        order(rules(ActivationAction.SHADOW, "mine", RULE));
        Activations.Builder changed = state.toBuilder();
        changed.getRulesBuilder().getShadowBuilder().setContent(ByteString.copyFromUtf8("of another version"));

        try (Judging judging = Judging.of(changed.build())) {
            assertThat(judging.missing()).isEmpty();
            assertThat(judging.problems()).hasSize(1);
        }
    }

    @Test
    void refusesASetWithOneWrongRuleByItsPlaceAndKeepsTheLastOne() {
        order(rules(ActivationAction.ACTIVATE, "mine", RULE));
        Activations before = state;

        ActivationAnswered answer = order(rules(
                ActivationAction.ACTIVATE, "broken", String.join("---\n", RULE, RULE.replace("endswith", "endsmith"))));

        assertThat(answer.getAccepted()).isFalse();
        assertThat(answer.getReason()).startsWith("broken.yml:10:").contains("endsmith");
        assertThat(answer.getInForce().getName()).isEqualTo("mine");
        assertThat(state).isEqualTo(before);
    }

    @Test
    void refusesContentThatIsNotWhatWasAnnounced() {
        Event order = rules(ActivationAction.ACTIVATE, "mine", RULE);
        Event.Builder other = order.toBuilder();
        other.getRuleSetActivatedBuilder()
                .getActivationBuilder()
                .setContent(rules(ActivationAction.ACTIVATE, "x", RULE + "# more")
                        .getRuleSetActivated()
                        .getActivation()
                        .getContent());

        assertThat(order(other.build()).getReason()).contains("bytes (expected:");
    }

    @Test
    void refusesABombByItsAnnouncedSize() throws Exception {
        byte[] zeros = new byte[ActivationContent.MAX_BYTES];
        ByteString bomb = ActivationContent.compress(zeros);
        Event.Builder order = rules(ActivationAction.ACTIVATE, "mine", RULE).toBuilder();
        order.getRuleSetActivatedBuilder().getActivationBuilder().setContent(bomb);

        assertThat(order(order.build()).getReason()).startsWith("content: more than ");
    }

    @Test
    void bringsBackWhatWasBefore() {
        order(rules(ActivationAction.ACTIVATE, "one", RULE));
        order(rules(ActivationAction.ACTIVATE, "two", RULE.replace("/bash", "/zsh")));

        assertThat(order(rules(ActivationAction.ROLL_BACK, "", "")).getInForce().getName())
                .isEqualTo("one");
        assertThat(order(rules(ActivationAction.ROLL_BACK, "", "")).getInForce().getName())
                .isEqualTo("shipped");
        assertThat(order(rules(ActivationAction.ROLL_BACK, "", "")).getReason()).startsWith("roll back: nothing");
    }

    @Test
    void aRollbackEndsTheShadowFirst() {
        order(rules(ActivationAction.ACTIVATE, "one", RULE));
        ActivationAnswered shadow = order(rules(ActivationAction.SHADOW, "two", RULE.replace("/bash", "/zsh")));
        assertThat(shadow.getInForce().getName()).isEqualTo("one");
        assertThat(shadow.getShadow().getName()).isEqualTo("two");

        ActivationAnswered answer = order(rules(ActivationAction.ROLL_BACK, "", ""));

        assertThat(answer.getInForce().getName()).isEqualTo("one");
        assertThat(answer.hasShadow()).isFalse();
    }

    @Test
    void anOldOrderCannotBeGivenAgain() {
        Event old = rules(ActivationAction.ACTIVATE, "old", RULE);
        order(old);
        order(rules(ActivationAction.ACTIVATE, "new", RULE.replace("/bash", "/zsh")));

        ActivationAnswered answer = order(old);

        assertThat(answer.getReason())
                .isEqualTo("issued: 1 (expected: > 2, when the last order that was taken was given)");
        assertThat(answer.getInForce().getName()).isEqualTo("new");
    }

    @Test
    void whereKeysAreTrustedOnlyTheirOrdersAreTaken() {
        ledger = new ActivationLedger(Optional.of(new TrustedKeys(List.of(KEY.published()))));
        byte[] content = Contents.of(RuleBundle.of(List.of(new RuleSource("a.yml", RULE))));

        assertThat(order(rules(ActivationAction.ACTIVATE, "unsigned", RULE)).getAccepted())
                .isFalse();
        assertThat(order(event(
                                ActivationAction.ACTIVATE,
                                "foreign",
                                content,
                                Optional.of(SigningKey.generate()),
                                Subject.RULES))
                        .getAccepted())
                .isFalse();
        assertThat(order(event(ActivationAction.ACTIVATE, "signed", content, Optional.of(KEY), Subject.RULES))
                        .getAccepted())
                .isTrue();
    }

    @Test
    void aModelThatIsNoneIsRefusedAndTheShippedOneIsTaken() {
        ActivationAnswered none =
                order(event(ActivationAction.ACTIVATE, "none", new byte[] {1, 2, 3}, Optional.empty(), Subject.MODEL));
        ActivationAnswered shipped =
                order(event(ActivationAction.ACTIVATE, "shipped", new byte[0], Optional.empty(), Subject.MODEL));

        assertThat(none.getAccepted()).isFalse();
        assertThat(none.getReason()).isNotEmpty();
        assertThat(shipped.getAccepted()).isTrue();
        assertThat(shipped.getInForce().getVersion()).hasSize(12);
    }
}
