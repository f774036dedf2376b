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
            "One session opens a file in a tight loop; each open has to be in the log once.",
            "Lost ones are counted, and whether the session's own account says so."
        })
final class LossBench implements Callable<Integer> {
    private static final String POLICY = """
            name: bench-loss
            limits: {wall-clock: 10m}
            """;
    private static final String FILE = "counted-by-the-loss-benchmark";
    private static final String SCRIPT = """
            exec python3 - <<'END'
            import os
            open("%s", "w").close()
            for i in range(%d):
                os.close(os.open("%s", os.O_RDONLY))
            END
            """;

    @Option(names = "--events", defaultValue = "60000", description = "Opens to make (default: ${DEFAULT-VALUE}).")
    private int events;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (events < 1_000) {
            throw new ParameterException(spec.commandLine(), "--events: " + events + " (expected: at least 1000)");
        }
        List<Event> record;
        try (Platform platform = Platform.open(spec.commandLine().getErr());
                BenchSession session =
                        BenchSession.start(platform, "loss", "none", POLICY, SCRIPT.formatted(FILE, events, FILE))) {
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
        long lost = events - times.length;
        double seconds = (times[times.length - 1] - times[0]) / 1e9;
        String method = "one gVisor session opens a file " + events
                + " times in a tight loop of python; opens in Kafka's log," + " counted once each";
        Figure losses = Figure.of("loss.lost", "events", List.of((double) lost), OptionalDouble.of(0), method);
        Figure rate = Figure.of(
                "loss.rate",
                "events/s",
                List.of(times.length / seconds),
                OptionalDouble.empty(),
                "the rate of the same opens by the sandbox kernel's clock; the session's own account says "
                        + (account.getComplete() ? "complete" : "incomplete"));
        PrintWriter out = spec.commandLine().getOut();
        for (Figure figure : List.of(losses, rate)) {
            out.println(json ? figure.json().toString() : figure.describe());
        }
        out.flush();
        boolean honest = lost == 0 || !account.getComplete();
        return losses.met() && honest ? ExitCodes.OK : ExitCodes.FAILED;
    }
}
