package io.plumbline.standalone.session;

import io.plumbline.standalone.model.Scenario;
import java.util.List;

/** The command line that starts an agent on a script, without a terminal. */
final class AgentCommand {
    private AgentCommand() {}

    /** @param agent one of {@link AgentInstaller#names} */
    static List<String> of(String agent, Scenario scenario) {
        return switch (agent) {
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
            default ->
                throw new IllegalArgumentException("agent: " + agent + " (expected: " + AgentInstaller.names() + ")");
        };
    }
}
