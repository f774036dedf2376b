package io.plumbline.console.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.plumbline.console.session.SessionComparison.Aspect;
import io.plumbline.console.session.SessionComparison.Compared;
import io.plumbline.console.session.SessionComparison.Holder;
import io.plumbline.console.session.SessionComparison.Row;
import io.plumbline.console.session.SessionComparison.Trait;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionComparisonTest {
    @Test
    void whatOnlyOneHasComesBeforeWhatBothHave() {
        Compared hosts = compared(
                new Trait(Map.of("a.example", "1 B", "both.example", "2 B"), false),
                new Trait(Map.of("both.example", "900 B", "b.example", "3 B"), false));
        assertThat(hosts.rows())
                .extracting(Row::what, Row::holder)
                .containsExactly(
                        tuple("a.example", Holder.ONLY_A),
                        tuple("b.example", Holder.ONLY_B),
                        tuple("both.example", Holder.BOTH));
        assertThat(hosts.common().getFirst().a()).contains("2 B");
        assertThat(hosts.common().getFirst().b()).contains("900 B");
        assertThat(hosts.differences()).hasSize(2);
    }

    @Test
    void aListThatIsCutProvesNoAbsence() {
        Compared hosts =
                compared(new Trait(Map.of("a.example", "1 B"), false), new Trait(Map.of("b.example", "3 B"), true));
        assertThat(hosts.rows())
                .extracting(Row::what, Row::holder)
                .containsExactly(tuple("b.example", Holder.ONLY_B), tuple("a.example", Holder.NOT_KNOWN));
        assertThat(hosts.isCutInB()).isTrue();
    }

    @Test
    void everyAspectIsThereAlsoWhenNeitherHasAny() {
        SessionComparison comparison = SessionComparison.of(Map.of(), Map.of());
        assertThat(comparison.aspects()).extracting(Compared::aspect).containsExactly(Aspect.values());
        assertThat(comparison.aspects()).allMatch(compared -> compared.rows().isEmpty());
    }

    @Test
    void asManyAsCanBeReadMayBeMore() {
        assertThat(SessionTraits.counted(List.of("ls", "ls"), 3).told()).containsExactly(Map.entry("ls", "2×"));
        assertThat(SessionTraits.counted(List.of("ls", "ls"), 3).isCut()).isFalse();
        assertThat(SessionTraits.counted(List.of("ls", "ls"), 2).isCut()).isTrue();
    }

    private static Compared compared(Trait a, Trait b) {
        return SessionComparison.of(Map.of(Aspect.HOSTS, a), Map.of(Aspect.HOSTS, b)).aspects().stream()
                .filter(compared -> compared.aspect() == Aspect.HOSTS)
                .findFirst()
                .orElseThrow();
    }
}
