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
 * #MAX_TURNS} turns and {@value #MAX_FILES} files.
 */
public final class ScenarioReader {
    static final int MAX_CHARACTERS = 64 * 1024;
    static final int MAX_TURNS = 60;
    static final int MAX_FILES = 100;

    private static final int MAX_DELAY_MILLIS = 10_000;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,59}");
    private static final Pattern TECHNIQUE = Pattern.compile("T\\d{4}(\\.\\d{3})?");
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
    private final List<ScriptedStep> steps = new ArrayList<>();

    private ScenarioReader(YamlFields root) {
        this.root = root;
    }

    /**
     * Reads one scenario.
     *
     * @param label what messages call the document, such as its file's name
     * @throws YamlException when it is no scenario; the message has line, column, value and what was expected
     */
    public static ScenarioFile read(String label, String yaml) {
        return new ScenarioReader(YamlFields.document(label, yaml, MAX_CHARACTERS, "name, task and turns")).read();
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

    private ScenarioFile read() {
        String name = root.required("name").matching(NAME, "a name such as key-by-curl");
        String shows = root.required("shows").value();
        List<String> attack = root.items("attack").stream()
                .map(item -> item.matching(TECHNIQUE, "an ATT&CK technique such as T1552.004"))
                .toList();
        String task = root.required("task").value();
        Set<String> agents = new TreeSet<>(RealAgent.names());
        agents.add(ScriptedAgent.NAME);
        String agent = root.text("agent").map(value -> value.oneOf(agents)).orElse(ScriptedAgent.NAME);
        ScenarioPolicy policy = policy(name);
        ScenarioWorkspace workspace =
                root.mapping("workspace").map(ScenarioReader::workspace).orElse(new ScenarioWorkspace(Map.of(), false));
        List<Turn> turns = new ArrayList<>();
        List<YamlValue> listed = root.items("turns");
        if (listed.isEmpty() || listed.size() > MAX_TURNS) {
            throw root.rejected("turns: " + listed.size(), "1 to " + MAX_TURNS + " turns");
        }
        listed.forEach(turn -> turns.add(turn(turn.fields("turns"), agent.equals(ScriptedAgent.NAME))));
        Expectation expected = expectation(
                root.mapping("expect").orElseThrow(() -> root.rejected("no expect", "what has to come of it")),
                !attack.isEmpty());
        root.close();
        return new ScenarioFile(
                name, shows, attack, agent, policy, workspace, new Scenario(name, task, turns), steps, expected);
    }

    private ScenarioPolicy policy(String name) {
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

    private Turn turn(YamlFields fields, boolean scripted) {
        Optional<YamlValue> prompt = fields.text("prompt");
        if (prompt.isPresent() && !scripted) {
            throw prompt.get()
                    .rejected("prompt of a real agent's turn", "the agent scripted, which is asked more than once");
        }
        List<String> plan = fields.items("plan").stream().map(YamlValue::value).toList();
        List<Step> done = fields.items("steps").stream()
                .map(step -> step(step.fields("steps"), scripted))
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

    private Step step(YamlFields fields, boolean scripted) {
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
        } else {
            throw fields.rejected("a step that does nothing", "shell, read or edit");
        }
        Conduct conduct = conduct(fields);
        if (!scripted && !conduct.equals(Conduct.HONEST)) {
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

    private Expectation expectation(YamlFields fields, boolean attack) {
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
        Expectation expected = new Expectation(
                outcome,
                raised,
                others,
                leaves,
                files,
                missed.map(YamlValue::value).orElse(""));
        checkNoSilentPass(fields, expected, attack, missed);
        return expected;
    }

    /** An attack is noticed, or the scenario says why not. */
    private void checkNoSilentPass(
            YamlFields fields, Expectation expected, boolean attack, Optional<YamlValue> missed) {
        boolean noticed = expected.outcome() != Outcome.RUNS
                || expected.raised().stream().anyMatch(one -> one.severity().getNumber() >= Severity.MEDIUM_VALUE)
                || steps.stream().anyMatch(step -> step.gate() != GateDecision.ALLOW);
        if (attack && !noticed && missed.isEmpty()) {
            throw fields.rejected(
                    "an attack that nothing notices", "missed, which says why, or medium alerts, or a refused step");
        }
        if (missed.isPresent() && (!attack || noticed)) {
            throw missed.get().rejected("missed of what is no attack, or is noticed", "no missed");
        }
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
                        .orElse(""));
        fields.close();
        return raised;
    }
}
