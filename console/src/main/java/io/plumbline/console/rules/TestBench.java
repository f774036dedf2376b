package io.plumbline.console.rules;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.engine.EventLimitException;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.Matcher;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.workbench.Explanation;
import io.plumbline.rules.workbench.Lint;
import io.plumbline.rules.workbench.Remark;
import io.plumbline.rules.workbench.Severity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** A draft of a rule: what is wrong with it, and which part of it holds for which event. */
public final class TestBench {
    /** Characters of a draft, and of pasted events. */
    public static final int MAX_TEXT = 64 * 1024;

    /** Events that are pasted. */
    public static final int MAX_PASTED = 50;

    /** Answers about pasted events; each is a program of its own to compile. */
    public static final int MAX_ANSWERS = 30;

    /** Events of a session of which it is told why a rule matches or does not. */
    private static final int MAX_EXPLAINED = 5;

    /** Events of a session of which it is asked how nearly a rule matches. */
    private static final int MAX_NEAR = 200;

    private static final int MAX_DEPTH = 50;

    private static final ObjectMapper JSON = new ObjectMapper();

    private TestBench() {}

    /**
     * A text as rules.
     *
     * @param remarks of the linter, by place
     * @param set what of it can be used
     */
    public record Draft(RuleSource source, List<Remark> remarks, RuleSet set) {
        public Draft {
            remarks = List.copyOf(remarks);
        }

        public boolean isUsable() {
            return !set.documents().isEmpty()
                    && remarks.stream().noneMatch(remark -> remark.severity() == Severity.ERROR);
        }
    }

    /**
     * @param placeholders of the set that it is to be part of
     * @throws TestBenchException when it is too long
     */
    public static Draft draft(String name, String text, Placeholders placeholders) throws TestBenchException {
        bounded("rule", text);
        RuleSource source = new RuleSource(name, text);
        return new Draft(
                source,
                Lint.check(List.of(source), placeholders),
                RuleSet.loadUsable(List.of(source), placeholders).set());
    }

    /**
     * What one rule says of one event.
     *
     * @param event which one, in words
     */
    public record Answer(String rule, String event, Explanation explanation) {}

    /**
     * Events as people paste them: JSON objects one after another or in a list, or YAML of one mapping or a list of mappings. Their
     * fields have Sigma's names.
     *
     * @throws TestBenchException when it is none of that, or too much
     */
    public static List<SigmaEvent> events(String pasted) throws TestBenchException {
        bounded("events", pasted);
        if (depth(pasted) > MAX_DEPTH) {
            throw tooDeep();
        }
        List<SigmaEvent> events = new ArrayList<>();
        try {
            for (JsonNode event : objects(pasted.strip())) {
                if (!event.isObject()) {
                    throw new TestBenchException(
                            "event " + (events.size() + 1) + ": no object (expected: fields by name)");
                }
                if (events.size() == MAX_PASTED) {
                    throw new TestBenchException("events: more than " + MAX_PASTED + " (expected: at most so many)");
                }
                events.add(JsonEvents.read(event.toString()).build());
            }
        } catch (JsonProcessingException e) {
            throw new TestBenchException("events: no JSON: " + oneLine(e.getOriginalMessage()));
        } catch (IOException | EventLimitException e) {
            throw new TestBenchException("event " + (events.size() + 1) + ": " + oneLine(e.getMessage()));
        } catch (YamlEngineException e) {
            throw new TestBenchException("events: neither JSON nor YAML: " + oneLine(e.getMessage()));
        } catch (IllegalArgumentException e) {
            // What YAML can say and JSON cannot: a field without a name.
            throw new TestBenchException("events: no fields with values: " + oneLine(e.getMessage()));
        }
        if (events.isEmpty()) {
            throw new TestBenchException("events: none (expected: JSON objects, or YAML)");
        }
        return events;
    }

    /** Brackets that are open at once, those in quotes too; no parser has been asked yet. */
    private static int depth(String text) {
        int open = 0;
        int deepest = 0;
        for (int i = 0; i < text.length(); i++) {
            switch (text.charAt(i)) {
                case '[', '{' -> deepest = Math.max(deepest, ++open);
                case ']', '}' -> open--;
                default -> {
                    // A letter like any other.
                }
            }
        }
        return deepest;
    }

    /** Before anything is built of it: lists nest without brackets too, and what an alias repeats is written out for each. */
    private static void checkPlain(LoadSettings settings, String text) throws TestBenchException {
        int open = 0;
        for (Event event : new Parse(settings).parseString(text)) {
            switch (event.getEventId()) {
                case Alias -> throw new TestBenchException("events: an alias (expected: each value written out)");
                case SequenceStart, MappingStart -> {
                    open++;
                    if (open > MAX_DEPTH) {
                        throw tooDeep();
                    }
                }
                case SequenceEnd, MappingEnd -> open--;
                case Scalar, StreamStart, StreamEnd, DocumentStart, DocumentEnd, Comment -> {}
            }
        }
    }

