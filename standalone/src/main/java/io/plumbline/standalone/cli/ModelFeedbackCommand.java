package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.IntentScore;
import io.plumbline.intent.corpus.Feedback;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.SessionLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What people said of the model's alerts, for the next training. */
@Command(
        name = "feedback",
        mixinStandardHelpOptions = true,
        description = "Turn verdicts of triage into training records.",
        subcommands = ModelFeedbackCommand.Export.class)
final class ModelFeedbackCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }

    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description = {
                "Write a record for each alert of the intent model that has a verdict.",
                "Somebody else than the author of the verdict then reads each record and puts a name into its reviewed_by, or deletes the"
                        + " line; plumbline model train --feedback takes no others."
            })
    static final class Export implements Callable<Integer> {
        @Option(
                names = "--out",
                paramLabel = "FILE",
                required = true,
                description = "JSON, one record a line; the file must not exist.")
        private Path out;

        @Option(
                names = "--from",
                paramLabel = "TIME",
                description = "Alerts since then, for example 2026-11-01T00:00:00Z.")
        private @Nullable Instant from;

        @Option(names = "--until", paramLabel = "TIME", description = "Alerts before then.")
        private @Nullable Instant until;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            RunState running = RunState.read(Layout.current().runState())
                    .filter(RunState::alive)
                    .orElseThrow(() ->
                            new CommandException("nothing is running (expected: plumbline up)", ExitCodes.NOT_RUNNING));
            ConsoleApi api = ConsoleApi.of(Layout.current());
            List<String> lines = new ArrayList<>();
            int alerts = 0;
            for (Event alert : SessionLog.scoredAlerts(running.endpoint("broker"))) {
                if (!isWanted(alert)) {
                    continue;
                }
                alerts++;
                record(alert, api.cause(alert.getId()))
                        .map(ObjectNode::toString)
                        .ifPresent(lines::add);
            }
            write(lines);
            PrintWriter printer = spec.commandLine().getOut();
            printer.println(lines.size() + " records of " + alerts + " alerts in " + out
                    + "; review each and fill in reviewed_by, then plumbline model train --feedback " + out);
            printer.flush();
            return ExitCodes.OK;
        }

        private boolean isWanted(Event alert) {
            Instant raised = raised(alert);
            return (from == null || !raised.isBefore(from)) && (until == null || raised.isBefore(until));
        }

        private void write(List<String> lines) {
            try {
                Files.write(out, lines, StandardOpenOption.CREATE_NEW);
            } catch (FileAlreadyExistsException e) {
                throw new CommandException(out + " exists (expected: a new file)", ExitCodes.USAGE);
            } catch (IOException e) {
                throw new CommandException(out + " cannot be written: " + e);
            }
        }
    }

    private static Instant raised(Event alert) {
        return Instant.ofEpochSecond(0, alert.getEventTimeNs());
    }

    /**
     * The record of an alert.
     *
     * @param cause as the console answers: the decisions that were accepted, oldest first
     * @return empty when nobody gave a verdict on it, the verdict says nothing about the act, the act had no score, is a plan's item, or was
     *     cut
     */
    static Optional<ObjectNode> record(Event event, JsonNode cause) {
        AlertRaised alert = event.getAlertRaised();
        IntentScore score = alert.getIntentScore();
        boolean whole = !score.getAct().endsWith("…") && !score.getTask().endsWith("…");
        if (alert.getActKind().isEmpty() || !score.getNotScored().isEmpty() || !whole) {
            return Optional.empty();
        }
        JsonNode decided = null;
        for (JsonNode decision : cause.path("history")) {
            String word = decision.path("word").asText();
            boolean covers = !Instant.parse(decision.path("at").asText()).isBefore(raised(event));
            if (word.equals("reopened") || covers && word.equals("duplicate")) {
                // The newest verdict counts, and this one says nothing about the act.
                decided = null;
            } else if (covers && Feedback.saysSomething(word)) {
                decided = decision;
            }
        }
        if (decided == null) {
            return Optional.empty();
        }
        String verdict = decided.path("word").asText();
        return Optional.of(new ObjectMapper()
                .createObjectNode()
                .put("format", Feedback.FORMAT)
                .put("alert", event.getId())
                .put("tenant", event.getTenant())
                .put("session", event.getSession())
                .put("raised_at", raised(event).toString())
                .put("task", score.getTask())
                .put("kind", alert.getActKind())
                .put("act", score.getAct())
                .put("serves", Feedback.serves(verdict))
                .put("verdict", verdict)
                .put("reason_code", decided.path("reason_code").asText())
                .put("note", decided.path("note").asText())
                .put("noted_by", decided.path("by").asText())
                .put("noted_at", decided.path("at").asText())
                .put("model_version", score.getModelVersion())
                .put("risk", score.getRisk())
                .put("floor", score.getFloor())
                .put("band", score.getBand())
                .put("reviewed_by", ""));
    }
}
