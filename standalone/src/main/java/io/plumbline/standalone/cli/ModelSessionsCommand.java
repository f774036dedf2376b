package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.Event;
import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.Score;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.scenario.Recording;
import io.plumbline.standalone.scenario.ScenarioFile;
import io.plumbline.standalone.scenario.ScenarioReader;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.judge.IntentJudge;
import io.plumbline.watcher.state.SessionState;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Recorded scenarios as sessions that a model can be measured on. */
@Command(
        name = "sessions",
        mixinStandardHelpOptions = true,
        description =
                "Write the acts of recorded scenarios, as the watch job would score them, for plumbline model evaluate --sessions.")
final class ModelSessionsCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "SCENARIOS", description = "Folders of scenario files.")
    private List<Path> scenarios;

    @Option(
            names = "--recordings",
            paramLabel = "DIR",
            required = true,
            description = "What scenario run --record left.")
    private Path recordings;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "One file a session goes there.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        int sessions = 0;
        int acts = 0;
        try {
            Files.createDirectories(out);
            for (Path folder : scenarios) {
                for (ScenarioFile scenario : read(folder).stream()
                        .flatMap(file -> file.sessions().stream())
                        .toList()) {
                    Path recording = Recording.file(recordings, scenario.name());
                    if (Files.isRegularFile(recording)) {
                        List<String> lines = acts(scenario, Recording.read(recording, scenario.name()));
                        Files.write(out.resolve(scenario.name() + ".jsonl"), lines);
                        sessions++;
                        acts += lines.size();
                    }
                }
            }
        } catch (IOException e) {
            throw new CommandException("sessions: " + e + " (expected: readable folders)", ExitCodes.USAGE);
        }
        PrintWriter printer = spec.commandLine().getOut();
        printer.println(acts + " acts of " + sessions + " sessions in " + out);
        printer.flush();
        return ExitCodes.OK;
    }

    private static List<ScenarioFile> read(Path folder) throws IOException {
        List<ScenarioFile> read = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                read.add(ScenarioReader.read(file.toString(), Files.readString(file)));
            }
        }
        return read;
    }

    /** What a model is asked about in a session, one JSON line an act. */
    static List<String> acts(ScenarioFile scenario, List<Event> telemetry) {
        List<String> lines = new ArrayList<>();
        IntentJudge asked = new IntentJudge(
                (intent, act) -> {
                    lines.add(line(scenario, intent, act).toString());
                    return new Score.Scored(0, 0, 0, Score.Band.SERVES, List.of(), "none");
                },
                "none");
        Watcher watcher = new Watcher(List.of(asked));
        SessionState state = SessionState.empty();
        telemetry.forEach(event -> watcher.onEvent(state, event));
        return lines;
    }

    private static ObjectNode line(ScenarioFile scenario, Intent intent, Act act) {
        ObjectNode line = new ObjectMapper()
                .createObjectNode()
                .put("session", scenario.name())
                .put("agent", scenario.agent())
                .put("honest", !scenario.isAttack())
                .put("task", intent.task())
                .put("plan", intent.planItem())
                .put("reason", intent.reason())
                .put("kind", act.kind().name().toLowerCase(Locale.ROOT))
                .put("act", act.text());
        intent.scope().folders().forEach(line.putArray("folders")::add);
        intent.scope().hosts().forEach(line.putArray("hosts")::add);
        return line;
    }
}
