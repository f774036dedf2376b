package io.plumbline.rules.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class JsonEventsTest {
    private static final String JSON = """
            {"a": 7, "b": {"c": "x", "d": [1, {"e": true}, "y"], "a": 3}, "l": [], "f": -0, "g": 1.50, "n": null, "a": "again"}""";

    @Test
    void everyFieldHasItsValues() throws IOException {
        SigmaEvent event = JsonEvents.read(JSON).build();
        assertThat(event.names()).containsExactly("a", "b", "b.c", "b.d", "b.d.e", "b.a", "l", "f", "g", "n");
        assertThat(event.texts("a")).containsExactly("7", "again");
        assertThat(event.texts("b.d")).containsExactly("1", "y");
        assertThat(event.texts("b.d.e")).containsExactly("true");
        assertThat(event.texts("f")).containsExactly("0");
        assertThat(event.texts("g")).containsExactly("1.5");
        assertThat(event.texts("n")).isEmpty();
    }

    @Test
    void whatIsNotWantedIsPassedOver() throws IOException {
        SigmaEvent event = JsonEvents.read(JSON, name -> name.equals("b.d.e") || name.equals("a"))
                .build();
        assertThat(event.names()).containsExactly("a", "b.d.e");
        assertThat(event.texts("a")).containsExactly("7", "again");
        assertThat(event.texts("b.d.e")).containsExactly("true");
    }

    @Test
    void whatIsNotWantedHasToBeJsonAllTheSame() {
        assertThatThrownBy(() -> JsonEvents.read("{\"a\": {\"b\": tru}}", name -> false))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> JsonEvents.read("{\"a\": " + "[".repeat(40) + "]".repeat(40) + "}", name -> false))
                .isInstanceOf(IOException.class);
    }

    @Test
    void anEventIsBuiltOnce() {
        SigmaEvent.Builder builder = SigmaEvent.builder().put("a", 7).put("b", 8);
        SigmaEvent event = builder.build();
        assertThat(event.names()).containsExactly("a", "b");
        assertThat(event.texts("a")).containsExactly("7");
        assertThatThrownBy(builder::build).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> builder.put("a", 9)).isInstanceOf(IllegalStateException.class);
        assertThat(event.texts("a")).containsExactly("7");
    }
}
