package io.plumbline.standalone.scenario;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.session.Conduct;
import io.plumbline.standalone.session.ScriptedAgent;
import java.util.List;
import java.util.stream.Stream;

/**
 * One scenario, as written by hand.
 *
 * @param name lower case, unique among those that are run together
 * @param shows what it is there to show, one sentence
 * @param attack ids of MITRE ATT&CK techniques; none: honest work
 * @param agent of {@link io.plumbline.standalone.session.RealAgent#names}, or {@link ScriptedAgent#NAME}
 * @param script the task, and what the agent does
 * @param steps what is said of each step of the script, in its order
 * @param before sessions that are played before this one, in the same workspace and under the same policy, in this order
 */
public record ScenarioFile(
        String name,
        String shows,
        List<String> attack,
        String agent,
        ScenarioPolicy policy,
        ScenarioWorkspace workspace,
        Scenario script,
        List<ScriptedStep> steps,
        Expectation expected,
        List<ScenarioFile> before) {
    public ScenarioFile {
        attack = List.copyOf(attack);
        steps = List.copyOf(steps);
        before = List.copyOf(before);
    }

    /** All sessions in the order in which they are played; this one is the last. Each has a recording of its own, by its name. */
    public List<ScenarioFile> sessions() {
        return Stream.concat(before.stream(), Stream.of(this)).toList();
    }

    /**
     * What a scenario says of one step beside what is done in it.
     *
     * @param gate the answer that its announcement has to get; not looked at when it is not announced
     */
    public record ScriptedStep(Conduct conduct, GateDecision gate) {}

    /** Whether the built-in agent plays it. */
    public boolean isScripted() {
        return agent.equals(ScriptedAgent.NAME);
    }

    public boolean isAttack() {
        return !attack.isEmpty();
    }

    /**
     * Holds a session that played it against what it expects.
     *
     * @param events its telemetry and verdicts, each in its order
     */
    public ScenarioResult judge(List<Event> events) {
        Observed observed = Observed.of(script, events);
        return new ScenarioResult(this, observed, Comparison.differences(this, observed));
    }

    List<Conduct> conduct() {
        return steps.stream().map(ScriptedStep::conduct).toList();
    }

    /**
     * The same, played by another agent.
     *
     * @throws IllegalArgumentException when it needs the built-in one: it lies, or is asked more than once; or the agent that it names, whose tools it uses
     */
    public ScenarioFile playedBy(String other) {
        boolean onlyReal = script.turns().stream()
                .flatMap(turn -> turn.steps().stream())
                .anyMatch(Scenario.Step.Tool.class::isInstance);
        if (onlyReal && !other.equals(agent)) {
            throw new IllegalArgumentException(
                    "agent: " + other + " for " + name + " (expected: " + agent + ", whose tools it names)");
        }
        boolean onlyScripted = steps.stream().anyMatch(step -> !step.conduct().equals(Conduct.HONEST))
                || script.turns().stream().anyMatch(turn -> !turn.prompt().isEmpty());
        if (onlyScripted && !other.equals(ScriptedAgent.NAME)) {
            throw new IllegalArgumentException("agent: " + other + " for " + name
                    + " (expected: scripted, since it does what real agents do not)");
        }
        return new ScenarioFile(
                name,
                shows,
                attack,
                other,
                policy,
                workspace,
                script,
                steps,
                expected,
                before.stream().map(earlier -> earlier.playedBy(other)).toList());
    }
}
