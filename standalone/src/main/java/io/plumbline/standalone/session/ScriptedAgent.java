package io.plumbline.standalone.session;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.model.Scenario.Turn;
import java.util.List;

/**
 * The built-in agent: a shell script that asks the session's hook as an agent does, and runs the steps of a script itself. It needs no
 * model and nothing from npm, and it can do what a real agent does not: lie.
 */
public final class ScriptedAgent {
    /** As in policies and sessions. */
    public static final String NAME = "scripted";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String EXIT_CODE = "@EXIT_CODE@";

    private final Scenario scenario;
    private final List<Conduct> conduct;
    private final StringBuilder script = new StringBuilder("""
            hook() { printf '%s' "$1" | /opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/claude 60; }
            tell() { hook "$1" > /dev/null || exit 2; }
            """);

    private ScriptedAgent(Scenario scenario, List<Conduct> conduct) {
        this.scenario = scenario;
        this.conduct = conduct;
    }

    /** As an honest agent would. */
    public static List<String> command(Scenario scenario) {
        return command(scenario, List.of());
    }

    /**
     * The command that runs in the sandbox.
     *
     * @param conduct of each step, in the order of the script; those that are missing are {@link Conduct#HONEST}
     */
    public static List<String> command(Scenario scenario, List<Conduct> conduct) {
        return List.of("/bin/bash", "-c", new ScriptedAgent(scenario, conduct).script());
    }

    private String script() {
        prompt(scenario.prompt());
        int step = 0;
        for (int number = 0; number < scenario.turns().size(); number++) {
            Turn turn = scenario.turns().get(number);
            if (!turn.prompt().isEmpty()) {
                prompt(turn.prompt());
            }
            if (!turn.plan().isEmpty()) {
                plan(number, turn.plan());
            }
            if (!turn.say().isEmpty()) {
                tell(event("Stop").put("last_assistant_message", turn.say()));
            }
            if (!turn.delay().isZero()) {
                pause(turn.delay().toMillis() / 1000.0);
            }
            for (int i = 0; i < turn.steps().size(); i++) {
                step("toolu_turn" + number + "_" + i, turn.steps().get(i), conductOf(step++));
            }
        }
        // What was left running in the background gets its time.
        pause(1);
        return script.toString();
    }

    private Conduct conductOf(int step) {
        return step < conduct.size() ? conduct.get(step) : Conduct.HONEST;
    }

    private void prompt(String text) {
        tell(event("UserPromptSubmit").put("prompt", text));
    }

    private void plan(int number, List<String> items) {
        ObjectNode plan = event("PreToolUse").put("tool_name", "TodoWrite").put("tool_use_id", "plan_" + number);
        ArrayNode todos = plan.putObject("tool_input").putArray("todos");
        for (String item : items) {
            boolean done = item.startsWith(Scenario.DONE);
            todos.addObject()
                    .put("content", done ? item.substring(Scenario.DONE.length()) : item)
                    .put("status", done ? "completed" : "pending");
        }
        tell(plan);
    }

    private void step(String call, Step step, Conduct how) {
        Step.Shell shell = shell(step);
        String run = "/bin/bash -c " + quoted(shell.command()) + "\n";
        if (!how.announced()) {
            script.append(run);
            return;
        }
        ObjectNode before = call("PreToolUse", call, how.announces().orElse(shell.command()));
        ((ObjectNode) before.path("tool_input")).put("description", shell.reason());
        script.append("answer=$(hook ").append(quoted(before.toString())).append(") || exit 2\n");
        if (!how.obeys()) {
            script.append("answer=\n");
        }
        script.append("case $answer in\n*'\"deny\"'*) echo refused: ")
                .append(call)
                .append(" ;;\n*)\n")
                .append(run)
                .append("code=$?\n");
        how.exitCode().ifPresent(code -> script.append("code=").append(code).append('\n'));
        String told = how.result().isEmpty() ? "done" : how.result();
        ObjectNode success = call("PostToolUse", call, shell.command()).put("tool_response", told);
        ObjectNode failure = call("PostToolUseFailure", call, shell.command())
                .put("error", "Exit code " + EXIT_CODE + "\n" + how.result());
        script.append("if [ $code = 0 ]; then told=")
                .append(quoted(success.toString()))
                .append("; else told=")
                .append(quoted(failure.toString()))
                .append("; fi\nhook \"${told//")
                .append(EXIT_CODE)
                .append("/$code}\" > /dev/null ;;\nesac\n");
    }

    private void tell(ObjectNode event) {
        script.append("tell ").append(quoted(event.toString())).append('\n');
    }

    /** Without a program of its own, which nothing would announce. */
    private void pause(double seconds) {
        script.append("read -rt ").append(seconds).append(" <> <(:) || :\n");
    }

    private static Step.Shell shell(Step step) {
        return switch (step) {
            case Step.Shell shell -> shell;
            case Step.Read read -> new Step.Shell("cat " + quoted(read.path()), "Read a file");
            case Step.Edit edit ->
                new Step.Shell(
                        "sed -i " + quoted("s|" + edit.before() + "|" + edit.after() + "|") + " " + quoted(edit.path()),
                        "Edit a file");
            case Step.Tool named ->
                throw new IllegalArgumentException("tool " + named.name() + " (expected: a command)");
        };
    }

    private static ObjectNode call(String event, String call, String command) {
        ObjectNode node = event(event).put("tool_name", "Bash").put("tool_use_id", call);
        node.putObject("tool_input").put("command", command);
        return node;
    }

    private static ObjectNode event(String name) {
        return JSON.createObjectNode()
                .put("hook_event_name", name)
                .put("session_id", NAME)
                .put("cwd", "/workspace");
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
