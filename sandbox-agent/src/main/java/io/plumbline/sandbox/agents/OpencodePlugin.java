package io.plumbline.sandbox.agents;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/** The plugin that gives opencode hooks in Claude Code's shape: it hands each call to a command and obeys its answer. */
final class OpencodePlugin {
    private static final String SOURCE = """
            // Asks the security platform before each tool call. Whatever goes wrong refuses the call.
            import { spawn } from "node:child_process"

            const COMMAND = ["%s", "hook", "%s", "/hooks/opencode", "%d"]

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

    /**
     * @param program the guest program
     * @param socket of the door
     * @param seconds how long it waits for an answer
     */
    static String source(String program, String socket, int seconds) {
        return SOURCE.formatted(quoted(program), quoted(socket), seconds);
    }

    private static String quoted(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }
}
