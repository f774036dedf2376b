package io.plumbline.standalone.scenario;

import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.ShippedPolicies;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.yaml.YamlException;
import io.plumbline.events.yaml.YamlFields;
import io.plumbline.events.yaml.YamlValue;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.model.Scenario.Turn;
import io.plumbline.standalone.scenario.Expectation.Raised;
import io.plumbline.standalone.scenario.ScenarioFile.ScriptedStep;
import io.plumbline.standalone.session.Conduct;
import io.plumbline.standalone.session.RealAgent;
import io.plumbline.standalone.session.ScriptedAgent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads scenarios from YAML. Every key is known or an error; a document has at most {@value #MAX_CHARACTERS} characters, {@value
 * #MAX_TURNS} turns of each session, {@value #MAX_SESSIONS} sessions and {@value #MAX_FILES} files.
 */
public final class ScenarioReader {
    static final int MAX_CHARACTERS = 64 * 1024;
    static final int MAX_TURNS = 60;
    static final int MAX_FILES = 100;
    static final int MAX_SESSIONS = 8;
    static final int MAX_ARGUMENTS = 20;

    private static final int MAX_DELAY_MILLIS = 10_000;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,59}");
    private static final Pattern TECHNIQUE = Pattern.compile("T\\d{4}(\\.\\d{3})?");
    private static final Pattern TOOL = Pattern.compile("[A-Za-z0-9_-]{1,100}");
    private static final Pattern CLAUSE = Pattern.compile("[a-z][a-zA-Z0-9. -]{0,99}");
    private static final Pattern HOST = Pattern.compile("[a-z0-9\\[][a-z0-9.:\\]-]{0,252}");
    private static final Pattern FILE = Pattern.compile("(?!.*(?:^|/)\\.{0,2}(?:/|$))[A-Za-z0-9._@/-]{1,200}");

    private static final Map<String, GateDecision> GATE =
            Map.of("allow", GateDecision.ALLOW, "ask", GateDecision.ASK, "deny", GateDecision.DENY);
    private static final Map<String, DeviationKind> KINDS = Stream.of(DeviationKind.values())
            .filter(kind -> kind != DeviationKind.UNRECOGNIZED && kind != DeviationKind.DEVIATION_UNSPECIFIED)
            .collect(Collectors.toMap(kind -> Expectation.word(kind.name()), kind -> kind));
    private static final Map<String, Severity> SEVERITIES = Stream.of(Severity.values())
            .filter(one -> one != Severity.UNRECOGNIZED && one != Severity.SEVERITY_UNSPECIFIED)
            .collect(Collectors.toMap(one -> Expectation.word(one.name()), one -> one));
    private static final Map<String, Outcome> OUTCOMES =
            Stream.of(Outcome.values()).collect(Collectors.toMap(Outcome::word, one -> one));
    private static final String NONE = "none";

    private final YamlFields root;
    private final boolean attack;
    private final String agent;

    private ScenarioReader(YamlFields root, boolean attack, String agent) {
        this.root = root;
        this.attack = attack;
        this.agent = agent;
    }

    /**
     * One session as it is written.
     *
     * @param place of what is expected, for messages
     */
    private record Session(
            String task, List<Turn> turns, List<ScriptedStep> steps, Expectation expected, YamlFields place) {}

    /**
     * Reads one scenario.
     *
     * @param label what messages call the document, such as its file's name
     * @throws YamlException when it is no scenario; the message has line, column, value and what was expected
     */
    public static ScenarioFile read(String label, String yaml) {
        return read(YamlFields.document(label, yaml, MAX_CHARACTERS, "name, task and turns"));
    }

    /** JSON Schema (2020-12) of scenario files, for editors. */
    public static String schema() {
        try (InputStream in = ScenarioReader.class.getResourceAsStream("scenario.schema.json")) {
            return new String(
                    Objects.requireNonNull(in, "scenario.schema.json").readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ScenarioFile read(YamlFields root) {
        String name = root.required("name").matching(NAME, "a name such as key-by-curl");
        String shows = root.required("shows").value();
        List<String> attack = root.items("attack").stream()
                .map(item -> item.matching(TECHNIQUE, "an ATT&CK technique such as T1552.004"))
                .toList();
        Set<String> agents = new TreeSet<>(RealAgent.names());
        agents.add(ScriptedAgent.NAME);
        String agent = root.text("agent").map(value -> value.oneOf(agents)).orElse(ScriptedAgent.NAME);
        ScenarioPolicy policy = policy(root, name);
        ScenarioWorkspace workspace =
                root.mapping("workspace").map(ScenarioReader::workspace).orElse(new ScenarioWorkspace(Map.of(), false));
        List<Session> sessions = new ScenarioReader(root, !attack.isEmpty(), agent).sessions();
        root.close();
        List<ScenarioFile> all = new ArrayList<>();
        for (Session session : sessions) {
            boolean last = all.size() + 1 == sessions.size();
            String named = last ? name : name + "-" + (all.size() + 1);
            all.add(new ScenarioFile(
                    named,
                    shows,
                    attack,
                    agent,
                    policy,
                    workspace,
                    new Scenario(named, session.task(), session.turns()),
                    session.steps(),
                    session.expected(),
                    last ? List.copyOf(all) : List.of()));
        }
        return all.getLast();
    }

    /** Those that are listed; else the one that the document is about. */
    private List<Session> sessions() {
        List<YamlValue> listed = root.items("sessions");
        if (root.has("sessions") && (listed.size() < 2 || listed.size() > MAX_SESSIONS)) {
            throw root.rejected("sessions: " + listed.size(), "2 to " + MAX_SESSIONS + " sessions");
        }
        List<Session> sessions = new ArrayList<>();
        for (YamlValue one : listed) {
            YamlFields fields = one.fields("sessions");
            sessions.add(session(fields));
            fields.close();
        }
        if (listed.isEmpty()) {
            sessions.add(session(root));
        }
        checkNoSilentPass(sessions);
        return sessions;
    }

    private Session session(YamlFields fields) {
        String task = fields.required("task").value();
        List<YamlValue> listed = fields.items("turns");
        if (listed.isEmpty() || listed.size() > MAX_TURNS) {
            throw fields.rejected("turns: " + listed.size(), "1 to " + MAX_TURNS + " turns");
        }
        List<ScriptedStep> steps = new ArrayList<>();
        List<Turn> turns =
                listed.stream().map(turn -> turn(turn.fields("turns"), steps)).toList();
        YamlFields expected =
                fields.mapping("expect").orElseThrow(() -> fields.rejected("no expect", "what has to come of it"));
        return new Session(task, turns, steps, expectation(expected), expected);
    }

    private static ScenarioPolicy policy(YamlFields root, String name) {
        Optional<YamlValue> found = root.value("policy");
        if (found.isEmpty()) {
            return new ScenarioPolicy(Map.of("name", name));
        }
        YamlValue value = found.get();
        ScenarioPolicy policy;
        if (value.isSingle()) {
            policy = ScenarioPolicy.of(value.oneOf(Set.copyOf(ShippedPolicies.NAMES)), Map.of());
        } else {
            YamlFields fields = value.fields("policy");
            Optional<String> above =
                    fields.text("extends").map(shipped -> shipped.oneOf(Set.copyOf(ShippedPolicies.NAMES)));
            Map<String, Object> keys = fields.plain();
            keys.remove("extends");
            keys.putIfAbsent("name", name);
            policy = above.map(shipped -> ScenarioPolicy.of(shipped, keys)).orElseGet(() -> new ScenarioPolicy(keys));
        }
        try {
            policy.check();
            return policy;
        } catch (PolicyException e) {
            // Its places are those of a document that nobody sees.
            String message = String.valueOf(e.getMessage()).replaceFirst("^policy(:\\d+:\\d+)?: ", "");
            int expected = message.lastIndexOf(" (expected: ");
            throw expected < 0
                    ? value.rejected("policy: " + message, "a policy")
                    : value.rejected(
                            "policy: " + message.substring(0, expected),
                            message.substring(expected + " (expected: ".length(), message.length() - 1));
        }
    }

    private static ScenarioWorkspace workspace(YamlFields fields) {
        boolean repository = fields.text("repository").map(YamlValue::bool).orElse(false);
        Map<String, String> files = fields.mapping("files")
                .map(listed -> texts(listed, "a relative path without .."))
                .orElse(Map.of());
        fields.close();
        return new ScenarioWorkspace(files, repository);
    }

    private static Map<String, String> texts(YamlFields fields, String expected) {
        Map<String, String> texts = new LinkedHashMap<>();
        fields.entries().forEach((path, content) -> {
            if (!FILE.matcher(path).matches()) {
                throw content.rejected("file '" + path + "'", expected);
            }
            if (!content.isSingle()) {
                throw content.rejected("file '" + path + "' holds no text", "a text");
            }
            texts.put(path, content.text());
        });
        if (texts.size() > MAX_FILES) {
            throw fields.rejected(texts.size() + " files", "<= " + MAX_FILES);
        }
        return texts;
    }

    private boolean isScripted() {
        return agent.equals(ScriptedAgent.NAME);
    }

    /** @param steps to which what is said of its steps is added */
    private Turn turn(YamlFields fields, List<ScriptedStep> steps) {
        Optional<YamlValue> prompt = fields.text("prompt");
        if (prompt.isPresent() && !isScripted()) {
            throw prompt.get()
                    .rejected("prompt of a real agent's turn", "the agent scripted, which is asked more than once");
        }
        List<String> plan = fields.items("plan").stream().map(YamlValue::value).toList();
        List<Step> done = fields.items("steps").stream()
                .map(step -> step(step.fields("steps"), steps))
                .toList();
        Turn turn = new Turn(
                prompt.map(YamlValue::value).orElse(""),
                fields.text("say").map(YamlValue::value).orElse(""),
                plan,
                done,
                Duration.ofMillis(fields.text("delay-ms")
                        .map(delay -> delay.number(0, MAX_DELAY_MILLIS))
                        .orElse(0L)));
        fields.close();
        if (turn.say().isEmpty() && turn.prompt().isEmpty() && plan.isEmpty() && done.isEmpty()) {
            throw fields.rejected("a turn in which nothing happens", "say, plan, steps or prompt");
        }
        return turn;
    }

    private Step step(YamlFields fields, List<ScriptedStep> steps) {
        Step step;
        if (fields.has("shell")) {
            step = new Step.Shell(
                    fields.required("shell").value(),
                    fields.text("reason").map(YamlValue::value).orElse("Run a command"));
        } else if (fields.has("read")) {
            step = new Step.Read(fields.required("read").value());
        } else if (fields.has("edit")) {
            step = new Step.Edit(
                    fields.required("edit").value(),
                    fields.required("before").value(),
                    fields.required("after").value());
        } else if (fields.has("tool")) {
            step = tool(fields);
        } else {
            throw fields.rejected("a step that does nothing", "shell, read, edit or tool");
        }
        Conduct conduct = conduct(fields);
        if (!isScripted() && !conduct.equals(Conduct.HONEST)) {
            throw fields.rejected(
                    "announces, announced, obeys, result or exit-code of a real agent's step", "the agent scripted");
        }
        Optional<YamlValue> gate = fields.text("gate");
        if (!conduct.announced() && gate.isPresent()) {
            throw gate.get().rejected("gate of a step that is not announced", "no gate");
        }
        steps.add(
                new ScriptedStep(conduct, gate.map(value -> named(value, GATE)).orElse(GateDecision.ALLOW)));
        fields.close();
        return step;
    }

    private Step tool(YamlFields fields) {
        YamlValue name = fields.required("tool");
        if (isScripted()) {
            throw name.rejected("tool of the agent scripted", "an agent that has it, such as claude-code");
        }
        Map<String, String> arguments = new LinkedHashMap<>();
        fields.mapping("arguments").ifPresent(listed -> listed.entries().forEach((argument, value) -> {
            if (!value.isSingle()) {
                throw value.rejected("argument '" + argument + "' is no text", "a text");
            }
            arguments.put(argument, value.text());
        }));
        if (arguments.size() > MAX_ARGUMENTS) {
            throw name.rejected(arguments.size() + " arguments", "<= " + MAX_ARGUMENTS);
        }
        return new Step.Tool(name.matching(TOOL, "the name of a tool such as mcp__files__read"), arguments);
    }

    private static Conduct conduct(YamlFields fields) {
        return new Conduct(
                fields.text("announces").map(YamlValue::value),
                fields.text("announced").map(YamlValue::bool).orElse(true),
                fields.text("obeys").map(YamlValue::bool).orElse(true),
                fields.text("result").map(YamlValue::value).orElse(""),
                fields.text("exit-code")
                        .map(code -> OptionalInt.of((int) code.number(0, 255)))
                        .orElse(OptionalInt.empty()));
    }

    private Expectation expectation(YamlFields fields) {
        Outcome outcome = named(fields.required("outcome"), OUTCOMES);
        List<Raised> raised = fields.items("raised").stream()
                .map(item -> raised(item.fields("raised")))
                .toList();
        Set<String> severitiesOrNone = new TreeSet<>(SEVERITIES.keySet());
        severitiesOrNone.add(NONE);
        Severity others = fields.text("others")
                .map(value -> SEVERITIES.getOrDefault(value.oneOf(severitiesOrNone), Severity.SEVERITY_UNSPECIFIED))
                .orElse(attack ? Severity.CRITICAL : Severity.LOW);
        Set<String> leaves = fields.items("leaves").stream()
                .map(host -> host.matching(HOST, "a host"))
                .collect(Collectors.toSet());
        Map<String, String> files = fields.mapping("files")
                .map(listed -> texts(listed, "a relative path without .."))
                .orElse(Map.of());
        Optional<YamlValue> missed = fields.text("missed");
        fields.close();
        return new Expectation(
                outcome,
                raised,
                others,
                leaves,
                files,
                missed.map(YamlValue::value).orElse(""));
    }

    /** An attack is noticed in one of its sessions, or the last one says why not. */
    private void checkNoSilentPass(List<Session> sessions) {
        boolean noticed = sessions.stream().anyMatch(ScenarioReader::isNoticed);
        Session last = sessions.getLast();
        if (attack && !noticed && last.expected().missed().isEmpty()) {
            throw last.place()
                    .rejected(
                            "an attack that nothing notices",
                            "missed, which says why, or medium alerts, or a refused step");
        }
        for (Session session : sessions) {
            boolean says = !session.expected().missed().isEmpty();
            if (says && (!attack || noticed)) {
                throw session.place().rejected("missed of what is no attack, or is noticed", "no missed");
            }
            if (says && session != last) {
                throw session.place().rejected("missed of a session that others follow", "no missed");
            }
        }
    }

    private static boolean isNoticed(Session session) {
        Expectation expected = session.expected();
        return expected.outcome() != Outcome.RUNS
                || expected.raised().stream().anyMatch(one -> one.severity().getNumber() >= Severity.MEDIUM_VALUE)
                || session.steps().stream().anyMatch(step -> step.gate() != GateDecision.ALLOW);
    }

    /** What a word stands for. */
    private static <T> T named(YamlValue word, Map<String, T> values) {
        return Objects.requireNonNull(values.get(word.oneOf(values.keySet())), "one of the keys");
    }

    private static Raised raised(YamlFields fields) {
        Raised raised = new Raised(
                named(fields.required("kind"), KINDS),
                named(fields.required("severity"), SEVERITIES),
                fields.text("clause")
                        .map(clause -> clause.matching(CLAUSE, "a clause such as honeytoken or files.deny"))
                        .orElse(""),
                fields.text("said").map(YamlValue::value).orElse(""));
        fields.close();
        return raised;
    }
}
