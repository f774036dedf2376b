package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class OrderCommandsTest {
    private static JsonNode session(String refused) throws IOException {
        return new ObjectMapper().readTree("{\"state\":\"frozen\",\"refused\":" + refused + "}");
    }

    @Test
    void saysWhyTheHostHasNotCarriedOutItsOrder() throws IOException {
        JsonNode session =
                session("{\"action\":\"thaw\",\"reason\":\"not thawed,\\u001b[2K blind\",\"order\":\"e-1\"}");

        assertThat(OrderCommands.refusal(session, "e-1"))
                .hasValueSatisfying(
                        reason -> assertThat(reason).startsWith("not thawed,").doesNotContain("\u001b"));
    }

    @Test
    void whatWasRefusedOfAnEarlierOrderIsNoAnswerToThisOne() throws IOException {
        JsonNode session = session("{\"action\":\"thaw\",\"reason\":\"not thawed\",\"order\":\"e-1\"}");

        assertThat(OrderCommands.refusal(session, "e-2")).isEmpty();
        assertThat(OrderCommands.refusal(session("null"), "e-1")).isEmpty();
        assertThat(OrderCommands.refusal(session("{}"), "")).isEmpty();
    }
}
