package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Printable;
import io.plumbline.watcher.PolicySimulation;
import io.plumbline.watcher.PolicySimulation.Comparison;
import io.plumbline.watcher.PolicySimulation.Outcome;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.judge.RulesJudge;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the watcher would have said of a session under another policy. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        description = {
            "Judge a recorded session again under another policy: which alerts, questions and freezes go, and which come.",
            "The session's telemetry is read from the log, and the shipped rules judge too; orders of people are left out. What comes after a freeze is what the session did."
        })
final class PolicySimulateCommand implements Callable<Integer> {
    private static final int SHOWN = 160;

    @Parameters(index = "0", paramLabel = "SESSION", description = "Id of the session, from plumbline sessions.")
    private String session;

    @Parameters(index = "1", paramLabel = "FILE", description = "Task policy, YAML.")
    private Path file;

    @Mixin
    private final PolicyAbove above = new PolicyAbove();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        TaskPolicy policy = above.task(file);
        List<Event> telemetry = RecordedTelemetry.ofLog(session);
        List<Judge> rules = List.of(RulesJudge.shipped());
        Outcome own = PolicySimulation.of(telemetry, Optional.empty(), rules);
        Outcome other = PolicySimulation.of(telemetry, Optional.of(policy), rules);
        Comparison comparison = Comparison.of(own, other);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode answer = new ObjectMapper()
                    .createObjectNode()
                    .put("session", session)
                    .put("policy", policy.getName())
                    .put("events", telemetry.size());
            answer.set("before", summary(own));
            answer.set("after", summary(other));
            comparison.gone().forEach(answer.putArray("alerts_gone")::add);
            comparison.fresh().forEach(answer.putArray("alerts_new")::add);
            out.println(answer);
        } else {
            out.println(telemetry.size() + " events of session " + session + " under " + policy.getName());
            Table table = new Table("", "BEFORE", "AFTER");
            table.row("alerts", count(own.alerts().size()), count(other.alerts().size()));
            table.row(
                    "questions",
                    count(own.questions().size()),
                    count(other.questions().size()));
            table.row("denied", count(own.denied().size()), count(other.denied().size()));
            table.row(
                    "frozen",
                    own.frozenBy().isPresent() ? "yes" : "no",
                    other.frozenBy().isPresent() ? "yes" : "no");
            table.row("risk", count(own.risk()), count(other.risk()));
            out.print(table);
            comparison.gone().forEach(alert -> out.println("gone  " + Printable.line(alert, SHOWN)));
            comparison.fresh().forEach(alert -> out.println("new   " + Printable.line(alert, SHOWN)));
        }
        out.flush();
        return ExitCodes.OK;
    }

    private static ObjectNode summary(Outcome outcome) {
        return new ObjectMapper()
                .createObjectNode()
                .put("alerts", outcome.alerts().size())
                .put("questions", outcome.questions().size())
                .put("denied", outcome.denied().size())
                .put("frozen_by", outcome.frozenBy().orElse(""))
                .put("risk", outcome.risk());
    }

    private static String count(int number) {
        return Integer.toString(number);
    }
}
