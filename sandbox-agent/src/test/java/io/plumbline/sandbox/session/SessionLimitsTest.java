package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Freezer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SessionLimitsTest {
    private static final TaskPolicy POLICY =
            TaskPolicy.newBuilder().setName("p").setProcesses(10).build();
    private static final TaskPolicy MEMORY =
            POLICY.toBuilder().setMemoryBytes(1600).build();
    private static final Duration SECOND = Duration.ofSeconds(1);

    private int counted;
    private OptionalInt processes = OptionalInt.of(1);
    private OptionalLong memory = OptionalLong.of(0);

    /** What its sandbox's kernel answers. */
    private final SessionLimits.Usage usage = new SessionLimits.Usage(
            limit -> {
                counted++;
                return processes;
            },
            limit -> memory);

    private Duration now = Duration.ZERO;

    private SessionLimits limits() throws IOException {
        return new SessionLimits(
                POLICY, ControlGroups.Group.none(), DiskUse.of(List.of(), List::of), () -> now.toNanos());
    }

    private void look(SessionLimits limits, TaskPolicy policy, boolean told) {
        limits.look(policy, usage, Freezer.State.RUNNING, Duration.ZERO, told);
    }

    /** A second after the one before. */
    private List<String> lookAtMemory(SessionLimits limits, Freezer.State state, long used) {
        now = now.plus(SECOND);
        memory = OptionalLong.of(used);
        return limits.look(MEMORY, usage, state, Duration.ZERO, false).stream()
                .map(SessionLimits.Reached::reason)
                .toList();
    }

    @Test
    void aKernelThatToldNothingIsNotAskedForItsProcesses() throws Exception {
        SessionLimits limits = limits();
        look(limits, POLICY, true);
        look(limits, POLICY, false);
        assertThat(counted).isEqualTo(1);
        look(limits, POLICY, true);
        assertThat(counted).isEqualTo(2);
    }

    @Test
    void aRevisedLimitIsHeldAgainstWhatIsThere() throws Exception {
        SessionLimits limits = limits();
        look(limits, POLICY, true);
        look(limits, POLICY.toBuilder().setProcesses(5).build(), false);
        assertThat(counted).isEqualTo(2);
    }

    @Test
    void aLimitThatWasRevisedInAFrozenSessionIsLookedAtOnceItRuns() throws Exception {
        SessionLimits limits = limits();
        look(limits, POLICY, true);
        TaskPolicy fewer = POLICY.toBuilder().setProcesses(5).build();
        limits.look(fewer, usage, Freezer.State.PAUSED, Duration.ZERO, false);
        assertThat(counted).isEqualTo(1);
        look(limits, fewer, false);
        assertThat(counted).isEqualTo(2);
    }

    @Test
    void whoIsLetGoOnOverALimitIsFrozenAgainWithASixteenthOfItMore() throws Exception {
        SessionLimits limits = limits();
        assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1700))
                .containsExactly("memory: 1700 (expected: <= 1600)");
        assertThat(lookAtMemory(limits, Freezer.State.PAUSED, 1700)).isEmpty();
        assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1800)).isEmpty();
        assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1899)).isEmpty();
        assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1900))
                .containsExactly("memory: 1900 (expected: <= 1600)");
        assertThat(lookAtMemory(limits, Freezer.State.STOPPED, 1900)).isEmpty();
        assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1900)).isEmpty();
        assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1600)).isEmpty();
        assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1601)).hasSize(1);
    }

    @Test
    void whoIsLetGoOnOverALimitIsFrozenAgainAfterAMinute() throws Exception {
        SessionLimits limits = limits();
        assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1700)).hasSize(1);
        for (int thaw = 0; thaw < 2; thaw++) {
            assertThat(lookAtMemory(limits, Freezer.State.PAUSED, 1700)).isEmpty();
            assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1700)).isEmpty();
            now = now.plus(SessionLimits.GRACE).minusSeconds(2);
            assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1700)).isEmpty();
            assertThat(lookAtMemory(limits, Freezer.State.RUNNING, 1700)).hasSize(1);
        }
    }

    @Test
    void aKernelThatIsSilentForHalfAMinuteIsFrozen() throws Exception {
        SessionLimits limits = limits();
        processes = OptionalInt.empty();
        look(limits, POLICY, true);
        now = SessionLimits.MAX_SILENCE.minus(SECOND);
        assertThat(limits.look(POLICY, usage, Freezer.State.RUNNING, Duration.ZERO, false))
                .isEmpty();
        now = SessionLimits.MAX_SILENCE;
        assertThat(limits.look(POLICY, usage, Freezer.State.RUNNING, Duration.ZERO, false))
                .singleElement()
                .satisfies(reached -> {
                    assertThat(reached.freezes()).isTrue();
                    assertThat(reached.payload().getLimit()).isEqualTo("processes");
                    assertThat(reached.reason()).contains("has not said for 60 s");
                });
    }

    @Test
    void oneAnswerInAMinuteIsEnoughAndOneOfAnotherKindIsNone() throws Exception {
        SessionLimits limits = limits();
        processes = OptionalInt.empty();
        for (int i = 0; i < 3; i++) {
            look(limits, MEMORY, true);
            now = now.plus(SessionLimits.MAX_SILENCE).minus(SECOND);
            processes = OptionalInt.of(1);
            assertThat(limits.look(MEMORY, usage, Freezer.State.RUNNING, Duration.ZERO, false))
                    .isEmpty();
            processes = OptionalInt.empty();
        }
        look(limits, MEMORY, true);
        now = now.plus(SessionLimits.MAX_SILENCE);
        assertThat(limits.look(MEMORY, usage, Freezer.State.RUNNING, Duration.ZERO, false))
                .hasSize(1);
    }

    @Test
    void aFrozenKernelIsNotAskedAndItsSilenceIsNone() throws Exception {
        SessionLimits limits = limits();
        processes = OptionalInt.empty();
        look(limits, POLICY, true);
        now = SessionLimits.MAX_SILENCE;
        assertThat(limits.look(POLICY, usage, Freezer.State.STOPPED, Duration.ZERO, true))
                .isEmpty();
        assertThat(counted).isEqualTo(1);
        assertThat(limits.look(POLICY, usage, Freezer.State.RUNNING, Duration.ZERO, true))
                .isEmpty();
    }
}
