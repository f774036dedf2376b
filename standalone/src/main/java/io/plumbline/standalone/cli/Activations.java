package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.plumbline.events.EventIds;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.activation.ActivationException;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Printable;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code plumbline rules} and {@code plumbline model} have in common: put something in force, see what is, take it back. */
final class Activations {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Activations() {}

    /**
     * What is to be activated.
     *
     * @param content empty for what came with the watch job
     */
    record Content(String name, String version, byte[] content) {}

    /** {@code activate}; the content is checked here before anything is sent. */
    abstract static class Activate implements Callable<Integer> {
        @Option(names = "--shadow", description = "Only count what it would find, beside what judges now.")
        private boolean shadow;

        @Option(names = "--reason", required = true, description = "Why; kept with the order.")
        private String reason;

        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        private final String subject;

        Activate(String subject) {
            this.subject = subject;
        }

        /** @throws CommandException when it does not load, with where and why */
        abstract Content content();

        @Override
        public Integer call() throws InterruptedException {
            Content content = content();
            ObjectNode body = JSON.createObjectNode()
                    .put("action", shadow ? "shadow" : "activate")
                    .put("name", content.name())
                    .put("version", content.version())
                    .put("size", content.content().length)
                    .put("reason", reason);
            if (content.content().length > 0) {
                try {
                    ByteString compressed = ActivationContent.compress(content.content());
                    body.put("content", Base64.getEncoder().encodeToString(compressed.toByteArray()))
                            .put("sha256", EventIds.sha256Hex(content.content()));
                } catch (ActivationException e) {
                    throw new CommandException(subject + " " + content.name() + ": " + e.getMessage(), ExitCodes.USAGE);
                }
            }
            return ordered(spec, subject, body, json);
        }
    }

    /** {@code rollback}. */
    abstract static class Rollback implements Callable<Integer> {
        @Option(names = "--reason", required = true, description = "Why; kept with the order.")
        private String reason;

        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        private final String subject;

        Rollback(String subject) {
            this.subject = subject;
        }

        @Override
        public Integer call() throws InterruptedException {
            return ordered(
                    spec,
                    subject,
                    JSON.createObjectNode().put("action", "roll_back").put("reason", reason),
                    json);
        }
    }

    /** {@code active}. */
    abstract static class Active implements Callable<Integer> {
        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        private final String subject;

        Active(String subject) {
            this.subject = subject;
        }

        @Override
        public Integer call() {
            JsonNode state = ConsoleApi.of(Layout.current()).activations(subject, "");
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(state);
            } else {
                print(out, state);
            }
            out.flush();
            return ExitCodes.OK;
        }

        private void print(PrintWriter out, JsonNode state) {
            JsonNode newest = state.path("answers").path(0);
            if (newest.isMissingNode()) {
                out.println("nothing was activated; the watch job has what it was started with");
                return;
            }
            line(out, "in force", newest.path("in_force"));
            line(out, "before", newest.path("before"));
            line(out, "shadow", newest.path("shadow"));
            if (!newest.path("accepted").asBoolean()) {
                out.println("refused   " + Printable.line(newest.path("name").asText(), 60) + ": "
                        + Printable.line(newest.path("reason").asText(), 400));
            }
            state.path("shadow").forEach(task -> {
                out.printf(
                        "task %d: %d events, %d alike%n",
                        task.path("task").asInt(),
                        task.path("events").asLong(),
                        task.path("agreed").asLong());
                task.path("hits")
                        .forEach(hit -> out.printf(
                                "  +%d -%d =%d  %s%n",
                                hit.path("gained").asLong(),
                                hit.path("lost").asLong(),
                                hit.path("both").asLong(),
                                Printable.line(hit.path("rule").asText(), 80)));
            });
        }

        private static void line(PrintWriter out, String what, JsonNode set) {
            if (set.isMissingNode()) {
                return;
            }
            out.println(String.format("%-9s ", what)
                    + Printable.line(set.path("name").asText(), 60) + " "
                    + Printable.line(set.path("version").asText(), 60)
                    + (set.has("rules") ? ", " + set.path("rules").asLong() + " rules" : "")
                    + (set.has("activated_by")
                            ? ", by " + Printable.line(set.path("activated_by").asText(), 40) + " "
                                    + set.path("since").asText() + ": "
                                    + Printable.line(set.path("reason").asText(), 120)
                            : ""));
        }
    }

    private static int ordered(CommandSpec spec, String subject, ObjectNode body, boolean json)
            throws InterruptedException {
        ConsoleApi api = ConsoleApi.of(Layout.current());
        String order = api.activate(subject, body).path("event").asText();
        JsonNode answer = answer(api, subject, order);
        if (!answer.path("accepted").asBoolean()) {
            throw new CommandException("activation of " + subject + " was refused: "
                    + Printable.line(answer.path("reason").asText(), 400));
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(answer);
        } else {
            JsonNode now = answer.path(answer.path("action").asText().equals("shadow") ? "shadow" : "in_force");
            out.println(subject + " "
                    + (answer.path("action").asText().equals("shadow") ? "in the shadow: " : "in force: ")
                    + Printable.line(now.path("name").asText("none"), 60) + " "
                    + Printable.line(now.path("version").asText(), 60));
        }
        out.flush();
        return ExitCodes.OK;
    }

    private static JsonNode answer(ConsoleApi api, String subject, String order) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            JsonNode answer = api.activations(subject, order).path("answers").path(0);
            if (!answer.isMissingNode()) {
                return answer;
            }
            Thread.sleep(Duration.ofMillis(200));
        }
        throw new CommandException("activation " + order + " was ordered but not answered in " + PATIENCE.toSeconds()
                + " s (see plumbline " + subject + " active)");
    }
}
