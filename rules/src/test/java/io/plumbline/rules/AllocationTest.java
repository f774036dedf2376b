package io.plumbline.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class AllocationTest {
    private static final int EVENTS = 2_000;

    @Test
    void anEventThatMatchesNothingCostsNoMemory() {
        RuleEngine engine = RuleSet.load(RulePack.sources(), Placeholders.NONE).engine();
        CorrelationState state = new CorrelationState();
        SigmaEvent event = SigmaEvent.builder()
                .logSource(new LogSource("process_creation", "linux", ""))
                .put("Image", "/usr/bin/ls")
                .put("CommandLine", "ls -la /workspace/src")
                .put("ParentImage", "/usr/bin/bash")
                .put("User", "agent")
                .build();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        // Classes that are loaded and code that is compiled meanwhile take memory once; what an event takes, each batch
        // would.
        for (int batch = 0; batch < 10; batch++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < EVENTS; i++) {
                if (!engine.evaluate(event, state).isEmpty()) {
                    throw new AssertionError("the event matches");
                }
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).isLessThan(EVENTS);
    }
}
