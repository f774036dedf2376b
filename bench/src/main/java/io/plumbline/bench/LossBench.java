package io.plumbline.bench;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Whether anything of a session that makes events as fast as it can is lost on the way to the log. */
@Command(
        name = "loss",
        mixinStandardHelpOptions = true,
        description = {
            "Processes of one session open a file in a tight loop; each open has to be in the log once.",
            "Lost ones are counted, and whether the session's own account says so."
        })
final class LossBench implements Callable<Integer> {
    private static final String POLICY = """
            name: bench-loss
            limits: {wall-clock: 10m}
            """;
    private static final String FILE = "counted-by-the-loss-benchmark";
    private static final int TARGET_RATE = 20_000;
    private static final int MAX_PROCESSES = 64;
    private static final String SCRIPT = """
            exec python3 - <<'END'
            import os
            open("%1$s", "w").close()
            begin, go = os.pipe()
            for p in range(%2$d):
                if os.fork() == 0:
                    os.close(go)
                    os.read(begin, 1)
                    for i in range(%3$d):
                        os.close(os.open("%1$s", os.O_RDONLY))
                    os._exit(0)
            os.close(go)
            for p in range(%2$d):
                os.wait()
            END
            """;

    @Option(names = "--events", defaultValue = "60000", description = "Opens to make (default: ${DEFAULT-VALUE}).")
    private int events;

    @Option(
            names = "--processes",
            defaultValue = "4",
            description = "Processes that make them (default: ${DEFAULT-VALUE}).")
    private int processes;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (events < 1_000) {
            throw new ParameterException(spec.commandLine(), "--events: " + events + " (expected: at least 1000)");
        }
        if (processes < 1 || processes > MAX_PROCESSES) {
            throw new ParameterException(
                    spec.commandLine(), "--processes: " + processes + " (expected: 1 to " + MAX_PROCESSES + ")");
        }
        int each = events / processes;
        int made = each * processes;
        List<Event> record;
        try (Platform platform = Platform.open(spec.commandLine().getErr());
                BenchSession session =
                        BenchSession.start(platform, "loss", "none", POLICY, SCRIPT.formatted(FILE, processes, each))) {
            session.awaitEvent(Event::hasSessionEnded, "end of the record");
            record = session.events();
        }
        long[] times = record.stream()
                .filter(event -> event.hasFileOpened()
                        && event.getFileOpened().getPath().endsWith("/" + FILE)
                        && (event.getFileOpened().getFlags() & 3) == 0)
                .mapToLong(Event::getEventTimeNs)
                .sorted()
                .toArray();
        SessionReconciled account = record.stream()
                .filter(Event::hasSessionReconciled)
                .map(Event::getSessionReconciled)
                .findFirst()
                .orElseThrow();
        long lost = made - times.length;
        double seconds = (times[times.length - 1] - times[0]) / 1e9;
        String method = processes + " processes of one gVisor session open a file " + made
                + " times in tight loops of python; opens in Kafka's log, counted once each";
        Figure losses = Figure.of("loss.lost", "events", List.of((double) lost), OptionalDouble.of(0), method);
        Figure rate = Figure.of(
                        "loss.rate",
                        "events/s",
                        List.of(times.length / seconds),
                        OptionalDouble.empty(),
                        "the rate of the same opens by the sandbox kernel's clock; the session's own account says "
                                + (account.getComplete() ? "complete" : "incomplete"))
                .atLeast(TARGET_RATE);
        PrintWriter out = spec.commandLine().getOut();
        for (Figure figure : List.of(losses, rate)) {
            out.println(json ? figure.json().toString() : figure.describe());
        }
        out.flush();
        boolean honest = lost == 0 || !account.getComplete();
        return losses.met() && rate.met() && honest ? ExitCodes.OK : ExitCodes.FAILED;
    }
}
