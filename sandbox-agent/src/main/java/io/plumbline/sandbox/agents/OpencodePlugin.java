package io.plumbline.sandbox.agents;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.List;
import java.util.stream.Collectors;

/** The plugin that gives opencode hooks in Claude Code's shape: it hands each call to a command and obeys its answer. */
final class OpencodePlugin {
    private static final String SOURCE = """
            // Asks the security platform before each tool call. Whatever goes wrong refuses the call.
            import { spawn } from "node:child_process"

            const COMMAND = [%s]

            const ask = (body) =>
              new Promise((resolve, reject) => {
                const hook = spawn(COMMAND[0], COMMAND.slice(1), { stdio: ["pipe", "pipe", "pipe"] })
                let out = ""
                let err = ""
                hook.stdout.on("data", (data) => (out += data))
                hook.stderr.on("data", (data) => (err += data))
                hook.on("error", reject)
                hook.stdin.on("error", () => {})
                hook.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(err.trim() || "the hook failed"))))
                hook.stdin.end(JSON.stringify(body))
              })

            const tell = (body) => ask(body).catch(() => {})

            export const Plumbline = async ({ directory }) => ({
              "chat.message": async (input, output) => {
                const text = output.parts.filter((part) => part.type === "text").map((part) => part.text).join("\\n")
                await ask({ hook_event_name: "UserPromptSubmit", session_id: input.sessionID, cwd: directory, prompt: text })
              },
              "tool.execute.before": async (input, output) => {
                const answer = JSON.parse(await ask({
                  hook_event_name: "PreToolUse", session_id: input.sessionID, cwd: directory,
                  tool_name: input.tool, tool_use_id: input.callID, tool_input: output.args,
                }))
                const decision = answer.hookSpecificOutput
                if (!decision || decision.permissionDecision !== "allow") {
                  throw new Error((decision && decision.permissionDecisionReason) || "refused by policy")
                }
              },
              "tool.execute.after": async (input, output) => {
                await tell({
                  hook_event_name: "PostToolUse", session_id: input.sessionID, cwd: directory,
                  tool_name: input.tool, tool_use_id: input.callID, tool_input: input.args, tool_response: output.output,
                })
              },
            })
            """;

    private OpencodePlugin() {}

    /** @param command program and arguments of the hook */
    static String source(List<String> command) {
        return SOURCE.formatted(command.stream()
                .map(word -> "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(word)) + "\"")
                .collect(Collectors.joining(", ")));
    }
}
