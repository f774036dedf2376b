package io.plumbline.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NodeOptionsTest {
    @Test
    void takesAFreePortWhenNoneIsNamed() {
        assertThat(NodeOptions.parse("--data", "d")).isEqualTo(new NodeOptions(Path.of("d"), 0, Optional.empty()));
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NodeOptions.parse("--data", "d", "--host", "0.0.0.0"))
                .withMessageStartingWith("--host: unknown option");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NodeOptions.parse("--data", "d", "--port", "70000"))
                .withMessage("--port: 70000 (expected: 0..65535)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NodeOptions.parse("--port", "1"))
                .withMessageStartingWith("--data is missing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NodeOptions.parse("--data"))
                .withMessageStartingWith("--data: no value");
    }
}
