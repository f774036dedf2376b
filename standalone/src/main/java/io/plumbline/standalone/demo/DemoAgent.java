package io.plumbline.standalone.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.model.Scenario.Turn;
import java.util.List;

/**
 * How an agent is started on a scenario.
 *
 * @param name as in policies and sessions
 * @param label for people: which agent, which version, or that it is the built-in fallback
 */
record DemoAgent(String name, String label) {
    private static final String FALLBACK = "scripted";
    private static final ObjectMapper JSON = new ObjectMapper();

    static DemoAgent of(AgentInstaller.Known known) {
        return new DemoAgent(known.name(), known.name() + " " + known.version());
    }

    /** The agent for machines that cannot reach npm: it announces and runs the script's steps itself. */
    static DemoAgent fallback() {
        return new DemoAgent(FALLBACK, "built-in scripted agent (fallback, not a real agent)");
    }

    List<String> command(Scenario scenario) {
        return switch (name) {
            case "claude-code" ->
                List.of(
                        "claude",
                        "-p",
                        scenario.prompt(),
                        "--model",
                        "claude-sonnet-4-5",
                        "--output-format",
                        "stream-json",
                        "--verbose");
            // A model that Codex does not know gets its plain shell tool, which is what the script speaks.
            case "codex" ->
                List.of(
                        "codex",
                        "exec",
                        "--json",
                        "--skip-git-repo-check",
                        "--model",
                        "scripted-model",
                        scenario.prompt());
            case "gemini" ->
                List.of(
                        "gemini",
                        "-p",
                        scenario.prompt(),
                        "--approval-mode",
                        "yolo",
                        "-m",
                        "gemini-2.5-pro",
                        "-o",
                        "json");
            case "qwen" -> List.of("qwen", "-p", scenario.prompt(), "--approval-mode", "yolo", "-o", "json");
            case "opencode" -> List.of("opencode", "run", "--format", "json", scenario.prompt());
            default -> List.of("/bin/bash", "-c", script(scenario));
        };
    }

    /** A shell script that does what an agent would: ask the hook, obey it, run, tell the result. */
    private static String script(Scenario scenario) {
        StringBuilder script = new StringBuilder("""
                hook() { printf '%s' "$1" | /opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/claude 20; }
                """);
        script.append("hook ")
                .append(quoted(event("UserPromptSubmit")
                        .put("prompt", scenario.prompt())
                        .toString()))
                .append(" > /dev/null || exit 2\n");
        int number = 0;
        for (Turn turn : scenario.turns()) {
            if (!turn.plan().isEmpty()) {
                ObjectNode plan =
                        event("PreToolUse").put("tool_name", "TodoWrite").put("tool_use_id", "plan_" + number);
                var todos = plan.putObject("tool_input").putArray("todos");
                turn.plan()
                        .forEach(item -> todos.addObject().put("content", item).put("status", "pending"));
                script.append("hook ").append(quoted(plan.toString())).append(" > /dev/null || exit 2\n");
            }
            // A pause without a program of its own: nothing would announce it.
            script.append("read -rt ").append(turn.delay().toMillis() / 1000.0).append(" <> <(:) || :\n");
            for (Step step : turn.steps()) {
                number++;
                announce(script, "call_" + number, shell(step));
            }
        }
        return script.append("read -rt 2 <> <(:) || :\n").toString();
    }

    private static void announce(StringBuilder script, String call, Step.Shell step) {
        ObjectNode before = event("PreToolUse").put("tool_name", "Bash").put("tool_use_id", call);
        before.putObject("tool_input").put("command", step.command()).put("description", step.reason());
        ObjectNode after = event("PostToolUse").put("tool_name", "Bash").put("tool_use_id", call);
        after.putObject("tool_input").put("command", step.command());
        after.put("tool_response", "done");
        script.append("answer=$(hook ")
                .append(quoted(before.toString()))
                .append(") || exit 2\ncase $answer in *'\"deny\"'*) echo denied; exit 3 ;; esac\n/bin/bash -c ")
                .append(quoted(step.command()))
                .append("\nhook ")
                .append(quoted(after.toString()))
                .append(" > /dev/null\n");
    }

    private static Step.Shell shell(Step step) {
        return switch (step) {
            case Step.Shell shell -> shell;
            case Step.Read read -> new Step.Shell("cat " + read.path(), "Read a file");
            case Step.Edit edit ->
                new Step.Shell("sed -i 's|" + edit.before() + "|" + edit.after() + "|' " + edit.path(), "Edit a file");
        };
    }

    private static ObjectNode event(String name) {
        return JSON.createObjectNode()
                .put("hook_event_name", name)
                .put("session_id", "scripted")
                .put("cwd", "/workspace");
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
