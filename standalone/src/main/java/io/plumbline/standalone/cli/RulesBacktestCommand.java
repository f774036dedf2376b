package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.activation.ActivationException;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.events.v1.Activation;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.events.v1.Event;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.engine.EventLimitException;
import io.plumbline.rules.hunt.SearchCopy;
import io.plumbline.rules.hunt.SearchCopy.Selection;
import io.plumbline.rules.hunt.StoredEvents;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.workbench.Backtest;
import io.plumbline.rules.workbench.Backtest.Hit;
import io.plumbline.rules.workbench.Backtest.Row;
import io.plumbline.rules.workbench.Backtest.Verdicts;
import io.plumbline.rules.workbench.Recordings;
import io.plumbline.rules.workbench.Recordings.Recording;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.SearchCluster;
import io.plumbline.standalone.SessionLog;
import io.plumbline.watcher.activation.Contents;
import io.plumbline.watcher.judge.SessionRecorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Rules over what was recorded, before they judge what comes. */
@Command(
        name = "backtest",
        mixinStandardHelpOptions = true,
        description = {
            "Run rules over recorded events: hits, hits lost and new against other rules, precision, time.",
            "Files have a JSON object of fields on each line, with _source (category/product), _at (seconds) and _id.",
            "Sessions of the running platform are judged with what the watcher knows of each act.",
            "The search copy does not have that: rules that ask for it are named as not answerable, and count no hits.",
            "What people decided about alerts in the search copy counts as verdicts.",
            "Exit code 1 when hits are lost against other rules."
        })
