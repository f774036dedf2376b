package io.plumbline.bench;

import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.agents.Doors;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How long an agent's tool call waits for the platform. */
@Command(
        name = "gate",
        mixinStandardHelpOptions = true,
        description = {
            "From a hook before a tool call to its answer, through the session's door and the whole platform.",
            "Once by the guest program inside a sandbox, once on the socket itself from the host."
        })
final class GateBench implements Callable<Integer> {
    private static final double TARGET_MILLIS = 40;
    private static final double TARGET_MEDIAN_MILLIS = 10;
    private static final int WARM_UP = 20;
    private static final int MAX_BUSY = 200;
    private static final int MAX_TELEMETRY = 1_000;
    private static final int MAX_RATE = 1_000;
    private static final Duration BUSY_PAUSE = Duration.ofSeconds(1);
    private static final String POLICY = """
            name: bench-gate
            limits: {wall-clock: 10m}
            """;
    private static final String READY = "measured";

    @Option(
            names = "--calls",
            defaultValue = "300",
            description = "Tool calls to measure in each way (default: ${DEFAULT-VALUE}).")
    private int calls;

    @Option(
            names = "--busy",
            defaultValue = "0",
            description = {
                "Sessions at work beside the measured one: each opens a file five times a second in a sandbox of its own and has a call"
                        + " answered each second (default: ${DEFAULT-VALUE})."
            })
    private int busy;

    @Option(
            names = "--telemetry-sessions",
            defaultValue = "0",
            description = {
                "Sessions without a sandbox whose telemetry flows through log, watch job and search copy beside the measured one, as of"
                        + " another host (default: ${DEFAULT-VALUE})."
            })
    private int telemetrySessions;

    @Option(
            names = "--rate",
            defaultValue = "10",
            description = {
                "Events of each of them in a second; every twentieth is a tool call that is answered (default: ${DEFAULT-VALUE})."
            })
    private int rate;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (calls < 1) {
            throw new ParameterException(spec.commandLine(), "--calls: " + calls + " (expected: at least 1)");
        }
        if (busy < 0 || busy > MAX_BUSY) {
            throw new ParameterException(spec.commandLine(), "--busy: " + busy + " (expected: 0 to " + MAX_BUSY + ")");
        }
        if (telemetrySessions < 0 || telemetrySessions > MAX_TELEMETRY || rate < 1 || rate > MAX_RATE) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--telemetry-sessions, --rate: " + telemetrySessions + ", " + rate + " (expected: 0 to "
                            + MAX_TELEMETRY + ", 1 to " + MAX_RATE + ")");
        }
        Figure inside;
        Figure outside;
        try (Platform platform = Platform.open(spec.commandLine().getErr());
                BusySessions others = BusySessions.start(platform, busy, BUSY_PAUSE);
                TelemetrySessions telemetry = TelemetrySessions.start(platform, telemetrySessions, rate)) {
            try (BenchSession session = BenchSession.start(platform, "gate", "scripted", POLICY, script())) {
                String id = session.id();
                session.awaitOutput(READY);
                inside = Figure.of(
                        "gate.sandbox",
                        "ms",
                        inside(session.output()),
                        // Most of it is gVisor starting two processes; the target is for the way from hook to answer.
                        OptionalDouble.empty(),
                        "inside a gVisor session: start of the guest program with a PreToolUse hook to its end with the"
                                + " answer, process start included; an honest session with nothing else to do, one call at a"
                                + " time; warm-up excluded: " + WARM_UP + others());
                Path door = platform.sandbox(id).resolve("s").resolve(Doors.HOOKS_SOCKET);
                outside = Figure.of(
                                "gate.door",
                                "ms",
                                outside(door),
                                OptionalDouble.of(TARGET_MILLIS),
                                "the platform alone: PreToolUse written to the door's socket of the same session on the host to its"
                                        + " answer read, one kept-alive connection; one call at a time; warm-up excluded: "
                                        + WARM_UP + others())
                        .medianAtMost(TARGET_MEDIAN_MILLIS);
                session.kill();
                others.failIfAnyDid();
                telemetry.end();
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        for (Figure figure : List.of(inside, outside)) {
            out.println(json ? figure.json().toString() : figure.describe());
        }
        out.flush();
        return inside.met() && outside.met() ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private String others() {
        return (busy == 0 ? "" : "; beside it " + busy + " sessions at work")
                + (telemetrySessions == 0
                        ? ""
                        : "; beside it the telemetry of " + telemetrySessions + " sessions, " + rate
                                + " events a second each");
    }

    /** Prints the microseconds of each call, then idles until it is killed. Each call is reported as done, untimed. */
    private String script() {
        return """
                hook() { %s hook %s/%s /hooks/claude 20; }
                hook > /dev/null <<< '{"hook_event_name":"UserPromptSubmit","session_id":"bench","cwd":"/workspace","prompt":"bench gate"}' || exit 2
                for ((i = 0; i < %d; i++)); do
                  call='"session_id":"bench","cwd":"/workspace","tool_name":"Read","tool_use_id":"inside_'$i'","tool_input":{"file_path":"/workspace/README.md"}'
                  before=${EPOCHREALTIME/./}
                  answer=$(hook <<< '{"hook_event_name":"PreToolUse",'"$call"'}') || exit 2
                  after=${EPOCHREALTIME/./}
                  case $answer in *'"deny"'*) echo "denied: $answer"; exit 3 ;; esac
                  read -r line < /workspace/README.md
                  hook > /dev/null <<< '{"hook_event_name":"PostToolUse",'"$call"',"tool_response":"done"}' || exit 2
                  echo "call $((after - before))"
                done
                echo %s
                exec sleep 600
                """.formatted(Agent.GUEST, Doors.DIRECTORY, Doors.HOOKS_SOCKET, WARM_UP + calls, READY);
    }

    private List<Double> inside(String output) {
        List<Double> millis;
        try (Stream<String> lines = output.lines()) {
            millis = lines.filter(line -> line.startsWith("call "))
                    .skip(WARM_UP)
                    .map(line -> Long.parseLong(line.substring("call ".length())) / 1e3)
                    .toList();
        }
        if (millis.size() != calls) {
            throw new CommandException("the session measured " + millis.size() + " calls (expected: " + calls + ")");
        }
        return millis;
    }

    private List<Double> outside(Path door) throws IOException {
        List<Double> millis = new ArrayList<>();
        try (DoorClient client = DoorClient.connect(door)) {
            for (int i = 0; i < WARM_UP + calls; i++) {
                String call =
                        "\"session_id\":\"bench\",\"cwd\":\"/workspace\",\"tool_name\":\"Read\",\"tool_use_id\":\"door_"
                                + i + "\",\"tool_input\":{\"file_path\":\"/workspace/README.md\"}";
                long start = System.nanoTime();
                String answer = client.hook("{\"hook_event_name\":\"PreToolUse\"," + call + "}");
                long took = System.nanoTime() - start;
                if (answer.contains("\"deny\"")) {
                    throw new CommandException("a call was denied (expected: allowed): " + answer);
                }
                client.hook("{\"hook_event_name\":\"PostToolUse\"," + call + ",\"tool_response\":\"done\"}");
                if (i >= WARM_UP) {
                    millis.add(took / 1e6);
                }
            }
        }
        return millis;
    }
}
