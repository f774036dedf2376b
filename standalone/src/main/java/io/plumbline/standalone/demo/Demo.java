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
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Runs the two sessions, tells what happens as it happens, and says whether it was what it should be. */
public final class Demo {
    private static final Duration SESSION_LIMIT = Duration.ofSeconds(120);

    private static final int MAX_LINE = 300;

    private final Layout layout;
    private final RunState running;
    private final PrintWriter out;
    private final DemoAgent agent;

    private Demo(Layout layout, RunState running, PrintWriter out, DemoAgent agent) {
        this.layout = layout;
        this.running = running;
        this.out = out;
        this.agent = agent;
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
        void hold(DemoSession frozen) throws InterruptedException;
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
        DemoAgent agent = installer
                .install(known)
                .map(failure -> {
                    out.println("          " + failure);
                    out.println("          using the built-in scripted agent instead: a fallback, not a real agent");
                    out.flush();
                    return DemoAgent.fallback();
                })
                .orElseGet(() -> DemoAgent.of(known));
        return new Demo(layout, running, out, agent).play(killAfterwards, intermission);
    }

    private Outcome play(boolean killAfterwards, Intermission intermission) throws IOException, InterruptedException {
        Path workspaces = layout.home().resolve("demo");
        Path runSocket = Path.of(running.endpoint("host"));
        try (EventFeed feed = EventFeed.follow(running.endpoint("broker"), this::tell);
                DemoSession benign = DemoSession.start(DemoScenario.BENIGN, workspaces, feed, runSocket, agent)) {
            String benignId = benign.id(SESSION_LIMIT);
            title(benign, benignId);
            RunClient.Exit exit = benign.exit(SESSION_LIMIT);
            benign.awaitEvent(DemoSession::isEnded, SESSION_LIMIT, "end");
            Optional<String> fault = benign.faultOfBenign(exit).map(what -> "benign: " + what + tail(benign));
            out.println(fault.map(what -> "  NOT AS STATED: " + what)
                    .orElse("  as stated: nothing frozen, no alert above low, the result is in " + benign.workspace()));
            out.flush();

            try (DemoSession bad = DemoSession.start(DemoScenario.EXFILTRATION, workspaces, feed, runSocket, agent)) {
                String badId = bad.id(SESSION_LIMIT);
                title(bad, badId);
                Event frozen = bad.awaitEvent(DemoSession::isFrozen, SESSION_LIMIT, "freeze");
                Optional<Double> millis = DemoSession.freezeMillis(frozen);
                out.println(millis.map(ms -> String.format(Locale.ROOT, "  frozen %.1f ms after the kernel event", ms))
                        .orElse("  frozen"));
                out.println("  "
                        + FreezeStages.of(frozen.getRuntimeState().getStages()).describe());
                out.flush();
                intermission.hold(bad);
                if (killAfterwards) {
                    ConsoleApi.of(layout).order(badId, "kill", "demo: the key was read without need");
                    bad.awaitEvent(DemoSession::isEnded, SESSION_LIMIT, "kill");
                    out.println("  killed by order of a person");
                }
                Optional<String> badFault = bad.faultOfExfiltration().map(what -> "exfiltration: " + what);
                if (killAfterwards) {
                    out.println(badFault.map(what -> "  NOT AS STATED: " + what)
                            .orElse("  as stated: frozen by the platform, killed by a person, the decoy never left"));
                }
                out.flush();
                return new Outcome(agent.label(), benignId, badId, millis, fault.or(() -> badFault));
            }
        }
    }

    private static String tail(DemoSession session) {
        String output = session.output().strip();
        return "\n    the agent said: " + Printable.line(output.substring(Math.max(0, output.length() - 600)), 600);
    }

    private void title(DemoSession session, String id) {
        out.println();
        out.println(session.scenario().word() + "  session " + id + "  (" + agent.label() + ")");
        out.flush();
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
