package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.sandbox.runtime.Command;
import io.plumbline.sandbox.runtime.RunscLocator;
import io.plumbline.sandbox.testing.Guest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Real programs for tests, runsc (PLUMBLINE_RUNSC, else PATH, else fetched once) and the guest program, and the settings of a host of them. */
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

    /**
     * Of a host whose folder is {@code base/d}, and which hears of no platform. It keeps no sandboxes waiting: each takes a processor for a
     * second, which a test of a session or two would have paid for without using them.
     *
     * @param more settings that are added, or replace those
     */
    static HostSettings settings(Path base, Map<String, String> more) throws Exception {
        Path redaction = Files.writeString(base.resolve("redaction-key"), "0".repeat(64));
        Map<String, String> values = new HashMap<>(Map.of(
                "host.redaction-key-file", redaction.toString(),
                "host.data", base.resolve("d").toString(),
                "host.name", "test",
                "ingest.address", "unused",
                "ingest.token", "unused",
                "runsc.path", runsc().toString(),
                "agents.path", base.toString(),
                "guest.path", guest().toString(),
                "sandboxes.warm", "0"));
        values.putAll(more);
        return HostSettings.of(values);
    }
}
