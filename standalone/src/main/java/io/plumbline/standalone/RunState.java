package io.plumbline.standalone;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;

/**
 * What runs, as the supervisor wrote it down.
 *
 * @param pid the supervisor's
 * @param state starting, ready, degraded or stopping
 * @param endpoints by component: where it can be reached
 * @param children by component: process id
 * @param restarts by component: how often it was started again
 */
public record RunState(
        long pid,
        String state,
        Map<String, String> endpoints,
        Map<String, Long> children,
        Map<String, Integer> restarts) {
    private static final ObjectMapper JSON =
            new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    public RunState {
        endpoints = Map.copyOf(endpoints);
        children = Map.copyOf(children);
        restarts = Map.copyOf(restarts);
    }

    /** What the last supervisor wrote; empty when there is nothing. */
    public static Optional<RunState> read(Path file) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readValue(file.toFile(), RunState.class));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Replaces the file in one step. */
    public void write(Path file) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        Files.write(temporary, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Whether the supervisor that wrote this is alive. */
    public boolean alive() {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .flatMap(handle -> handle.info().commandLine())
                .filter(line -> line.contains(Supervisor.class.getName()))
                .isPresent();
    }

    public String endpoint(String component) {
        String endpoint = endpoints.get(component);
        if (endpoint == null) {
            throw new CommandException(
                    "plumbline is " + state + ", " + component + " is not up (expected: ready)", ExitCodes.NOT_RUNNING);
        }
        return endpoint;
    }
}
