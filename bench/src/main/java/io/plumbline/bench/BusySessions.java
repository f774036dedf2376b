package io.plumbline.bench;

import io.plumbline.sandbox.agents.Doors;
import io.plumbline.standalone.CommandException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Sandboxed sessions that work beside a measured one: each opens files by itself, and has a tool call answered now and then. */
final class BusySessions implements AutoCloseable {
    private static final String POLICY = """
            name: bench-busy
            limits: {wall-clock: 10m}
            """;

    /** Waits without starting a program: the kernel's work is to be the opening of files. */
    private static final String SCRIPT = """
            exec 9<> <(:)
            echo working
            while :; do read -r line < /workspace/README.md; read -t 0.2 -u 9; done
            """;

    private final List<BenchSession> sessions = new ArrayList<>();
    private final List<Thread> callers = new ArrayList<>();
    private volatile String problem = "";
    private volatile boolean closing;

    private BusySessions() {}

    /**
     * Starts them one after another, and returns when all are at work.
     *
     * @param pause between two calls of one session
     */
    static BusySessions start(Platform platform, int number, Duration pause) throws IOException, InterruptedException {
        BusySessions busy = new BusySessions();
        try {
            for (int i = 0; i < number; i++) {
                BenchSession session = BenchSession.start(platform, "busy-" + i, "scripted", POLICY, SCRIPT);
                busy.sessions.add(session);
                session.awaitOutput("working");
                Path door = platform.sandbox(session.id()).resolve("s").resolve(Doors.HOOKS_SOCKET);
                busy.callers.add(
                        Thread.ofPlatform().daemon().name("bench-busy-" + i).start(() -> busy.call(door, pause)));
            }
            return busy;
        } catch (IOException | InterruptedException | RuntimeException e) {
            busy.close();
            throw e;
        }
    }

    private void call(Path door, Duration pause) {
        try (DoorClient client = DoorClient.connect(door)) {
            for (int i = 0; !closing; i++) {
                String call =
                        "\"session_id\":\"busy\",\"cwd\":\"/workspace\",\"tool_name\":\"Read\",\"tool_use_id\":\"busy_"
                                + i + "\",\"tool_input\":{\"file_path\":\"/workspace/README.md\"}";
                String answer = client.hook("{\"hook_event_name\":\"PreToolUse\"," + call + "}");
                if (answer.contains("\"deny\"")) {
                    problem = answer;
                    return;
                }
                client.hook("{\"hook_event_name\":\"PostToolUse\"," + call + ",\"tool_response\":\"done\"}");
                LockSupport.parkNanos(pause.toNanos());
            }
        } catch (IOException e) {
            if (!closing) {
                problem = String.valueOf(e.getMessage());
            }
        }
    }

    /** @throws CommandException when one of them was refused a call, or has ended */
    void failIfAnyDid() {
        if (!problem.isEmpty()) {
            throw new CommandException("a busy session's call was not answered (expected: allowed): " + problem);
        }
        long ended = sessions.stream().filter(session -> !session.runs()).count();
        if (ended > 0) {
            throw new CommandException(ended + " of " + sessions.size() + " busy sessions ended (expected: none)");
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        closing = true;
        for (Thread caller : callers) {
            LockSupport.unpark(caller);
            caller.join();
        }
        for (BenchSession session : sessions) {
            session.close();
        }
    }
}
