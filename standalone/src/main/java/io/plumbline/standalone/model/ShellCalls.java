package io.plumbline.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.model.Scenario.Step;
import java.io.IOException;
import java.util.Set;

/** Steps as shell commands, for agents whose shell tool is {@code run_shell_command} (Gemini CLI, Qwen Code) or {@code bash} (opencode). */
final class ShellCalls {
    private ShellCalls() {}

    static Wire.Call call(String id, Step step, Set<String> tools) throws IOException {
        if (step instanceof Step.Tool named) {
            return named(id, named, tools);
        }
        ObjectNode arguments = JsonNodeFactory.instance.objectNode().put("command", command(step));
        arguments.put("description", step instanceof Step.Shell shell ? shell.reason() : "Work on a file");
        if (tools.contains("run_shell_command")) {
            return new Wire.Call(id, "run_shell_command", arguments.put("is_background", false));
        }
        if (tools.contains("bash")) {
            return new Wire.Call(id, "bash", arguments);
        }
        throw new IOException("the agent offers no shell tool (offered: " + tools + ")");
    }

    /** A tool that is no shell. */
    static Wire.Call named(String id, Step.Tool step, Set<String> tools) throws IOException {
        if (!tools.contains(step.name())) {
            throw new IOException("the agent offers no tool " + step.name() + " (offered: " + tools + ")");
        }
        ObjectNode arguments = JsonNodeFactory.instance.objectNode();
        step.arguments().forEach(arguments::put);
        return new Wire.Call(id, step.name(), arguments);
    }

    /** @throws IllegalArgumentException for a tool of the agent's own */
    static String command(Step step) {
        return switch (step) {
            case Step.Shell shell -> shell.command();
            case Step.Read read -> "cat " + quoted(read.path());
            case Step.Edit edit ->
                "sed -i " + quoted("s|" + edit.before() + "|" + edit.after() + "|") + " " + quoted(edit.path());
            case Step.Tool named -> throw new IllegalArgumentException("tool " + named.name() + " is no command");
        };
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
