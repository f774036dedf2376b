package io.plumbline.events.claims;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.PlanItem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlansTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "I will look first.\n\nPlan:\n1. Read README.md\n2. Run the tests",
                "**My plan:**\n\n- Read README.md\n- Run the tests\n\nThen I am done.",
                "## Plan\n1) Read README.md\n2) Run the tests"
            })
    void findsThePlanThatIsWrittenAsText(String message) {
        assertThat(Plans.inText(message)).hasValueSatisfying(plan -> assertThat(plan.getItemsList())
                .extracting(PlanItem::getText)
                .containsExactly("Read README.md", "Run the tests"));
    }

    @Test
    void aMessageThatOnlySpeaksOfAPlanIsNone() {
        assertThat(Plans.inText("The plan: it is good.\n1. one")).isEmpty();
        assertThat(Plans.inText("Plan:\nnothing listed")).isEmpty();
    }
}
