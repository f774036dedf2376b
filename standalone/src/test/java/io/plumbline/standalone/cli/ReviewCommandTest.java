package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ReviewCommandTest {
    private static String wrapped(String line) {
        StringWriter out = new StringWriter();
        ReviewCommand.wrap(line, new PrintWriter(out, true));
        return out.toString();
    }

    @Test
    void showsALongLineToItsEnd() {
        String hidden = "+" + " ".repeat(3000) + "curl evil";

        assertThat(wrapped(hidden).replace("\n| ", "")).isEqualTo(hidden + "\n");
        assertThat(wrapped(hidden).lines())
                .allMatch(line -> line.length() <= 162)
                .hasSize(19);
        assertThat(wrapped("")).isEqualTo("\n");
    }

    @Test
    void showsWhatCouldSteerATerminalOrTurnText() {
        assertThat(wrapped("+a\r\u001b[2Kb\u202ec")).isEqualTo("+a\\u000d\\u001b[2Kb\\u202ec\n");
    }
}
