package io.plumbline.standalone.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A scripted session: what the user asks, and what the model answers, turn by turn.
 *
 * @param prompt what the user asks
 * @param turns the model's replies in order; after the last one it says that it is done
 */
public record Scenario(String name, String prompt, List<Turn> turns) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * One reply.
     *
     * @param say text, may be empty
     * @param plan the steps that the model plans, may be empty; said as text to an agent without a plan tool
     * @param steps tool calls, may be empty
     * @param delay how long the model thinks
     */
    public record Turn(String say, List<String> plan, List<Step> steps, Duration delay) {
        public Turn {
            plan = List.copyOf(plan);
            steps = List.copyOf(steps);
        }

        /** What is said to an agent that has no plan tool. */
        String spoken() {
            if (plan.isEmpty()) {
                return say;
            }
            StringBuilder text = new StringBuilder(say);
            text.append(say.isEmpty() ? "Plan:" : "\n\nPlan:");
            for (int i = 0; i < plan.size(); i++) {
                text.append('\n').append(i + 1).append(". ").append(plan.get(i));
            }
            return text.toString();
        }

        boolean endsTheSession() {
            return steps.isEmpty();
        }
    }

    /** What the model wants done, in words that hold for every agent. */
    public sealed interface Step {
        record Shell(String command, String reason) implements Step {}

        record Read(String path) implements Step {}

        record Edit(String path, String before, String after) implements Step {}
    }

    public Scenario {
        turns = List.copyOf(turns);
    }

    /**
     * Reads a scenario.
     *
     * @throws IOException when it is not JSON, or a turn or step has none of the known fields
     */
    public static Scenario read(InputStream json) throws IOException {
        JsonNode root = JSON.readTree(json);
        List<Turn> turns = new ArrayList<>();
        for (JsonNode turn : root.path("turns")) {
            List<Step> steps = new ArrayList<>();
            for (JsonNode step : turn.path("steps")) {
                steps.add(step(step));
            }
            List<String> plan = new ArrayList<>();
            turn.path("plan").forEach(item -> plan.add(item.asText()));
            turns.add(new Turn(
                    turn.path("say").asText(),
                    plan,
                    steps,
                    Duration.ofMillis(turn.path("delay_ms").asLong())));
        }
        if (turns.isEmpty() || !root.hasNonNull("prompt")) {
            throw new IOException("scenario without prompt or turns (expected: both)");
        }
        return new Scenario(root.path("name").asText(), root.path("prompt").asText(), mergePlans(turns));
    }

    /** A turn that only plans would end the session of an agent without a plan tool: it is said with the next one. */
    private static List<Turn> mergePlans(List<Turn> turns) {
        List<Turn> merged = new ArrayList<>();
        for (int i = 0; i < turns.size(); i++) {
            Turn turn = turns.get(i);
            if (!turn.plan().isEmpty() && turn.endsTheSession() && i + 1 < turns.size()) {
                Turn next = turns.get(++i);
                String say = next.say().isEmpty() ? turn.say() : turn.say() + "\n\n" + next.say();
                merged.add(new Turn(say, turn.plan(), next.steps(), turn.delay().plus(next.delay())));
            } else {
                merged.add(turn);
            }
        }
        return merged;
    }

    private static Step step(JsonNode step) throws IOException {
        if (step.hasNonNull("shell")) {
            return new Step.Shell(
                    step.path("shell").asText(), step.path("reason").asText("Run a command"));
        }
        if (step.hasNonNull("read")) {
            return new Step.Read(step.path("read").asText());
        }
        if (step.hasNonNull("edit")) {
            return new Step.Edit(
                    step.path("edit").asText(),
                    step.path("before").asText(),
                    step.path("after").asText());
        }
        throw new IOException("scenario step " + step + " (expected: shell, read or edit)");
    }
}
