package io.plumbline.jobs.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.co.CoBroadcastWithKeyedOperator;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class SessionProjectorTest {
    private static KeyedTwoInputStreamOperatorTestHarness<String, Event, Event, IndexOperation> harness()
            throws Exception {
        var harness = new KeyedTwoInputStreamOperatorTestHarness<String, Event, Event, IndexOperation>(
                new CoBroadcastWithKeyedOperator<>(new SessionProjector(), List.of(SessionProjector.SUPPRESSIONS)),
                Topics::key,
                null,
                Types.STRING);
        harness.setup(IndexOperationSerializer.INSTANCE);
        return harness;
    }

    @Test
    void writesKernelEventsOncePerBeatAndOrdersAtOnce() throws Exception {
        try (var harness = harness()) {
            harness.open();
            harness.setProcessingTime(1_000);
            for (int seq = 1; seq <= 500; seq++) {
                harness.processElement1(Sessions.opened(seq, "/f" + seq), 0);
            }
            assertThat(harness.extractOutputValues()).isEmpty();

            harness.setProcessingTime(2_000);
            assertThat(harness.extractOutputValues())
                    .singleElement()
                    .satisfies(operation -> assertThat(operation.json()).contains("\"evidence\":500"));

            harness.processElement1(Sessions.task(), 0);
            assertThat(harness.extractOutputValues()).hasSize(2);
        }
    }

    @Test
    void readsItsStateBackFromACheckpoint() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = harness()) {
            harness.open();
            harness.processElement1(Sessions.task(), 0);
            harness.processElement1(Sessions.opened(1, "/a"), 0);
            snapshot = harness.snapshot(1, 1);
        }
        try (var harness = harness()) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement1(Sessions.alert("x"), 0);
            List<IndexOperation> written = harness.extractOutputValues();
            assertThat(written)
                    .extracting(IndexOperation::index)
                    .containsExactly("plumbline-alerts", "plumbline-causes", "plumbline-sessions");
            assertThat(written.getLast().json())
                    .contains("\"task\":\"List the files in this folder.\"")
                    .contains("\"events\":3");
        }
    }

    @Test
    void keepsTheTenantsSuppressionsInACheckpoint() throws Exception {
        Event order = SuppressionsTest.ordered(1, all -> all);
        Event alert = SuppressionsTest.alert("s-1", 100, Severity.LOW, "rule noisy");
        OperatorSubtaskState snapshot;
        try (var harness = harness()) {
            harness.open();
            harness.processElement2(order, 0);
            assertThat(harness.extractOutputValues())
                    .extracting(IndexOperation::index)
                    .containsExactly("plumbline-suppressions");
            snapshot = harness.snapshot(1, 1);
        }
        try (var harness = harness()) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement1(alert, 0);
            assertThat(harness.extractOutputValues().getFirst().json()).contains("\"status\":\"suppressed\"");

            harness.processElement2(SuppressionsTest.ended(order, 300, "ana"), 0);
            assertThat(harness.extractOutputValues())
                    .filteredOn(operation -> operation.index().equals("plumbline-alerts"))
                    .last()
                    .satisfies(operation -> assertThat(operation.json()).contains("\"status\":\"open\""));
        }
    }
}
