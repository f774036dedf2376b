package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.sandbox.runtime.Command;
import io.plumbline.sandbox.runtime.RunscLocator;
import io.plumbline.sandbox.testing.Guest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Real programs for tests: runsc (PLUMBLINE_RUNSC, else PATH, else fetched once) and the guest program. */
final class GvisorFixture {
    private static final Path MODULE = Path.of("").toAbsolutePath();

    private GvisorFixture() {}

    static Path runsc() throws Exception {
        Optional<Path> configured =
                Optional.ofNullable(System.getenv("PLUMBLINE_RUNSC")).map(Path::of);
        Optional<Path> found = RunscLocator.find(configured);
        if (found.isPresent()) {
            return found.get();
        }
        Path target = MODULE.resolve("target/gvisor");
        Command.Result result = Command.run(
                List.of("bash", MODULE.resolve("src/main/sh/install-runsc.sh").toString(), target.toString()),
                Duration.ofMinutes(3));
        assertThat(result.succeeded()).as(result.output()).isTrue();
        return target.resolve("runsc");
    }

    static Path guest() throws Exception {
        return Guest.program();
    }
}