    private static TestBenchException tooDeep() {
        return new TestBenchException("events: nested too deep (expected: at most " + MAX_DEPTH + " levels)");
    }

    private static List<JsonNode> objects(String text) throws IOException, TestBenchException {
        List<JsonNode> values = new ArrayList<>();
        if (text.startsWith("{") || text.startsWith("[")) {
            try (JsonParser parser = JSON.createParser(text)) {
                while (JSON.readTree(parser) instanceof JsonNode value && !value.isMissingNode()) {
                    values.add(value);
                }
            }
        } else if (!text.isEmpty()) {
            LoadSettings settings = LoadSettings.builder()
                    .setLabel("events")
                    .setCodePointLimit(MAX_TEXT)
                    .build();
            checkPlain(settings, text);
            new Load(settings).loadAllFromString(text).forEach(document -> values.add(JSON.valueToTree(document)));
        }
        List<JsonNode> objects = new ArrayList<>();
        for (JsonNode value : values) {
            if (value.isArray()) {
                value.forEach(objects::add);
            } else {
                objects.add(value);
            }
        }
        return objects;
    }

    /** Each rule of the draft at each event, the first {@link #MAX_ANSWERS}. */
    public static List<Answer> explain(Draft draft, List<SigmaEvent> events) {
        List<Answer> answers = new ArrayList<>();
        for (Detection rule : draft.set().detections()) {
            for (int i = 0; i < events.size() && answers.size() < MAX_ANSWERS; i++) {
                answers.add(new Answer(
                        rule.metadata().title(), "event " + (i + 1), Explanation.of(rule.expression(), events.get(i))));
            }
        }
        return answers;
    }

    /**
     * What one rule says of a session.
     *
     * @param asked events of the rule's log source
     * @param matched how many of them it matches
     * @param explained the first that it matches; when it matches none, those of the newest that come nearest
     */
    public record Trial(String rule, String logSource, long asked, long matched, List<Answer> explained) {
        public Trial {
            explained = List.copyOf(explained);
        }
    }

    /** Each rule of the draft over a session. */
    public static List<Trial> tryOn(Draft draft, List<SigmaEvent> session) {
        List<Trial> trials = new ArrayList<>();
        for (Detection rule : draft.set().detections()) {
            List<SigmaEvent> asked = session.stream()
                    .filter(event -> event.logSources().stream().anyMatch(rule.logSource()::accepts))
                    .toList();
            Matcher matcher = Program.compile(List.of(rule.expression())).matcher();
            List<SigmaEvent> matched =
                    asked.stream().filter(event -> matcher.match(event) > 0).toList();
            trials.add(new Trial(
                    rule.metadata().title(),
                    rule.logSource().toString(),
                    asked.size(),
                    matched.size(),
                    matched.isEmpty() ? nearest(rule, asked) : answers(rule, matched)));
        }
        return trials;
    }

    private static List<Answer> nearest(Detection rule, List<SigmaEvent> asked) {
        return asked.subList(Math.max(0, asked.size() - MAX_NEAR), asked.size()).stream()
                .map(event -> answer(rule, event))
                .sorted(Comparator.comparingDouble((Answer answer) -> -share(answer.explanation())))
                .limit(3)
                .toList();
    }

    private static List<Answer> answers(Detection rule, List<SigmaEvent> events) {
        return events.stream()
                .limit(MAX_EXPLAINED)
                .map(event -> answer(rule, event))
                .toList();
    }

    private static Answer answer(Detection rule, SigmaEvent event) {
        return new Answer(rule.metadata().title(), event.id(), Explanation.of(rule.expression(), event));
    }

    /** How much of an expression holds, 0 to 1. */
    private static double share(Explanation explanation) {
        if (explanation.holds() || explanation.parts().isEmpty()) {
            return explanation.holds() ? 1 : 0;
        }
        return explanation.parts().stream()
                .mapToDouble(TestBench::share)
                .average()
                .orElse(0);
    }

    private static void bounded(String what, String text) throws TestBenchException {
        if (text.length() > MAX_TEXT) {
            throw new TestBenchException(
                    what + ": " + text.length() + " characters (expected: at most " + MAX_TEXT + ")");
        }
    }

    private static String oneLine(@Nullable String message) {
        return String.valueOf(message).replaceAll("\\s+", " ");
    }

    /** What was given cannot be tried; the message names the value and what was expected. */
    public static final class TestBenchException extends Exception {
        private static final long serialVersionUID = 1;

        public TestBenchException(String message) {
            super(message);
        }
    }
}