final class RulesBacktestCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String API_KEY = "PLUMBLINE_SEARCH_API_KEY";

    @Parameters(paramLabel = "RULES", arity = "0..*", description = "Files or folders; none: the rules of the product.")
    private List<Path> paths = List.of();

    @Mixin
    private final RulesCommand.Pipeline pipeline = new RulesCommand.Pipeline();

    @Mixin
    private final Answers answers = new Answers();

    @Option(
            names = "--events",
            paramLabel = "PATH",
            description = "File of events, or folder with .jsonl and .jsonl.gz; may be repeated.")
    private List<Path> events = List.of();

    @Option(
            names = "--session",
            paramLabel = "SESSION",
            description = "Session of the running platform, from its log; may be repeated.")
    private List<String> sessions = List.of();

    @ArgGroup(exclusive = false)
    private @Nullable Stored stored;

    /** What is read of the search copy. */
    static final class Stored {
        @Option(
                names = "--search",
                required = true,
                paramLabel = "URL",
                description = {
                    "Sessions of the search copy: an Elasticsearch, or 'running' for that of the running platform.",
                    "--session names some of them. An API key is taken from " + API_KEY + "."
                })
        private String url = "";

        @Option(names = "--tenant", paramLabel = "TENANT", description = "Whose sessions of the search copy.")
        private String tenant = SearchCluster.LOCAL_TENANT;

        @Option(
                names = "--from",
                paramLabel = "TIME",
                description = "Events of the search copy from then on (ISO-8601).")
        private @Nullable Instant from;

        @Option(
                names = "--until",
                paramLabel = "TIME",
                description = "Events of the search copy until then (ISO-8601).")
        private @Nullable Instant until;
    }

    @Option(
            names = "--against",
            paramLabel = "RULES",
            description =
                    "Rules to compare with: file or folder, shipped for those of the product, active for those in force.")
    private @Nullable Path against;

    @Option(
            names = "--verdicts",
            paramLabel = "FILE",
            description =
                    "What people said: a JSON object on each line with rule, event and verdict (true_positive, false_positive).")
    private @Nullable Path verdicts;

    @Option(names = "--time", description = "Measure how long each rule alone takes, once over all events.")
    private boolean time;

    @Option(names = "--hits", description = "Print each hit as well.")
    private boolean hits;

    @Override
    public Integer call() {
        if (events.isEmpty() && sessions.isEmpty() && stored == null) {
            throw new CommandException(
                    "no events (expected: --events PATH, --session SESSION or --search URL)", ExitCodes.USAGE);
        }
        if (stored != null && !events.isEmpty()) {
            throw new CommandException(
                    "--events with --search (expected: one of them; the search copy has not all fields)",
                    ExitCodes.USAGE);
        }
        RuleSet set = set(paths);
        Map<String, Boolean> said = said();
        try {
            return tell(set, stored == null ? recordings() : stored(stored, said), new Verdicts(said));
        } catch (EventLimitException e) {
            throw new CommandException(String.valueOf(e.getMessage()));
        }
    }

    private int tell(RuleSet set, List<Recording> recordings, Verdicts said) {
        Map<String, Set<String>> notHeld = notHeld(set);
        List<Hit> found = run(set, recordings);
        Map<String, Long> times = time ? Backtest.time(set, recordings, System::nanoTime) : Map.of();
        if (hits) {
            found.forEach(hit -> tell("hit", hit));
        }
        for (Row row : Backtest.rows(set, found, said)) {
            Set<String> missing = notHeld.get(row.rule());
            if (missing != null) {
                tell(row, missing);
            } else if (row.hits() > 0 || times.containsKey(row.rule())) {
                tell(row, times.get(row.rule()));
            }
        }
        int lost = 0;
        if (against != null) {
            RuleSet other = against(against);
            List<Hit> before = StoredEvents.answerable(run(other, recordings), notHeld);
            List<Hit> now = StoredEvents.answerable(found, notHeld(other));
            List<Hit> gone = Backtest.without(before, now);
            gone.forEach(hit -> tell("lost", hit));
            List<Hit> come = Backtest.without(now, before);
            come.forEach(hit -> tell("new", hit));
            lost = gone.size();
            answers.tell(
                    Answers.object()
                            .put("lost", gone.size())
                            .put("new", come.size())
                            .put("against", other.hash()),
                    gone.size() + " hits lost, " + come.size() + " new against " + against);
        }
        int count = recordings.stream().mapToInt(one -> one.events().size()).sum();
        answers.tell(
                Answers.object()
                        .put("recordings", recordings.size())
                        .put("events", count)
                        .put("hits", found.size())
                        .put("not_answerable", notHeld.size())
                        .put("rule_set", set.hash()),
                found.size() + " hits in " + count + " events of " + recordings.size() + " recordings"
                        + (notHeld.isEmpty() ? "" : "; " + notHeld.size() + " rules not answerable"));
        return lost == 0 ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private Map<String, Set<String>> notHeld(RuleSet set) {
        return stored == null ? Map.of() : StoredEvents.notHeld(set);
    }

    private List<Hit> run(RuleSet set, List<Recording> recordings) {
        return StoredEvents.answerable(Backtest.run(set, recordings), notHeld(set));
    }

    private void tell(Row row, Set<String> missing) {
        ObjectNode object = Answers.object()
                .put("what", "not_answerable")
                .put("rule", row.rule())
                .put("title", row.title());
        missing.forEach(object.putArray("fields")::add);
        answers.tell(
                object,
                "     -  " + row.title() + "  not answerable from the search copy, which has no "
                        + String.join(", ", missing));
    }

    private void tell(Row row, @Nullable Long nanoseconds) {
        ObjectNode object = Answers.object()
                .put("rule", row.rule())
                .put("title", row.title())
                .put("hits", row.hits())
                .put("true_positives", row.truePositives())
                .put("false_positives", row.falsePositives());
        if (row.precision() >= 0) {
            object.put("precision", row.precision());
        }
        if (nanoseconds != null) {
            object.put("time_ns", nanoseconds);
        }
        answers.tell(
                object,
                "%6d  %-60s%s%s"
                        .formatted(
                                row.hits(),
                                row.title(),
                                row.precision() < 0
                                        ? ""
                                        : String.format(
                                                Locale.ROOT,
                                                "  precision %.2f of %d",
                                                row.precision(),
                                                row.truePositives() + row.falsePositives()),
                                nanoseconds == null
                                        ? ""
                                        : String.format(Locale.ROOT, "  %.1f us", nanoseconds / 1000.0))
                        .stripTrailing());
    }

    private void tell(String what, Hit hit) {
        ObjectNode object = Answers.object()
                .put("what", what)
                .put("rule", hit.match().rule())
                .put("title", hit.match().title())
                .put("level", hit.match().level().name().toLowerCase(Locale.ROOT))
                .put("recording", hit.recording())
                .put("time_ns", hit.match().timeNs());
        hit.match().events().forEach(object.putArray("events")::add);
        hit.match().group().forEach(object.putObject("group")::put);
        answers.tell(
                object,
                what + "  " + hit.match().title() + " [" + hit.match().rule() + "] at "
                        + hit.match().events().getLast() + " in " + hit.recording());
    }

    private RuleSet against(Path named) {
        return switch (named.toString()) {
            case ActivationOrder.SHIPPED -> set(List.of());
            case "active" -> inForce();
            default -> set(List.of(named));
        };
    }

    /** The set that the watch job of the running platform says it judges by, from the order that brought it. */
    private RuleSet inForce() {
        JsonNode active = ConsoleApi.of(Layout.current())
                .activations("rules", "")
                .path("answers")
                .path(0)
                .path("in_force");
        if (active.path("sha256").asText().isEmpty()) {
            return set(List.of());
        }
        String order = active.path("order").asText();
        try {
            Activation activation = SessionLog.order(running().endpoint("broker"), order)
                    .getRuleSetActivated()
                    .getActivation();
            ActivationStatement statement = ActivationStatement.parseFrom(activation.getStatement());
            return Contents.bundle(ActivationContent.expand(
                            activation.getContent(),
                            statement.getSize(),
                            active.path("sha256").asText()))
                    .load();
        } catch (InvalidProtocolBufferException | ActivationException | RuleException e) {
            throw new CommandException("rules in force, order " + order + ": " + e.getMessage());
        }
    }

    private RuleSet set(List<Path> rules) {
        try {
            return RuleSet.load(
                    RulesCommand.sources(rules), rules.isEmpty() ? Placeholders.NONE : pipeline.placeholders());
        } catch (RuleException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
    }

    private List<Recording> recordings() {
        List<Recording> recordings = new ArrayList<>();
        try {
            recordings.addAll(Recordings.read(events));
        } catch (IOException | EventLimitException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
        if (!sessions.isEmpty()) {
            RunState running = running();
            for (String session : sessions) {
                List<Event> telemetry = SessionLog.telemetry(running.endpoint("broker"), session);
                if (telemetry.isEmpty()) {
                    throw new CommandException("session " + session + ": not in the log", ExitCodes.NOT_FOUND);
                }
                recordings.add(new Recording(session, SessionRecorder.record(telemetry)));
            }
        }
        return recordings;
    }

    /** Also what people decided, which does not replace what a file says. */
    private List<Recording> stored(Stored from, Map<String, Boolean> said) {
        String url = from.url.equals("running") ? running().endpoint("search") : from.url;
        SearchCopy copy = new SearchCopy(new SearchCluster(
                url, Optional.ofNullable(System.getenv(API_KEY)).orElse("").strip()));
        Selection selection =
                new Selection(from.tenant, sessions, Optional.ofNullable(from.from), Optional.ofNullable(from.until));
        try {
            List<Recording> recordings = copy.sessions(selection);
            Set<String> found = recordings.stream().map(Recording::name).collect(Collectors.toSet());
            for (String session : sessions) {
                if (!found.contains(session)) {
                    throw new CommandException(
                            "session " + session + ": not in the search copy (expected: one of tenant " + from.tenant
                                    + ", at that time)",
                            ExitCodes.NOT_FOUND);
                }
            }
            if (recordings.isEmpty()) {
                throw new CommandException(
                        "search copy at " + url + ": nothing of tenant " + from.tenant + " (expected: events)",
                        ExitCodes.NOT_FOUND);
            }
            copy.verdicts(selection).rules().forEach(said::putIfAbsent);
            return recordings;
        } catch (IOException | IllegalArgumentException e) {
            throw new CommandException("search copy at " + url + ": " + e.getMessage());
        }
    }

    private static RunState running() {
        return RunState.read(Layout.current().runState())
                .filter(RunState::alive)
                .orElseThrow(() ->
                        new CommandException("nothing is running (expected: plumbline up)", ExitCodes.NOT_RUNNING));
    }

    private Map<String, Boolean> said() {
        Map<String, Boolean> said = new HashMap<>();
        if (verdicts == null) {
            return said;
        }
        int number = 0;
        try {
            for (String line : Files.readAllLines(verdicts)) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                JsonNode object = JSON.readTree(line);
                String verdict = object.path("verdict").asText();
                if (!List.of("true_positive", "false_positive").contains(verdict)
                        || object.path("rule").asText().isEmpty()
                        || object.path("event").asText().isEmpty()) {
                    throw new CommandException(
                            verdicts + ":" + number
                                    + ": no verdict (expected: rule, event, and verdict true_positive or false_positive)",
                            ExitCodes.USAGE);
                }
                said.put(
                        Verdicts.key(
                                object.path("rule").asText(),
                                object.path("event").asText()),
                        verdict.equals("true_positive"));
            }
        } catch (IOException e) {
            throw new CommandException(
                    "verdicts " + verdicts + " at line " + number + " (expected: a readable file of JSON lines)",
                    ExitCodes.USAGE);
        }
        return said;
    }
}
