package io.plumbline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class BenchTest {
    private final StringWriter err = new StringWriter();
    private final CommandLine commands = Bench.commandLine().setErr(new PrintWriter(err, true));

    @Test
    void anUnknownBenchmarkIsOneLineAndExitCode2() {
        assertThat(commands.execute("warp")).isEqualTo(2);
        assertThat(err.toString())
                .isEqualTo("bench: unknown benchmark 'warp' (expected: one of freeze, gate, barrier, loss, session,"
                        + " telemetry, sandbox, rules, watch, model, console)\n");
    }

    @Test
    void anOptionOutOfRangeIsExitCode2() {
        assertThat(commands.execute("freeze", "--sessions", "0")).isEqualTo(2);
        assertThat(commands.execute("session", "--parallel", "0")).isEqualTo(2);
        assertThat(commands.execute("model", "--acts", "1")).isEqualTo(2);
        assertThat(commands.execute("console", "--consoles", "0")).isEqualTo(2);
        assertThat(commands.execute("gate", "--rate", "0")).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(5);
    }
}
