package io.plumbline.sandbox.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The workload's container in a {@link RunscKernel}, which serves no other. */
final class RunscSandbox implements Sandbox {
    /** An answer to an older question says nothing of how it is now. */
    private static final Duration MAX_AGE = Duration.ofSeconds(60);

    private static final String TRACE_SESSIONS = "containerManager.ListTraceSessions";
    private static final String PROCESSES = "containerManager.Processes";

    private final RunscRuntime runtime;
    private final RunscKernel kernel;
    private final SandboxRuntime.Creation creation;
    private final ControlSocket.Standing drops;
    private final ControlSocket.Standing processes;
    private final ControlSocket.Standing memory;
    private volatile boolean ended;

    RunscSandbox(RunscRuntime runtime, RunscKernel kernel, SandboxRuntime.Creation creation) {
        this.runtime = runtime;
        this.kernel = kernel;
        this.creation = creation;
        ControlSocket inspection = kernel.inspection();
        this.drops = inspection.standing(TRACE_SESSIONS, RunscKernel.NOTHING);
        this.processes = inspection.standing(PROCESSES, JsonNodeFactory.instance.textNode(creation.id()));
        JsonNode options = JsonNodeFactory.instance.objectNode().put("Full", false);
        this.memory = inspection.standing("Usage.Collect", options);
    }

    @Override
    public String id() {
        return creation.id();
    }

    @Override
    public long pid() {
        return kernel.pid().orElseThrow();
    }

    @Override
    public void start() throws SandboxException {
        runtime.start(kernel, creation);
    }

    @Override
    public Brake brake() {
        return kernel.brake(Freezer.CONFIRMATION_LIMIT);
    }

    @Override
    public String processes(Duration limit) throws SandboxException {
        ObjectNode evidence = JsonNodeFactory.instance.objectNode();
        JsonNode id = JsonNodeFactory.instance.textNode(creation.id());
        try {
            evidence.set("processes", answered(kernel.inspection().call(PROCESSES, id, limit)));
            evidence.set(
                    "procfs",
                    answered(kernel.inspection().call("containerManager.ProcfsDump", RunscKernel.NOTHING, limit)));
            withoutEnvironmentValues(evidence);
            return evidence.toString();
        } catch (IOException e) {
            throw new SandboxException("processes: " + e.getMessage(), e);
        }
    }

    /** Values of environment variables may be secrets and stay on the host; their names tell enough. */
    private static void withoutEnvironmentValues(JsonNode evidence) {
        for (JsonNode parent : evidence.findParents("env")) {
            ArrayNode names = JsonNodeFactory.instance.arrayNode();
            for (JsonNode pair : parent.get("env")) {
                String text = pair.asText();
                int equals = text.indexOf('=');
                names.add(equals < 0 ? "" : text.substring(0, equals));
            }
            ((ObjectNode) parent).set("env", names);
        }
    }

    private static JsonNode answered(Optional<JsonNode> answer) throws SandboxException {
        return answer.orElseThrow(() -> new SandboxException("the sandbox's kernel does not answer"));
    }

    @Override
    public Path checkpoint(Path directory, Duration limit) throws SandboxException {
        return runtime.checkpoint(kernel, directory, limit);
    }

    @Override
    public OptionalLong droppedTraceMessages(Duration limit) {
        try {
            // The last figure has to be of all that the workload did.
            Optional<JsonNode> sessions =
                    ended ? kernel.inspection().call(TRACE_SESSIONS, RunscKernel.NOTHING, limit) : latest(drops, limit);
            if (sessions.isEmpty()) {
                return OptionalLong.empty();
            }
            long dropped = 0;
            for (JsonNode status : sessions.get().findValues("DroppedCount")) {
                dropped += status.asLong();
            }
            for (JsonNode status : sessions.get().findValues("dropped_count")) {
                dropped += status.asLong();
            }
            return OptionalLong.of(dropped);
        } catch (IOException | SandboxException e) {
            return OptionalLong.empty();
        }
    }

    @Override
    public OptionalLong memoryBytes(Duration limit) {
        try {
            Optional<JsonNode> usage = latest(memory, limit);
            return usage.isEmpty() || !usage.get().hasNonNull("Total")
                    ? OptionalLong.empty()
                    : OptionalLong.of(usage.get().get("Total").asLong());
        } catch (IOException | SandboxException e) {
            return OptionalLong.empty();
        }
    }

    @Override
    public OptionalInt processCount(Duration limit) {
        try {
            Optional<JsonNode> listed = latest(processes, limit);
            return listed.map(all -> OptionalInt.of(all.size())).orElse(OptionalInt.empty());
        } catch (IOException | SandboxException e) {
            return OptionalInt.empty();
        }
    }

    private static Optional<JsonNode> latest(ControlSocket.Standing question, Duration limit)
            throws IOException, SandboxException {
        return question.ask(limit)
                .filter(answer -> System.nanoTime() - answer.askedNanos() <= MAX_AGE.toNanos())
                .map(ControlSocket.Answer::result);
    }

    @Override
    public OptionalInt awaitExit() throws InterruptedException {
        JsonNode id = JsonNodeFactory.instance.textNode(creation.id());
        try {
            Optional<JsonNode> status = kernel.exit().call("containerManager.Wait", id, Duration.ofDays(3650));
            if (status.isEmpty()) {
                return OptionalInt.empty();
            }
            kernel.end();
            return OptionalInt.of(exitCode(status.get().asInt()));
        } catch (IOException | SandboxException e) {
            return OptionalInt.empty();
        } finally {
            ended = true;
        }
    }

    /** From a wait status to a shell's number. */
    static int exitCode(int waitStatus) {
        int signal = waitStatus & 0x7f;
        return signal == 0 ? waitStatus >> 8 & 0xff : 128 + signal;
    }

    @Override
    public void signalForeground(int signal) {
        kernel.signal(creation.id(), signal, RunscKernel.Target.FOREGROUND);
    }

    @Override
    public boolean alive() {
        return kernel.alive();
    }

    @Override
    public void kill() {
        kernel.kill();
    }

    @Override
    public void close() {
        kernel.disconnect();
    }
}
