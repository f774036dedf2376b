package io.plumbline.sandbox.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.posix.Posix;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A sandbox of {@link RunscRuntime}: its sentry's control socket, connected three times so that no call waits for another. */
final class RunscSandbox implements Sandbox {
    private static final Duration WARM_UP_LIMIT = Duration.ofSeconds(2);
    private static final JsonNode NOTHING = NullNode.getInstance();

    private final RunscRuntime runtime;
    private final SandboxRuntime.Creation creation;
    private final long pid;

    /** For the brake alone. */
    private final ControlSocket brakeSocket;

    /** For everything that may take its time. */
    private final ControlSocket inspection;

    /** For the one call that lasts as long as the workload. */
    private final ControlSocket exit;

    /** Knows the start time too. */
    private final ProcessHandle sentry;

    private RunscSandbox(
            RunscRuntime runtime,
            SandboxRuntime.Creation creation,
            ProcessHandle sentry,
            ControlSocket brakeSocket,
            ControlSocket inspection,
            ControlSocket exit) {
        this.runtime = runtime;
        this.creation = creation;
        this.sentry = sentry;
        this.pid = sentry.pid();
        this.brakeSocket = brakeSocket;
        this.inspection = inspection;
        this.exit = exit;
    }

    static RunscSandbox attach(RunscRuntime runtime, SandboxRuntime.Creation creation, long pid, Path socket)
            throws IOException, SandboxException {
        RunscSandbox sandbox = new RunscSandbox(
                runtime,
                creation,
                ProcessHandle.of(pid).orElseThrow(() -> new SandboxException("the sandbox has ended")),
                ControlSocket.connect(socket),
                ControlSocket.connect(socket),
                ControlSocket.connect(socket));
        // The first call loads classes here and allocates there, which takes longer than a pause.
        for (int i = 0; i < 3; i++) {
            if (sandbox.brakeSocket
                    .call("containerManager.ListTraceSessions", NOTHING, WARM_UP_LIMIT)
                    .isEmpty()) {
                sandbox.close();
                throw new SandboxException("the sandbox's control socket does not answer");
            }
        }
        return sandbox;
    }

    @Override
    public String id() {
        return creation.id();
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public void start() throws SandboxException {
        runtime.start(creation);
    }

    @Override
    public Brake brake() {
        return new SentryBrake();
    }

    @Override
    public String processes(Duration limit) throws SandboxException {
        ObjectNode evidence = JsonNodeFactory.instance.objectNode();
        JsonNode id = JsonNodeFactory.instance.textNode(creation.id());
        try {
            evidence.set("processes", answered(inspection.call("containerManager.Processes", id, limit)));
            evidence.set("procfs", answered(inspection.call("containerManager.ProcfsDump", NOTHING, limit)));
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
    public OptionalLong droppedTraceMessages(Duration limit) {
        try {
            Optional<JsonNode> sessions = inspection.call("containerManager.ListTraceSessions", NOTHING, limit);
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
            ObjectNode options = JsonNodeFactory.instance.objectNode().put("Full", false);
            Optional<JsonNode> usage = inspection.call("Usage.Collect", options, limit);
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
            return inspection
                    .call("containerManager.Processes", JsonNodeFactory.instance.textNode(creation.id()), limit)
                    .map(processes -> OptionalInt.of(processes.size()))
                    .orElse(OptionalInt.empty());
        } catch (IOException | SandboxException e) {
            return OptionalInt.empty();
        }
    }

    @Override
    public OptionalInt awaitExit() throws InterruptedException {
        JsonNode id = JsonNodeFactory.instance.textNode(creation.id());
        try {
            Optional<JsonNode> status = exit.call("containerManager.Wait", id, Duration.ofDays(3650));
            return status.isEmpty()
                    ? OptionalInt.empty()
                    : OptionalInt.of(exitCode(status.get().asInt()));
        } catch (IOException | SandboxException e) {
            return OptionalInt.empty();
        }
    }

    /** From a wait status to a shell's number. */
    static int exitCode(int waitStatus) {
        int signal = waitStatus & 0x7f;
        return signal == 0 ? waitStatus >> 8 & 0xff : 128 + signal;
    }

    @Override
    public boolean alive() {
        return ProcessHandle.of(pid)
                .filter(sentry::equals)
                .map(ProcessHandle::isAlive)
                .orElse(false);
    }

    @Override
    public void kill() {
        signal(Posix.SIGKILL);
    }

    /** Process ids are reused: a signal goes only to the process that was there when the sandbox came up. */
    private boolean signal(int number) {
        return ProcessHandle.of(pid).filter(sentry::equals).isPresent() && Posix.kill(pid, number) == 0;
    }

    @Override
    public void delete() throws SandboxException {
        runtime.remove(creation.id());
    }

    @Override
    public void close() {
        for (ControlSocket socket : new ControlSocket[] {brakeSocket, inspection, exit}) {
            try {
                socket.close();
            } catch (IOException e) {
                // Closing is all that is left to do with it.
            }
        }
    }

    private final class SentryBrake implements Brake {
        @Override
        public Answer pause(Duration limit) {
            return call("containerManager.Pause", limit);
        }

        @Override
        public Answer resume(Duration limit) {
            return call("containerManager.Resume", limit);
        }

        @Override
        public boolean queuePause() {
            try {
                brakeSocket.send("containerManager.Pause", NOTHING);
                return true;
            } catch (IOException e) {
                return false;
            }
        }

        @Override
        public Answer awaitLate(Duration limit) {
            try {
                return brakeSocket.awaitOutstanding(limit) ? Answer.DONE : Answer.FAILED;
            } catch (IOException e) {
                return Answer.FAILED;
            }
        }

        private Answer call(String method, Duration limit) {
            try {
                return brakeSocket.call(method, NOTHING, limit).isPresent() ? Answer.DONE : Answer.LATE;
            } catch (IOException | SandboxException e) {
                return Answer.FAILED;
            }
        }

        @Override
        public boolean stop() {
            return signal(Posix.SIGSTOP);
        }

        @Override
        public boolean alive() {
            return RunscSandbox.this.alive();
        }

        @Override
        public boolean proceed() {
            return signal(Posix.SIGCONT);
        }

        @Override
        public void wake() {
            signal(Posix.SIGCONT);
        }

        @Override
        public boolean kill() {
            // A signal that is not delivered means that the sentry is gone.
            RunscSandbox.this.kill();
            return true;
        }
    }
}
