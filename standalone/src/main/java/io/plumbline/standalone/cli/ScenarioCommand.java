package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.yaml.YamlException;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Printable;
import io.plumbline.standalone.ProcessTree;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.scenario.ScenarioFile;
import io.plumbline.standalone.scenario.ScenarioReader;
import io.plumbline.standalone.scenario.ScenarioReplay;
import io.plumbline.standalone.scenario.ScenarioReport;
import io.plumbline.standalone.scenario.ScenarioResult;
import io.plumbline.standalone.scenario.ScenarioRunner;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Rehearses attacks and working days. */
@Command(
        name = "scenario",
        mixinStandardHelpOptions = true,
        description = {
            "Play scripted sessions, attacks and honest work, and hold what came of them against what was expected.",
            "Exit code 1 when something came otherwise."
        },
        subcommands = {ScenarioCommand.Run.class, ScenarioCommand.Replay.class, ScenarioCommand.Schema.class})
final class ScenarioCommand {
    /** Folders hold them beside other things. */
    private static final List<String> SUFFIXES = List.of(".yaml", ".yml");

    private static final int MAX_SCENARIOS = 2_000;
    private static final int MAX_FILE_BYTES = 1 << 20;
    private static final int SHOWN = 2_000;

    /** What both ways take and print. */
    static final class Common {
        @Parameters(
                paramLabel = "PATH",
                arity = "1..*",
                description = "Scenario files, or folders in which every .yaml file is one.")
        private List<Path> paths = List.of();

        @Option(names = "--json", description = "Print one JSON object a scenario, and one for all of them.")
        private boolean json;

        List<ScenarioFile> scenarios() {
            Map<String, Path> names = new TreeMap<>();
            List<ScenarioFile> scenarios = new ArrayList<>();
            for (Path path : files()) {
                ScenarioFile scenario = read(path);
                for (ScenarioFile session : scenario.sessions()) {
                    Path other = names.putIfAbsent(session.name(), path);
                    if (other != null) {
                        throw new CommandException(
                                path + ": name: '" + session.name() + "' (expected: one that " + other + " has not)",
                                ExitCodes.USAGE);
                    }
                }
                scenarios.add(scenario);
            }
            return scenarios;
        }

        private List<Path> files() {
            List<Path> files = new ArrayList<>();
            for (Path path : paths) {
                if (!Files.isDirectory(path)) {
                    files.add(path);
                    continue;
                }
                try (Stream<Path> found = Files.walk(path, 4)) {
                    found.filter(file -> SUFFIXES.stream().anyMatch(file.toString()::endsWith))
                            .sorted()
                            .limit(MAX_SCENARIOS + 1L)
                            .forEach(files::add);
                } catch (IOException e) {
                    throw new CommandException(path + ": " + e + " (expected: a folder of scenarios)", ExitCodes.USAGE);
                }
            }
            if (files.isEmpty() || files.size() > MAX_SCENARIOS) {
                throw new CommandException(
                        paths + ": " + files.size() + " scenarios (expected: 1 to " + MAX_SCENARIOS + ")",
                        ExitCodes.USAGE);
            }
            return files;
        }

        private static ScenarioFile read(Path path) {
            try {
                if (Files.size(path) > MAX_FILE_BYTES) {
                    throw new CommandException(
                            path + ": " + Files.size(path) + " bytes (expected: <= " + MAX_FILE_BYTES + ")",
                            ExitCodes.USAGE);
                }
                return ScenarioReader.read(path.toString(), Files.readString(path));
            } catch (YamlException e) {
                throw new CommandException(e.line(), ExitCodes.USAGE);
            } catch (IOException e) {
                throw new CommandException(path + " (expected: a readable file)", ExitCodes.USAGE);
            }
        }

        void show(PrintWriter out, ScenarioResult result) {
            if (json) {
                out.println(result.json());
            } else {
                out.printf(
                        Locale.ROOT,
                        "%-36s %-11s %-8s %-8s %s%n",
                        result.scenario().name(),
                        result.scenario().agent(),
                        result.observed().outcome().word(),
                        result.scenario().expected().outcome().word(),
                        result.observed()
                                        .freezeMillis()
                                        .map(millis -> String.format(Locale.ROOT, "%.1f ms", millis))
                                        .orElse("")
                                + (result.scenario().expected().missed().isEmpty() ? "" : "missed"));
                result.differences().forEach(difference -> out.println("    " + Printable.line(difference, SHOWN)));
                if (!result.differences().isEmpty()) {
                    result.alerts().forEach(alert -> out.println("      alert: " + alert));
                }
            }
            out.flush();
        }

