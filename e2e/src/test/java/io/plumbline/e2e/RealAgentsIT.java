package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.demo.DemoScenario;
import io.plumbline.standalone.scenario.ScenarioFile;
import io.plumbline.standalone.session.RealAgent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Unmodified agents at pinned versions from npm, each on one scripted session in a real sandbox. Needs root, runsc and npm. */
class RealAgentsIT {
    private static @Nullable Layout layout;
    private static @Nullable WatchedHost host;

    @BeforeAll
    static void openHost() throws Exception {
        Path root = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
        Layout made =
                new Layout(root, Objects.requireNonNull(Platform.tools(root).getParent()));
        Files.createDirectories(made.log("npm").getParent());
        layout = made;
        host = WatchedHost.open(made);
    }

    @AfterAll
    static void closeHost() throws Exception {
        if (host != null) {
            host.close();
        }
    }

    static List<String> agents() {
        return RealAgent.names();
    }

    @ParameterizedTest
    @MethodSource("agents")
    void announcesItsCallsAndIsAnswered(String agent) throws Exception {
        WatchedHost opened = Objects.requireNonNull(host);
        ScenarioFile scenario = DemoScenario.BENIGN.scenario();
        try (RealAgent real = RealAgent.playing(
                Objects.requireNonNull(layout),
                agent,
                scenario.script(),
                port -> scenario.policy().yaml(port, 1),
                scenario.workspace().create(opened.folder("w"), agent))) {
            WatchedHost.Lived session = opened.run(real.request());
            List<AlertRaised> alerts = all(session, Event::hasAlertRaised, Event::getAlertRaised);
            String told = agent + " ended with " + session.code() + " (" + session.reason() + "), alerts "
                    + alerts.stream().map(AlertRaised::getSeen).toList() + ":\n" + session.output() + "\n"
                    + describe(session.events());

            assertThat(session.code()).as(told).isZero();
            assertThat(Files.readString(real.request().workspace().resolve("greeting.sh")))
                    .as(told)
                    .contains("Hello");

            List<ToolCall> calls = all(session, Event::hasToolCall, Event::getToolCall);
            assertThat(calls).as(told).isNotEmpty().allMatch(ToolCall::getGated);
            assertThat(calls)
                    .as(told)
                    .extracting(ToolCall::getCall)
                    .doesNotContain("")
                    .doesNotHaveDuplicates();
            assertThat(calls).as(told).extracting(ToolCall::getContradicts).containsOnly("");
            assertThat(calls).as(told).extracting(ToolCall::getCommand).contains("cat README.md", "sh ./test.sh");

            List<GateAnswered> answers = all(session, Event::hasGateAnswered, Event::getGateAnswered);
            assertThat(answers).as(told).hasSameSizeAs(calls);
            assertThat(answers).as(told).extracting(GateAnswered::getDecision).containsOnly(GateDecision.ALLOW);

            assertThat(all(session, Event::hasToolResult, Event::getToolResult))
                    .as(told)
                    .extracting(ToolResult::getCall)
                    .containsAll(calls.stream().map(ToolCall::getCall).toList());
            assertThat(alerts)
                    .as(told)
                    .filteredOn(alert -> alert.getSeverity().getNumber() > Severity.LOW.getNumber())
                    .extracting(AlertRaised::getSeen)
                    .isEmpty();
        }
    }

    private static <T> List<T> all(WatchedHost.Lived session, Predicate<Event> is, Function<Event, T> payload) {
        return session.events().stream().filter(is).map(payload).toList();
    }

    /** What explains a failure: the claims, the programs and the alerts, one a line. */
    private static String describe(List<Event> events) {
        StringBuilder text = new StringBuilder();
        for (Event event : events) {
            switch (event.getPayloadCase()) {
                case TOOL_CALL ->
                    text.append("call ")
                            .append(event.getToolCall().getSource())
                            .append(' ')
                            .append(event.getToolCall().getCall())
                            .append(' ')
                            .append(event.getToolCall().getCommand())
                            .append('\n');
                case TOOL_RESULT ->
                    text.append("result ")
                            .append(event.getToolResult().getSource())
                            .append(' ')
                            .append(event.getToolResult().getCall())
                            .append('\n');
                case PROCESS_STARTED ->
                    text.append("exec ").append(line(event.getProcessStarted())).append('\n');
                case ALERT_RAISED ->
                    text.append("ALERT ")
                            .append(event.getAlertRaised().getSeverity())
                            .append(' ')
                            .append(event.getAlertRaised().getSeen())
                            .append('\n');
                default -> {}
            }
        }
        Map<Event.PayloadCase, Long> counts =
                events.stream().collect(Collectors.groupingBy(Event::getPayloadCase, Collectors.counting()));
        return text.append(counts).toString();
    }

    private static String line(ProcessStarted start) {
        String line = start.getBinary() + " " + start.getArgvList();
        return line.length() > 600 ? line.substring(0, 600) : line;
    }
}
