package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.policy.Scope.Answer;
import io.plumbline.events.v1.ScopeRule;
import io.plumbline.events.v1.TaskPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScopeTest {
    @ParameterizedTest
    @EnumSource(Scope.class)
    void isAnsweredByDefaultUnlessThePolicySaysOtherwise(Scope scope) throws PolicyException {
        TaskPolicy policy = PolicyParser.parse("scopes: {" + scope.word() + ": freeze}");

        assertThat(scope.answer(PolicyParser.parse("{}"))).isEqualTo(scope.byDefault());
        assertThat(scope.answer(policy)).isEqualTo(Answer.FREEZE);
        assertThat(Scope.of(scope.word())).contains(scope);
    }

    @Test
    void anAnswerOfANewerContractIsARefusal() {
        TaskPolicy policy = TaskPolicy.newBuilder()
                .addScopes(ScopeRule.newBuilder().setScope("publishing").setAnswer("quarantine"))
                .build();

        assertThat(Scope.PUBLISHING.answer(policy)).isEqualTo(Answer.DENY);
    }

    @Test
    void unknownScopesAndAnswersAreNoPolicy() {
        assertThatThrownBy(() -> PolicyParser.parse("scopes: {everything: deny}"))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining("unknown key 'everything' in scopes");
        assertThatThrownBy(() -> PolicyParser.parse("scopes: {egress: maybe}"))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining("one of allow, ask, deny, freeze, log");
    }
}
