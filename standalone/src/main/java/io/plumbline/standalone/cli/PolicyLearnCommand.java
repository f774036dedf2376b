package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels.Level;
import io.plumbline.events.v1.Event;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Printable;
import io.plumbline.watcher.PolicySimulation;
import io.plumbline.watcher.PolicySimulation.Comparison;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.learning.Evidence;
import io.plumbline.watcher.learning.PolicyLearning;
import io.plumbline.watcher.learning.Proposal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A least-privilege policy proposed from recorded sessions. */
@Command(
        name = "learn",
        mixinStandardHelpOptions = true,
        description = {
            "Propose a least-privilege policy from recorded sessions, and judge them again under it.",
            "Prints YAML with the evidence of each line; then what of today's alerts would still fire and what would newly be asked or refused.",
            "What raised an alert is learned only when --include names the deviation; credentials and other named scopes never are.",
            "To accept it: read it, write it with --write, then plumbline policy lint, policy diff, policy sign, and plumbline run --policy."
        })
final class PolicyLearnCommand implements Callable<Integer> {
    private static final int SHOWN = 160;

    @Parameters(
            arity = "0..*",
            paramLabel = "SESSION",
            description = "Ids of sessions; all of the folder when --from is given and none is named.")
    private List<String> sessions = List.of();

    @Option(
            names = "--from",
            paramLabel = "DIR",
            description = "Read the sessions that scenario run --record left there instead of the log.")
    private @Nullable Path from;

    @Option(names = "--above", paramLabel = "FILE", description = "The organisation's policy that it must not widen.")
    private @Nullable Path above;

    @Option(names = "--name", defaultValue = "learned", description = "Of the policy (default: ${DEFAULT-VALUE}).")
    private String name;

    @Option(
            names = "--include",
            paramLabel = "DEVIATION",
            description = "A deviation that was right, from plumbline alerts --json; may be repeated.")
    private List<String> included = List.of();

    @Option(names = "--write", paramLabel = "FILE", description = "Write the YAML there; the file must not exist.")
    private @Nullable Path target;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        SortedMap<String, List<Event>> telemetry = telemetry();
        List<Judge> rules = List.of(RulesJudge.shipped());
        Proposal proposal = proposal(telemetry, rules);
        SortedMap<String, Comparison> compared = new TreeMap<>();
        telemetry.forEach((session, events) -> compared.put(
                session,
                Comparison.of(
                        PolicySimulation.of(events, Optional.empty(), rules),
                        PolicySimulation.of(events, Optional.of(proposal.policy()), rules))));
        if (target != null) {
            write(target, proposal.yaml());
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(answer(proposal, compared));
        } else {
            out.print(proposal.yaml());
            out.println();
            compared.forEach((session, comparison) -> print(out, session, comparison));
        }
        out.flush();
        return ExitCodes.OK;
    }

    private SortedMap<String, List<Event>> telemetry() {
        SortedMap<String, List<Event>> telemetry = new TreeMap<>();
        if (from != null) {
            telemetry.putAll(RecordedTelemetry.ofFolder(from));
            if (!sessions.isEmpty()) {
                telemetry.keySet().retainAll(Set.copyOf(sessions));
            }
        } else {
            sessions.forEach(session -> telemetry.put(session, RecordedTelemetry.ofLog(session)));
        }
        List<String> missing = sessions.stream()
                .filter(session -> !telemetry.containsKey(session))
                .toList();
        if (!missing.isEmpty() || telemetry.isEmpty()) {
            throw new CommandException(
                    (missing.isEmpty() ? "no sessions" : "sessions " + missing + " not found")
                            + " (expected: ids of recorded sessions, or --from DIR)",
                    ExitCodes.NOT_FOUND);
        }
        return telemetry;
    }

    private Proposal proposal(SortedMap<String, List<Event>> telemetry, List<Judge> rules) {
        Optional<Level> level =
                Optional.ofNullable(above).map(file -> new Level(file.toString(), PolicyFiles.read(file)));
        try {
            return PolicyLearning.of(telemetry, level, name, rules, Set.copyOf(included));
        } catch (PolicyException | IllegalArgumentException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
    }

    private static void write(Path file, String yaml) {
        try {
            Files.writeString(file, yaml, StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            throw new CommandException(file + " exists (expected: a new file)", ExitCodes.USAGE);
        } catch (IOException e) {
            throw new CommandException(file + " cannot be written: " + e.getMessage());
        }
    }

    private static void print(PrintWriter out, String session, Comparison compared) {
        out.println("session " + Printable.line(session, SHOWN));
        print(out, "still fires", compared.still());
        print(out, "gone", compared.gone());
        print(out, "new alert", compared.fresh());
        print(out, "newly asked", compared.newlyAsked());
        print(out, "newly refused", compared.newlyDenied());
    }

    private static void print(PrintWriter out, String what, List<String> lines) {
        lines.forEach(line -> out.printf("  %-14s%s%n", what, Printable.line(line, SHOWN)));
    }

    private static ObjectNode answer(Proposal proposal, SortedMap<String, Comparison> compared) {
        ObjectNode answer = new ObjectMapper()
                .createObjectNode()
                .put("policy", proposal.policy().getName())
                .put("yaml", proposal.yaml());
        ArrayNode lines = answer.putArray("lines");
        proposal.lines()
                .forEach(line ->
                        evidence(lines.addObject().put("key", line.key()).put("value", line.value()), line.evidence()));
        ArrayNode leftOut = answer.putArray("left_out");
        proposal.leftOut()
                .forEach(one ->
                        evidence(leftOut.addObject().put("what", one.what()).put("why", one.why()), one.evidence()));
        ArrayNode simulated = answer.putArray("simulated");
        compared.forEach((session, comparison) -> {
            ObjectNode one = simulated.addObject().put("session", session);
            comparison.still().forEach(one.putArray("alerts_still")::add);
            comparison.gone().forEach(one.putArray("alerts_gone")::add);
            comparison.fresh().forEach(one.putArray("alerts_new")::add);
            comparison.newlyAsked().forEach(one.putArray("newly_asked")::add);
            comparison.newlyDenied().forEach(one.putArray("newly_denied")::add);
        });
        return answer;
    }

    private static void evidence(ObjectNode line, Evidence evidence) {
        line.put("sessions", evidence.sessions()).put("acts", evidence.acts());
        evidence.events().forEach(line.putArray("events")::add);
    }
}
