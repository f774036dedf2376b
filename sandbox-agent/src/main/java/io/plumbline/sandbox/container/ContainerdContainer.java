package io.plumbline.sandbox.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.runtime.Command;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * A container of containerd by its own client {@code ctr}, whatever runtime runs it. Kubernetes' containers (CRI, with or without a
 * RuntimeClass) are in the namespace {@code k8s.io} under the container's id.
 */
public final class ContainerdContainer implements ContainerControl {
    /** Where containerd listens unless it is told otherwise. */
    public static final Path DEFAULT_SOCKET = Path.of("/run/containerd/containerd.sock");

    private static final Pattern NAMESPACE = Pattern.compile("[A-Za-z0-9]+([._-][A-Za-z0-9]+)*");
    private static final Pattern COLUMNS = Pattern.compile("\\s+");
    private static final List<String> HEADER = List.of("TASK", "PID", "STATUS");
    private static final Duration VERSION_LIMIT = Duration.ofSeconds(10);

    private final RuntimeProgram program;
    private final String container;
    private final String version;

    private ContainerdContainer(RuntimeProgram program, String container, String version) {
        this.program = program;
        this.container = container;
        this.version = version;
    }

    /**
     * @param ctr the program
     * @param namespace containerd's, at most 76 characters
     * @throws ContainerException when the daemon does not answer
     */
    public static ContainerdContainer of(Path ctr, Path socket, String namespace, String container)
            throws ContainerException {
        if (namespace.length() > 76 || !NAMESPACE.matcher(namespace).matches()) {
            throw new IllegalArgumentException("namespace: '" + namespace + "' (expected: a name such as k8s.io)");
        }
        RuntimeProgram program = program(ctr, socket, namespace);
        String id = ContainerControl.checkedId(container);
        String answer = program.output(List.of("version"), VERSION_LIMIT);
        String version = answer.lines()
                .dropWhile(line -> !line.startsWith("Server:"))
                .filter(line -> line.trim().startsWith("Version:"))
                .map(line -> line.substring(line.indexOf(':') + 1).trim())
                .findFirst()
                .orElse("");
        return new ContainerdContainer(program, id, ("containerd " + version).trim() + " namespace " + namespace);
    }

    static RuntimeProgram program(Path ctr, Path socket, String namespace) {
        return new RuntimeProgram(List.of(ctr.toString(), "--address", socket.toString(), "--namespace", namespace));
    }

    @Override
    public String mechanism() {
        return "ctr";
    }

    @Override
    public String description() {
        return version + " container " + container;
    }

    @Override
    public boolean local() {
        return false;
    }

    @Override
    public Found inspect(Duration limit) throws ContainerException {
        Optional<Found> task = task(program.output(List.of("tasks", "list"), limit), container);
        if (task.isPresent()) {
            return task.get();
        }
        List<String> arguments = List.of("containers", "info", container);
        Command.Result result = program.run(arguments, limit);
        if (result.succeeded()) {
            return new Found(Status.STOPPED, container, 0, OptionalInt.empty());
        }
        if (result.output().contains("not found")) {
            return Found.ABSENT;
        }
        throw program.refused(arguments, result);
    }

    /**
     * The row of a container in {@code ctr tasks list}; empty when it has none: it does not run.
     *
     * @throws ContainerException when a row, or the table, cannot be read: the container's could be the one
     */
    static Optional<Found> task(String table, String container) throws ContainerException {
        List<String> lines =
                table.lines().map(String::trim).filter(line -> !line.isEmpty()).toList();
        if (lines.isEmpty() || !List.of(COLUMNS.split(lines.getFirst(), -1)).equals(HEADER)) {
            throw unreadable(lines.isEmpty() ? "" : lines.getFirst(), String.join(" ", HEADER));
        }
        for (String line : lines.subList(1, lines.size())) {
            String[] columns = COLUMNS.split(line, -1);
            if (columns.length != 3 || !columns[1].matches("\\d{1,9}")) {
                throw unreadable(line, "name, process id and status");
            }
            if (columns[0].equals(container)) {
                Status status =
                        switch (columns[2]) {
                            case "CREATED" -> Status.CREATED;
                            case "RUNNING", "PAUSING" -> Status.RUNNING;
                            case "PAUSED" -> Status.PAUSED;
                            case "STOPPED" -> Status.STOPPED;
                            default ->
                                throw unreadable("status '" + columns[2] + "'", "CREATED, RUNNING, PAUSED or STOPPED");
                        };
                return Optional.of(new Found(status, container, Long.parseLong(columns[1]), OptionalInt.empty()));
            }
        }
        return Optional.empty();
    }

    private static ContainerException unreadable(String what, String expected) {
        return new ContainerException(
                ContainerException.Reason.UNREACHABLE, "ctr tasks list: " + what + " (expected: " + expected + ")");
    }

    @Override
    public void pause(Duration limit) throws ContainerException {
        program.output(List.of("tasks", "pause", container), limit);
    }

    @Override
    public void resume(Duration limit) throws ContainerException {
        program.output(List.of("tasks", "resume", container), limit);
    }

    @Override
    public void kill(Duration limit) throws ContainerException {
        program.output(List.of("tasks", "kill", "--all", "--signal", "SIGKILL", container), limit);
    }

    @Override
    public JsonNode details(Duration limit) throws ContainerException {
        JsonNode details = program.json(program.output(List.of("containers", "info", container), limit));
        if (details instanceof ObjectNode found && found.has("Extensions")) {
            // What containerd's plugins keep with a container is bytes to it; CRI's are the whole request, with the
            // environment.
            ArrayNode names = JsonNodeFactory.instance.arrayNode();
            found.path("Extensions").fieldNames().forEachRemaining(names::add);
            found.set("Extensions", names);
        }
        return ContainerControl.withoutEnvironmentValues(details);
    }

    @Override
    public JsonNode top(Duration limit) throws ContainerException {
        ArrayNode pids = JsonNodeFactory.instance.arrayNode();
        program.output(List.of("tasks", "ps", container), limit)
                .lines()
                .map(line -> COLUMNS.split(line.trim(), -1)[0])
                .filter(pid -> pid.matches("\\d{1,9}"))
                .forEach(pid -> pids.add(Long.parseLong(pid)));
        return pids;
    }

    @Override
    public void close() {}
}
