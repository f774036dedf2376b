package io.plumbline.jobs.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class SessionProjectorTest {
    private static KeyedOneInputStreamOperatorTestHarness<String, Event, IndexOperation> harness() throws Exception {
        var harness = new KeyedOneInputStreamOperatorTestHarness<String, Event, IndexOperation>(
                new KeyedProcessOperator<>(new SessionProjector()), Topics::key, Types.STRING);
        harness.setup(IndexOperationSerializer.INSTANCE);
        return harness;
    }

    @Test
    void writesKernelEventsOncePerBeatAndOrdersAtOnce() throws Exception {
        try (var harness = harness()) {
            harness.open();
            harness.setProcessingTime(1_000);
            for (int seq = 1; seq <= 500; seq++) {
                harness.processElement(Sessions.opened(seq, "/f" + seq), 0);
            }
            assertThat(harness.extractOutputValues()).isEmpty();

            harness.setProcessingTime(2_000);
            assertThat(harness.extractOutputValues())
                    .singleElement()
                    .satisfies(operation -> assertThat(operation.json()).contains("\"evidence\":500"));

            harness.processElement(Sessions.task(), 0);
            assertThat(harness.extractOutputValues()).hasSize(2);
        }
    }

    @Test
    void readsItsStateBackFromACheckpoint() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = harness()) {
            harness.open();
            harness.processElement(Sessions.task(), 0);
            harness.processElement(Sessions.opened(1, "/a"), 0);
            snapshot = harness.snapshot(1, 1);
        }
        try (var harness = harness()) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement(Sessions.alert("x"), 0);
            List<IndexOperation> written = harness.extractOutputValues();
            assertThat(written)
                    .extracting(IndexOperation::index)
                    .containsExactly("plumbline-alerts", "plumbline-causes", "plumbline-sessions");
            assertThat(written.getLast().json())
                    .contains("\"task\":\"List the files in this folder.\"")
                    .contains("\"events\":3");
        }
    }
}
