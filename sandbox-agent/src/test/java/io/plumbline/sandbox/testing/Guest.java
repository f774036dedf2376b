package io.plumbline.sandbox.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.sandbox.runtime.Command;
import io.plumbline.sandbox.runtime.GuestProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The guest program, built from its source when there is none of this build. */
public final class Guest {
    private static final Path MODULE = Path.of("").toAbsolutePath();

    private Guest() {}

    public static Path program() throws Exception {
        Path guest = MODULE.resolve("target/plumbline-guest");
        if (!Files.exists(guest) || GuestProgram.difference(guest).isPresent()) {
            Command.Result result = Command.run(
                    List.of("sh", MODULE.resolve("guest/build.sh").toString(), guest.toString()),
                    Duration.ofMinutes(1));
            assertThat(result.succeeded()).as(result.output()).isTrue();
        }
        return guest;
    }
}
