package io.plumbline.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AllocationTest {
    private static final int EVENTS = 4_000;

    @Test
    void theValuesOfAnEventThatMatchesNothingCostNoMemory() {
        RuleEngine engine = RuleSet.load(RulePack.sources(), Placeholders.NONE).engine();
        CorrelationState state = new CorrelationState();
        // More command lines than values are remembered: each is read through again.
        List<SigmaEvent> events = IntStream.range(0, EVENTS)
                .mapToObj(i -> SigmaEvent.builder()
                        .logSource(new LogSource("process_creation", "linux", ""))
                        .put("Image", "/usr/bin/ls")
                        .put("CommandLine", "ls -la /workspace/src/" + i)
                        .put("ParentImage", "/usr/bin/bash")
                        .put("User", "agent")
                        .build())
                .toList();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        // Classes that are loaded and code that is compiled meanwhile take memory once; what an event takes, each batch
        // would.
        for (int batch = 0; batch < 10; batch++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (SigmaEvent event : events) {
                if (!engine.evaluate(event, state).isEmpty()) {
                    throw new AssertionError("the event matches");
                }
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        // The look-up of its rules compares its log sources by an iterator.
        assertThat(least / EVENTS).isLessThanOrEqualTo(32);
    }
}
