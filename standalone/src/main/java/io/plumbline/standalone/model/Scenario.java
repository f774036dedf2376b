package io.plumbline.standalone.model;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A scripted session: what the user asks, and what the model answers, turn by turn.
 *
 * @param prompt what the user asks
 * @param turns the model's replies in order; after the last one it says that it is done. A turn that only plans would end the session of
 *     an agent without a plan tool: it is joined with the next one
 */
public record Scenario(String name, String prompt, List<Turn> turns) {
    /** Before the text of a step of a plan that is told as done. */
    public static final String DONE = "[x] ";

    public Scenario {
        turns = List.copyOf(joined(turns));
    }

    /**
     * One reply.
     *
     * @param prompt what the user asks before it; empty: nothing. The built-in agent alone is asked more than once
     * @param thought what the model reasons before it says anything; empty: nothing. Claude Code and Codex alone are sent it
     * @param say text, may be empty
     * @param plan the steps that the model plans, those that are done with {@link Scenario#DONE}; may be empty; said as text to an agent
     *     without a plan tool
     * @param steps tool calls, may be empty
     * @param delay how long the model thinks
     */
    public record Turn(String prompt, String thought, String say, List<String> plan, List<Step> steps, Duration delay) {
        public Turn {
            plan = List.copyOf(plan);
            steps = List.copyOf(steps);
        }

        /** A reply without a thought. */
        public Turn(String prompt, String say, List<String> plan, List<Step> steps, Duration delay) {
            this(prompt, "", say, plan, steps, delay);
        }

        /** A reply to what was asked in the beginning. */
        public Turn(String say, List<String> plan, List<Step> steps, Duration delay) {
            this("", say, plan, steps, delay);
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

        private Turn before(Turn next) {
            return new Turn(
                    prompt,
                    next.thought().isEmpty() ? thought : thought + "\n\n" + next.thought(),
                    next.say().isEmpty() ? say : say + "\n\n" + next.say(),
                    plan,
                    next.steps(),
                    delay.plus(next.delay()));
        }
    }

    /** What the model wants done, in words that hold for every agent. */
    public sealed interface Step {
        /** @param escalated outside of the sandbox that the agent keeps for itself; one without it runs it like any command */
        record Shell(String command, String reason, boolean escalated) implements Step {
            public Shell(String command, String reason) {
                this(command, reason, false);
            }
        }

        record Read(String path) implements Step {}

        record Edit(String path, String before, String after) implements Step {}

        /** A tool that only some agents have, by the name under which they offer it, such as one of an MCP server. */
        record Tool(String name, Map<String, String> arguments) implements Step {
            public Tool {
                arguments = Map.copyOf(arguments);
            }
        }
    }

    private static List<Turn> joined(List<Turn> turns) {
        List<Turn> joined = new ArrayList<>();
        for (int i = 0; i < turns.size(); i++) {
            Turn turn = turns.get(i);
            boolean onlyPlans = !turn.plan().isEmpty() && turn.endsTheSession();
            if (onlyPlans && i + 1 < turns.size() && turns.get(i + 1).plan().isEmpty()) {
                joined.add(turn.before(turns.get(++i)));
            } else {
                joined.add(turn);
            }
        }
        return joined;
    }
}
