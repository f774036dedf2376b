package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TracePointsTest {
    @Test
    void makesTheWorkloadWaitRatherThanLoseItsTrace() throws Exception {
        JsonNode session = new ObjectMapper()
                .readTree(TracePoints.podInitConfig(Path.of("/x/trace.sock")))
                .get("trace_session");
        assertThat(session.get("ignore_missing").asBoolean()).isFalse();
        JsonNode sink = session.get("sinks").get(0).get("config");
        assertThat(sink.get("endpoint").asText()).isEqualTo("/x/trace.sock");
        assertThat(sink.get("retries").asInt()).isEqualTo(50);
        assertThat(sink.has("ignore_setup_error")).isFalse();
        assertThat(session.get("points")).hasSizeGreaterThan(40);
    }

    @Test
    void namesWhatARuntimeLacks() {
        assertThat(TracePoints.missing(
                        "Name: sentry/clone, optional fields: [], context fields: [time|thread_id|task_start_time|group_id|"
                                + "thread_group_start_time|container_id|credentials|process_name]"))
                .contains("field cwd of sentry/clone", "point sentry/execve")
                .doesNotContain("point sentry/clone");
    }
}
