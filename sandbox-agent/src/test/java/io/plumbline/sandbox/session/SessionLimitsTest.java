package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Freezer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionLimitsTest {
    private static final TaskPolicy POLICY =
            TaskPolicy.newBuilder().setName("p").setProcesses(10).build();

    private final DiskUseTest.QuietSandbox sandbox = new DiskUseTest.QuietSandbox();

    private SessionLimits limits() throws IOException {
        return new SessionLimits(POLICY, ControlGroups.Group.none(), DiskUse.of(List.of(), List::of));
    }

    private void look(SessionLimits limits, TaskPolicy policy, boolean told) {
        limits.look(policy, sandbox, Freezer.State.RUNNING, Duration.ZERO, told);
    }

    @Test
    void aKernelThatToldNothingIsNotAskedForItsProcesses() throws Exception {
        SessionLimits limits = limits();
        look(limits, POLICY, true);
        look(limits, POLICY, false);
        assertThat(sandbox.counted).isEqualTo(1);
        look(limits, POLICY, true);
        assertThat(sandbox.counted).isEqualTo(2);
    }

    @Test
    void aRevisedLimitIsHeldAgainstWhatIsThere() throws Exception {
        SessionLimits limits = limits();
        look(limits, POLICY, true);
        look(limits, POLICY.toBuilder().setProcesses(5).build(), false);
        assertThat(sandbox.counted).isEqualTo(2);
    }
}
