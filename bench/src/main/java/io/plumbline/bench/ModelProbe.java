package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.Score;
import io.plumbline.intent.text.Encoder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The measured process of {@link ModelBench}: prints its figures behind {@code READY} and ends. */
final class ModelProbe {
    private static final int WARM = 200;
    private static final int LONG = 50;
    /** Pieces of a window without its frame. */
    private static final int PIECES = Encoder.WINDOW - 2;

    private static final Intent INTENT = Intent.of("Fix the failing tests of the billing module and run them again");
    private static final List<String> PROGRAMS = List.of(
            "pytest -q tests/test_billing.py",
            "grep -rn total src/billing",
            "git log --oneline -5 -- src/billing",
            "sed -n '1,80p' src/billing/core.py",
            "npm test -- billing");

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    private ModelProbe() {}

    /** @param arguments how many acts are timed; 0: the model is only loaded */
    public static void main(String[] arguments) throws IntentModelException, IOException, InterruptedException {
        ObjectNode figures = new ModelProbe().measure(Integer.parseInt(arguments[0]));
        System.out.println("READY " + figures);
        System.out.flush();
        // Whoever started this process ends it, as with every component.
        Thread.sleep(60_000);
    }

    private ObjectNode measure(int acts) throws IntentModelException, IOException {
        ObjectNode figures = new ObjectMapper().createObjectNode();
        double before = residentMib();
        long start = System.nanoTime();
        try (IntentModel model = IntentModel.load();
                Encoder encoder = Encoder.load()) {
            score(model, Act.command("ls"));
            figures.put("load_ms", (System.nanoTime() - start) / 1e6).put("version", model.version());
            for (int i = 0; i < WARM; i++) {
                score(model, Act.command(PROGRAMS.get(i % PROGRAMS.size()) + " # " + i));
                score(model, window(encoder, -i - 1));
            }
            figures.put("memory_mib", residentMib() - before);
            if (acts > 0) {
                time(figures, model, encoder, acts);
            }
        }
        return figures;
    }

    private void time(ObjectNode figures, IntentModel model, Encoder encoder, int count) {
        List<Act> acts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            acts.add(window(encoder, i));
        }
        ArrayNode millis = figures.putArray("act_ms");
        ArrayNode processor = figures.putArray("act_processor_ms");
        ArrayNode again = figures.putArray("cached_ms");
        for (Act act : acts) {
            long used = threads.getCurrentThreadCpuTime();
            timed(model, act, millis::add);
            processor.add((threads.getCurrentThreadCpuTime() - used) / 1e6);
            timed(model, act, again::add);
        }
        ArrayNode windows = figures.putArray("long_ms");
        for (int i = 0; i < LONG; i++) {
            timed(model, filling(encoder, i), windows::add);
        }
        figures.put("long_windows", Encoder.MAX_WINDOWS);
    }

    private static void timed(IntentModel model, Act act, Consumer<Double> millis) {
        long from = System.nanoTime();
        score(model, act);
        millis.accept((System.nanoTime() - from) / 1e6);
    }

    private static void score(IntentModel model, Act act) {
        if (model.score(INTENT, act) instanceof Score.NotScored none) {
            throw new IllegalStateException("not scored: " + none + " (expected: a score of " + act.text() + ")");
        }
    }

    /** A command of exactly one full window. */
    private static Act window(Encoder encoder, int number) {
        StringBuilder command = new StringBuilder(PROGRAMS.get(Math.floorMod(number, PROGRAMS.size())) + " " + number);
        while (encoder.pieces(command.toString(), 2 * PIECES) < PIECES) {
            command.append(" x");
        }
        int pieces = encoder.pieces(command.toString(), 2 * PIECES);
        if (pieces != PIECES) {
            throw new IllegalStateException(pieces + " pieces (expected: " + PIECES + "): " + command);
        }
        return Act.command(command.toString());
    }

    /** A command of as many windows as are ever scored. */
    private static Act filling(Encoder encoder, int number) {
        StringBuilder command = new StringBuilder("grep -rn total");
        for (int i = 0; !encoder.exceedsWindows(command + " src/billing/f" + number + "x" + i + ".py"); i++) {
            command.append(" src/billing/f")
                    .append(number)
                    .append('x')
                    .append(i)
                    .append(".py");
        }
        return Act.command(command.toString());
    }

    private static double residentMib() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
            }
        }
        throw new IOException("/proc/self/status: no VmRSS (expected: one)");
    }
}
