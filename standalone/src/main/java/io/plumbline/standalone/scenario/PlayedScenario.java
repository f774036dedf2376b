package io.plumbline.standalone.scenario;

import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.session.RealAgent;
import io.plumbline.standalone.session.ScriptedAgent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A scenario made ready to be played, with what its session needs while it runs: its agent's model, and where stolen goods go. */
public final class PlayedScenario implements AutoCloseable {
    private static final int MAX_SHOWN = 400;
    private static final int MAX_RESULT_BYTES = 1 << 20;

    private final ScenarioFile scenario;
    private final Path workspace;
    private final Collector collector;
    private final Optional<RealAgent> agent;
    private final boolean first;

    private PlayedScenario(
            ScenarioFile scenario, Path workspace, Collector collector, Optional<RealAgent> agent, boolean first) {
        this.first = first;
        this.scenario = scenario;
        this.workspace = workspace;
        this.collector = collector;
        this.agent = agent;
    }

    /**
     * Makes the workspace, and installs the agent unless it is there.
     *
     * @param workspaces folder of this machine in which the workspace is made; it stays
     * @throws IOException when the agent cannot be installed, or the workspace not be made
     */
    public static PlayedScenario prepare(ScenarioFile scenario, Layout layout, Path workspaces)
            throws IOException, InterruptedException {
        Path workspace = scenario.workspace().create(workspaces, scenario.name());
        Collector collector = Collector.start();
        try {
            return new PlayedScenario(
                    scenario, workspace, collector, agent(scenario, layout, workspace, collector), true);
        } catch (IOException | InterruptedException | RuntimeException e) {
            collector.close();
            throw e;
        }
    }

    /**
     * A later session in the same workspace, whose goods go to the same place. It is closed before this one is.
     *
     * @throws IOException when the agent cannot be installed
     */
    PlayedScenario followedBy(ScenarioFile next, Layout layout) throws IOException, InterruptedException {
        return new PlayedScenario(next, workspace, collector, agent(next, layout, workspace, collector), false);
    }

    private static Optional<RealAgent> agent(ScenarioFile scenario, Layout layout, Path workspace, Collector collector)
            throws IOException, InterruptedException {
        return scenario.isScripted()
                ? Optional.empty()
                : Optional.of(RealAgent.playing(
                        layout,
                        scenario.agent(),
                        onto(scenario.script(), collector),
                        port -> scenario.policy().yaml(port, collector.port()),
                        workspace));
    }

    /** The session to ask a sandbox host for. */
    public RunClient.Request request() {
        return agent.map(RealAgent::request)
                .orElseGet(() -> new RunClient.Request(
                        scenario.policy().yaml(collector.port()),
                        scenario.script().prompt(),
                        ScriptedAgent.NAME,
                        workspace,
                        ScriptedAgent.command(scenario.script(), scenario.conduct()).stream()
                                .map(collector::addressed)
                                .toList()));
    }

    private static Scenario onto(Scenario script, Collector collector) {
        return new Scenario(
                script.name(),
                script.prompt(),
                script.turns().stream()
                        .map(turn -> new Scenario.Turn(
                                turn.prompt(),
                                turn.thought(),
                                turn.say(),
                                turn.plan(),
                                turn.steps().stream()
                                        .map(step -> onto(step, collector))
                                        .toList(),
                                turn.delay()))
                        .toList());
    }

    private static Scenario.Step onto(Scenario.Step step, Collector collector) {
        return step instanceof Scenario.Step.Shell shell
                ? new Scenario.Step.Shell(collector.addressed(shell.command()), shell.reason(), shell.escalated())
                : step;
    }

    /** The session's workspace on this machine. */
    public Path workspace() {
        return workspace;
    }

    /**
     * What came of it.
     *
     * @param events of the session until it ended or was frozen
     * @param said what its agent printed
     */
    public ScenarioResult result(List<Event> events, String said) throws IOException {
        ScenarioResult result = scenario.judge(events).and(missingFiles());
        if (result.differences().isEmpty()) {
            return result;
        }
        String output = said.strip();
        return result.and(List.of("the agent said: " + output.substring(Math.max(0, output.length() - MAX_SHOWN))));
    }

    private List<String> missingFiles() throws IOException {
        List<String> missing = new ArrayList<>();
        for (Map.Entry<String, String> file : scenario.expected().files().entrySet()) {
            Path path = workspace.resolve(file.getKey());
            String content = "";
            if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                try (InputStream in = Files.newInputStream(path)) {
                    content = new String(in.readNBytes(MAX_RESULT_BYTES), StandardCharsets.UTF_8);
                }
            }
            if (!content.contains(file.getValue())) {
                missing.add(
                        "file " + file.getKey() + " without '" + file.getValue().strip() + "' (expected: with it)");
            }
        }
        return missing;
    }

    @Override
    public void close() {
        agent.ifPresent(RealAgent::close);
        if (first) {
            collector.close();
        }
    }
}