        void head(PrintWriter out) {
            if (!json) {
                out.printf("%-36s %-11s %-8s %-8s %s%n", "SCENARIO", "AGENT", "OUTCOME", "EXPECTED", "DETECTED IN");
            }
        }

        int conclude(PrintWriter out, List<ScenarioResult> results) {
            ScenarioReport report = ScenarioReport.of(results);
            ObjectNode totals = report.json();
            out.println(json ? totals : report.describe());
            out.flush();
            return report.asExpected() ? ExitCodes.OK : ExitCodes.FAILED;
        }
    }

    /** In real sandboxes. */
    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = {
                "Play each scenario in a real sandbox on the running process tree, one after another.",
                "Starts the process tree when none runs, and stops it afterwards then. Questions to people are answered with no."
            })
    static final class Run implements Callable<Integer> {
        @Mixin
        private final Common common = new Common();

        @Option(names = "--record", paramLabel = "DIR", description = "Keep each session's telemetry here, for replay.")
        private @Nullable Path record;

        @Option(
                names = "--agent",
                paramLabel = "NAME",
                description = "Play them by this agent instead: scripted, claude-code, codex, gemini, qwen, opencode.")
        private @Nullable String agent;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws InterruptedException {
            PrintWriter out = spec.commandLine().getOut();
            PrintWriter progress = spec.commandLine().getErr();
            List<ScenarioFile> scenarios =
                    common.scenarios().stream().map(this::played).toList();
            Layout layout = Layout.current();
            layout.create();
            boolean ours =
                    RunState.read(layout.runState()).filter(RunState::alive).isEmpty();
            Thread stop = new Thread(() -> stop(layout));
            if (ours) {
                Runtime.getRuntime().addShutdownHook(stop);
            }
            RunState running = ProcessTree.start(layout, 0, 0, progress);
            ScenarioRunner runner = new ScenarioRunner(layout, running, Optional.ofNullable(record));
            List<ScenarioResult> results = new ArrayList<>();
            common.head(out);
            for (ScenarioFile scenario : scenarios) {
                try {
                    ScenarioResult result = runner.run(scenario);
                    results.add(result);
                    common.show(out, result);
                } catch (IOException e) {
                    throw new CommandException("scenario " + scenario.name() + ": " + e.getMessage());
                }
            }
            return common.conclude(out, results);
        }

        private ScenarioFile played(ScenarioFile scenario) {
            try {
                return agent == null ? scenario : scenario.playedBy(agent);
            } catch (IllegalArgumentException e) {
                throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
            }
        }

        private static void stop(Layout layout) {
            try {
                ProcessTree.stop(layout);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** By their recordings. */
    @Command(
            name = "replay",
            mixinStandardHelpOptions = true,
            description = {
                "Judge recorded scenarios again: what the watcher and the shipped rules say of the same telemetry now.",
                "Nothing has to run. What comes after a freeze is what the session did."
            })
    static final class Replay implements Callable<Integer> {
        @Mixin
        private final Common common = new Common();

        @Option(
                names = "--recordings",
                paramLabel = "DIR",
                defaultValue = "e2e/recordings",
                description = "Folder that run --record wrote (default: ${DEFAULT-VALUE}).")
        private Path recordings;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            ScenarioReplay replay = new ScenarioReplay(recordings);
            List<ScenarioResult> results = new ArrayList<>();
            List<ScenarioFile> scenarios = common.scenarios();
            common.head(out);
            for (ScenarioFile scenario : scenarios) {
                ScenarioResult result = replay.replay(scenario);
                results.add(result);
                common.show(out, result);
            }
            return common.conclude(out, results);
        }
    }

    /** For editors. */
    @Command(name = "schema", mixinStandardHelpOptions = true, description = "Print the JSON Schema of scenario files.")
    static final class Schema implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            spec.commandLine().getOut().print(ScenarioReader.schema());
            spec.commandLine().getOut().flush();
            return ExitCodes.OK;
        }
    }
}
