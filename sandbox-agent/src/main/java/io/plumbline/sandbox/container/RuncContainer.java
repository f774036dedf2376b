package io.plumbline.sandbox.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.runtime.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A container of runc, or of another program with runc's command line (OCI runtime CLI: state, pause, resume, kill, ps). */
public final class RuncContainer implements ContainerControl {
    private static final Duration VERSION_LIMIT = Duration.ofSeconds(10);
    private static final int MAX_CONFIG = 4 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RuntimeProgram program;
    private final String container;
    private final String version;

    private RuncContainer(RuntimeProgram program, String container, String version) {
        this.program = program;
        this.container = container;
        this.version = version;
    }

    /**
     * @param runc the program
     * @param root where it keeps its state ({@code --root}); empty: its default
     * @throws ContainerException when the program does not run
     */
    public static RuncContainer of(Path runc, Optional<Path> root, String container) throws ContainerException {
        List<String> prefix = new ArrayList<>(List.of(runc.toString()));
        root.ifPresent(path -> prefix.addAll(List.of("--root", path.toString())));
        RuntimeProgram program = new RuntimeProgram(prefix);
        String id = ContainerControl.checkedId(container);
        String version = program.output(List.of("--version"), VERSION_LIMIT)
                .lines()
                .findFirst()
                .orElse("");
        return new RuncContainer(program, id, version);
    }

    @Override
    public String mechanism() {
        return "runc";
    }

    @Override
    public String description() {
        return version + " container " + container;
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public Found inspect(Duration limit) throws ContainerException {
        Optional<JsonNode> state = state(limit);
        if (state.isEmpty()) {
            return Found.ABSENT;
        }
        String word = state.get().path("status").asText();
        Status status =
                switch (word) {
                    case "creating", "created" -> Status.CREATED;
                    case "running", "pausing" -> Status.RUNNING;
                    case "paused" -> Status.PAUSED;
                    case "stopped" -> Status.STOPPED;
                    default ->
                        throw new ContainerException(
                                ContainerException.Reason.UNREACHABLE,
                                "runc state: status '" + word + "' (expected: created, running, paused or stopped)");
                };
        return new Found(status, container, state.get().path("pid").asLong(), OptionalInt.empty());
    }

    private Optional<JsonNode> state(Duration limit) throws ContainerException {
        List<String> arguments = List.of("state", container);
        Command.Result result = program.run(arguments, limit);
        if (result.succeeded()) {
            return Optional.of(program.json(result.output()));
        }
        if (result.output().contains("does not exist")) {
            return Optional.empty();
        }
        throw program.refused(arguments, result);
    }

    @Override
    public void pause(Duration limit) throws ContainerException {
        program.output(List.of("pause", container), limit);
    }

    @Override
    public void resume(Duration limit) throws ContainerException {
        program.output(List.of("resume", container), limit);
    }

    @Override
    public void kill(Duration limit) throws ContainerException {
        program.output(List.of("kill", "--all", container, "KILL"), limit);
    }

    @Override
    public JsonNode details(Duration limit) throws ContainerException {
        JsonNode state = state(limit).orElse(MissingNode.getInstance());
        if (state instanceof ObjectNode found) {
            Path config = Path.of(state.path("bundle").asText()).resolve("config.json");
            try {
                if (Files.size(config) <= MAX_CONFIG) {
                    found.set("config", JSON.readTree(Files.readAllBytes(config)));
                }
            } catch (IOException e) {
                found.put("config", "unreadable");
            }
        }
        return ContainerControl.withoutEnvironmentValues(state);
    }

    @Override
    public JsonNode top(Duration limit) throws ContainerException {
        return program.json(program.output(List.of("ps", "--format", "json", container), limit));
    }

    @Override
    public void close() {}
}
