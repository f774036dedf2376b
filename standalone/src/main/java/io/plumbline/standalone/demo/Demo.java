package io.plumbline.standalone.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Printable;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.cli.ConsoleApi;
import io.plumbline.standalone.scenario.PlayedScenario;
import io.plumbline.standalone.session.AgentInstaller;
import io.plumbline.standalone.session.EventFeed;
import io.plumbline.standalone.session.FollowedSession;
import io.plumbline.standalone.session.FreezeStages;
import io.plumbline.standalone.session.ScriptedAgent;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Runs the two sessions, tells what happens as it happens, and says whether it was what it should be. */
public final class Demo {
    private static final Duration SESSION_LIMIT = Duration.ofSeconds(120);

    private static final int MAX_LINE = 300;
    private static final int MAX_FAULT = 1_500;
    private static final String FALLBACK = "built-in scripted agent (fallback, not a real agent)";

    private final Layout layout;
    private final RunState running;
    private final PrintWriter out;
    private final String agent;
    private final String label;

    private Demo(Layout layout, RunState running, PrintWriter out, String agent, String label) {
        this.layout = layout;
        this.running = running;
        this.out = out;
        this.agent = agent;
        this.label = label;
    }

    /**
     * What became of the two sessions.
     *
     * @param fault why the outcome is not as stated; empty when it is
     */
    public record Outcome(
            String agent,
            String benignSession,
            String exfiltrationSession,
            Optional<Double> freezeMillis,
            Optional<String> fault) {
        /** The outcome as one JSON object. */
        public ObjectNode json() {
            ObjectNode json = new ObjectMapper()
                    .createObjectNode()
                    .put("agent", agent)
                    .put("benign_session", benignSession)
                    .put("exfiltration_session", exfiltrationSession)
                    .put("as_stated", fault.isEmpty());
            freezeMillis.ifPresent(millis -> json.put("kernel_event_to_frozen_ms", millis));
            ArrayNode faults = json.putArray("faults");
            fault.ifPresent(faults::add);
            return json;
        }
    }

    /** Waits, while the frozen session can be looked at, until it is ended or the thread is interrupted. */
    @FunctionalInterface
    public interface Intermission {
        void hold(FollowedSession frozen) throws InterruptedException;
    }

    /**
     * Installs the agent (or says why not and takes the fallback) and runs both sessions.
     *
     * @param agentName claude-code or codex
     * @param killAfterwards true: order the kill through the console's API as a person would; false: leave it to the person
     */
    public static Outcome run(
            Layout layout,
            RunState running,
            String agentName,
            PrintWriter out,
            boolean killAfterwards,
            Intermission intermission)
            throws IOException, InterruptedException {
        AgentInstaller installer = new AgentInstaller(layout);
        AgentInstaller.Known known = AgentInstaller.known(agentName);
        out.println("agent     " + known.name() + " " + known.version() + " from npm");
        out.flush();
        Optional<String> failure = installer.install(known);
        if (failure.isPresent()) {
            out.println("          " + failure.get());
            out.println("          using the built-in scripted agent instead: a fallback, not a real agent");
            out.flush();
        }
        Demo demo = failure.isPresent()
                ? new Demo(layout, running, out, ScriptedAgent.NAME, FALLBACK)
                : new Demo(layout, running, out, known.name(), known.name() + " " + known.version());
        return demo.play(killAfterwards, intermission);
    }

