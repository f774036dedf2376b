package io.plumbline.bench;

import io.plumbline.events.v1.Event;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.state.SessionState;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The watch job from Kafka to Kafka, on one core. */
@Command(
        name = "watch",
        mixinStandardHelpOptions = true,
        description = {
            "How many events the watch job judges in a second on one core, and how long a gate answer takes at half the target of that.",
            "A broker of its own and the watch job alone; once without rules, once with the shipped ones."
        })
final class WatchBench implements Callable<Integer> {
    private static final double TARGET_RATE = 20_000;
    private static final double TARGET_MILLIS = 50;
    private static final double TARGET_STATE_KIB = 256;
    private static final int STATE_EVENTS = 100_000;
    private static final int PASSES = 5;

    @Option(
            names = "--events",
            defaultValue = "200000",
            description = "Events of a pass; two passes before the measured ones (default: ${DEFAULT-VALUE}).")
    private int events;

    @Option(
            names = "--sessions",
            defaultValue = "20",
            description = "Sessions that take turns, event by event (default: ${DEFAULT-VALUE}).")
    private int sessions;

    @Option(
            names = "--rules",
            defaultValue = "both",
            description = "none, shipped, or both (default: ${DEFAULT-VALUE}).")
    private String rules;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (events < 1_000 || sessions < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--events: " + events + ", --sessions: " + sessions + " (expected: at least 1000 and 1)");
        }
        if (!List.of("none", "shipped", "both").contains(rules)) {
            throw new ParameterException(
                    spec.commandLine(), "--rules: " + rules + " (expected: none, shipped or both)");
        }
        List<Figure> figures = new ArrayList<>();
        for (String set : rules.equals("both") ? List.of("none", "shipped") : List.of(rules)) {
            measure(set, figures);
        }
        figures.add(state());
        PrintWriter out = spec.commandLine().getOut();
        figures.forEach(figure -> out.println(json ? figure.json().toString() : figure.describe()));
        out.flush();
        return figures.stream().allMatch(Figure::met) ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private void measure(String set, List<Figure> figures) throws IOException, InterruptedException {
        try (WatchRig rig = WatchRig.start(set)) {
            List<WatchedSession> watched =
                    IntStream.range(0, sessions).mapToObj(WatchedSession::new).toList();
            String how = ", default policy, rules: " + set + ", " + sessions
                    + " honest sessions in turn; the job's JVM on one core (taskset), broker and generator on the others";
            List<Double> rates = new ArrayList<>();
            for (int pass = -2; pass < PASSES; pass++) {
                double rate = rate(rig, watched);
                if (pass >= 0) {
                    rates.add(rate);
                }
            }
            figures.add(Figure.of(
                            "watch." + set + ".rate",
                            "events/s",
                            rates,
                            OptionalDouble.empty(),
                            events
                                    + " events a pass, written without a pause: first received to last judged by the job's clock"
                                    + how)
                    .atLeast(TARGET_RATE));
            latency(rig, watched, 2);
            figures.add(Figure.of(
                    "watch." + set + ".latency",
                    "ms",
                    latency(rig, watched, 10),
                    OptionalDouble.of(TARGET_MILLIS),
                    "announced call given to the producer to its answer out of the verdicts, at "
                            + (int) (TARGET_RATE / 2) + " events/s for 10 s" + how));
        }
    }

    private double rate(WatchRig rig, List<WatchedSession> watched) throws InterruptedException {
        Event first = watched.getFirst().probe();
        rig.send(first);
        for (int i = 0; i < events; i++) {
            rig.send(watched.get(i % sessions).next());
        }
        List<Event> last = watched.stream().map(WatchedSession::probe).toList();
        last.forEach(rig::send);
        rig.flush();
        long began = rig.await(first.getId()).stages().getJobReceivedNs();
        long ended = began;
        for (Event probe : last) {
            ended = Math.max(ended, rig.await(probe.getId()).stages().getJobDecidedNs());
        }
        return events * 1e9 / (ended - began);
    }

    /** Milliseconds of each announced call; events are written in bundles of a millisecond. */
    private List<Double> latency(WatchRig rig, List<WatchedSession> watched, int seconds) throws InterruptedException {
        int bundle = (int) (TARGET_RATE / 2 / 1_000);
        Map<String, Long> asked = new LinkedHashMap<>();
        long start = System.nanoTime();
        int sent = 0;
        for (int millis = 0; millis < seconds * 1_000; millis++) {
            long due = start + millis * 1_000_000L;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            for (int i = 0; i < bundle; i++) {
                Event event = watched.get(sent++ % sessions).next();
                if (event.hasToolCall()) {
                    asked.put(event.getId(), System.nanoTime());
                }
                rig.send(event);
            }
        }
        rig.flush();
        List<Double> millis = new ArrayList<>();
        for (Map.Entry<String, Long> call : asked.entrySet()) {
            millis.add((rig.await(call.getKey()).receivedNanos() - call.getValue()) / 1e6);
        }
        return millis;
    }

    private static Figure state() {
        Watcher watcher = new Watcher(List.of());
        SessionState state = SessionState.empty();
        WatchedSession session = new WatchedSession(0);
        for (int i = 0; i < STATE_EVENTS; i++) {
            watcher.onEvent(state, session.next());
        }
        return Figure.of(
                "watch.state",
                "KiB",
                List.of(state.toBytes().length / 1024.0),
                OptionalDouble.of(TARGET_STATE_KIB),
                "serialised state of one session after " + STATE_EVENTS + " events, "
                        + STATE_EVENTS / WatchedSession.EVENTS_PER_CALL + " calls");
    }
}
