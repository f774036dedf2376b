package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class SessionsCommandTest {
    @Test
    void whatRunsWithoutTheKernelsEvidenceIsSaidToBe() {
        ObjectNode row = JsonNodeFactory.instance.objectNode();
        assertThat(SessionsCommand.named("s-1", row)).isEqualTo("s-1");
        assertThat(SessionsCommand.named("s-1", row.put("degraded", false))).isEqualTo("s-1");
        assertThat(SessionsCommand.named("s-1", row.put("degraded", true))).isEqualTo("s-1 (degraded)");
    }
}