    private Outcome play(boolean killAfterwards, Intermission intermission) throws IOException, InterruptedException {
        try (EventFeed feed = EventFeed.follow(running.endpoint("broker"), this::tell);
                PlayedScenario benign = prepare(DemoScenario.BENIGN);
                FollowedSession honest = start(DemoScenario.BENIGN, benign, feed)) {
            String benignId = title(DemoScenario.BENIGN, honest);
            RunClient.Exit exit = honest.exit(SESSION_LIMIT);
            honest.awaitEvent(FollowedSession::isEnded, SESSION_LIMIT, "end");
            Optional<String> fault = fault(DemoScenario.BENIGN, benign, honest)
                    .or(() -> exit.code() == 0
                            ? Optional.empty()
                            : Optional.of("benign: the agent ended with " + exit.code() + " (expected: 0): "
                                    + exit.reason()));
            out.println(fault.map(what -> "  NOT AS STATED: " + what)
                    .orElse("  as stated: nothing frozen, no alert above low, the result is in " + benign.workspace()));
            out.flush();

            try (PlayedScenario bad = prepare(DemoScenario.EXFILTRATION);
                    FollowedSession other = start(DemoScenario.EXFILTRATION, bad, feed)) {
                String badId = title(DemoScenario.EXFILTRATION, other);
                Event frozen = other.awaitEvent(FollowedSession::isFrozen, SESSION_LIMIT, "freeze");
                Optional<Double> millis = FollowedSession.freezeMillis(frozen);
                out.println(millis.map(ms -> String.format(Locale.ROOT, "  frozen %.1f ms after the kernel event", ms))
                        .orElse("  frozen"));
                out.println("  "
                        + FreezeStages.of(frozen.getRuntimeState().getStages()).describe());
                out.flush();
                intermission.hold(other);
                if (killAfterwards) {
                    ConsoleApi.of(layout).order(badId, "kill", "demo: the key was read without need");
                    other.awaitEvent(FollowedSession::isEnded, SESSION_LIMIT, "kill");
                    out.println("  killed by order of a person");
                }
                Optional<String> badFault = fault(DemoScenario.EXFILTRATION, bad, other);
                if (killAfterwards) {
                    out.println(badFault.map(what -> "  NOT AS STATED: " + what)
                            .orElse("  as stated: frozen by the platform, killed by a person, the decoy never left"));
                }
                out.flush();
                return new Outcome(label, benignId, badId, millis, fault.or(() -> badFault));
            }
        }
    }

    private PlayedScenario prepare(DemoScenario scenario) throws IOException, InterruptedException {
        return PlayedScenario.prepare(
                scenario.scenario().playedBy(agent), layout, layout.home().resolve("demo"));
    }

    private FollowedSession start(DemoScenario scenario, PlayedScenario played, EventFeed feed) {
        return FollowedSession.start(
                "demo-" + scenario.word(), played.request(), feed, new RunClient(Path.of(running.endpoint("host"))));
    }

    private static Optional<String> fault(DemoScenario scenario, PlayedScenario played, FollowedSession session)
            throws IOException, InterruptedException {
        List<String> differences =
                played.result(session.events(), session.output()).differences();
        return differences.isEmpty()
                ? Optional.empty()
                : Optional.of(scenario.word() + ": " + Printable.line(String.join("; ", differences), MAX_FAULT));
    }

    private String title(DemoScenario scenario, FollowedSession session) throws InterruptedException {
        String id = session.id(SESSION_LIMIT);
        out.println();
        out.println(scenario.word() + "  session " + id + "  (" + label + ")");
        out.flush();
        return id;
    }

    /** One line for each verdict that says something. */
    private void tell(Event event) {
        String line =
                switch (event.getPayloadCase()) {
                    case GATE_ANSWERED ->
                        "gate    " + event.getGateAnswered().getDecision() + " "
                                + event.getGateAnswered().getCall() + " "
                                + event.getGateAnswered().getReason();
                    case EGRESS_ANSWERED ->
                        event.getEgressAnswered().getAllowed()
                                ? ""
                                : "egress  refused: "
                                        + event.getEgressAnswered().getReason();
                    case ALERT_RAISED -> alert(event.getAlertRaised());
                    case FREEZE_ORDERED -> "FREEZE  " + event.getFreezeOrdered().getReason();
                    case THAW_ORDERED -> "thaw    " + event.getThawOrdered().getReason();
                    case KILL_ORDERED -> "KILL    " + event.getKillOrdered().getReason();
                    default -> "";
                };
        if (!line.isEmpty()) {
            out.println("  " + Printable.line(line, MAX_LINE));
            out.flush();
        }
    }

    private static String alert(AlertRaised alert) {
        return "alert   " + alert.getSeverity() + " " + alert.getKind() + ": " + alert.getSeen() + " (risk "
                + alert.getRisk() + ")";
    }
}
