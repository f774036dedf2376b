package io.plumbline.events.claims;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.events.shell.ShellCommands;
import io.plumbline.events.v1.ToolCall;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the arguments of a tool call say: the shell command, the files, the reason. */
final class ToolArguments {
    /** Names of the arguments that hold a path in the agents' own reading and editing tools. */
    private static final List<String> PATH_ARGUMENTS =
            List.of("file_path", "notebook_path", "path", "absolute_path", "filePath", "dir_path");

    private static final List<String> PATCH_MARKS =
            List.of("*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: ");

    private ToolArguments() {}

    static ToolCall.Builder call(String tool, JsonNode arguments, String argumentsJson) {
        ToolCall.Builder call = ToolCall.newBuilder().setTool(tool).setArgumentsJson(argumentsJson);
        Optional<McpTool> named = McpTool.of(tool);
        named.ifPresent(server -> call.setMcpServer(server.server()).setMcpTool(server.tool()));
        boolean mcp = named.isPresent();
        String command = mcp ? "" : command(arguments);
        if (isPatch(tool, command)) {
            call.addAllPaths(patchedFiles(command.isEmpty() ? text(arguments, "input", "patch") : command));
        } else {
            call.setCommand(command);
        }
        if (!mcp) {
            for (String name : PATH_ARGUMENTS) {
                String path = text(arguments, name);
                if (!path.isEmpty()) {
                    call.addPaths(path);
                }
            }
        }
        return call.setStatedReason(text(arguments, "description", "justification", "explanation"));
    }

    /**
     * Where a call runs: agents that let a command run elsewhere name the folder in one argument, from where they are. What another agent
     * calls it means nothing to this one. Empty: the argument is no text.
     */
    static String folder(AgentDialect dialect, String cwd, JsonNode arguments) {
        JsonNode argument = arguments.path(dialect.folderArgument());
        if (command(arguments).isEmpty() || argument.isMissingNode() || argument.isNull()) {
            return cwd;
        }
        if (!argument.isTextual()) {
            return "";
        }
        String named = argument.textValue();
        if (named.isEmpty()) {
            return cwd;
        }
        if (named.startsWith("/")) {
            return normalised(named);
        }
        return cwd.startsWith("/") ? normalised(cwd + "/" + named) : cwd;
    }

    /** Without empty parts, dots and double dots; as names, since links are not known here. */
    private static String normalised(String path) {
        Deque<String> parts = new ArrayDeque<>();
        for (String part : path.split("/")) {
            if (part.equals("..")) {
                parts.pollLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.addLast(part);
            }
        }
        return "/" + String.join("/", parts);
    }

    /** Codex hands a patch over as the raw text of the arguments. */
    static ToolCall.Builder patch(String tool, String patch) {
        return ToolCall.newBuilder().setTool(tool).setArgumentsJson(patch).addAllPaths(patchedFiles(patch));
    }

    private static boolean isPatch(String tool, String command) {
        return tool.equals("apply_patch") || command.startsWith("*** Begin Patch");
    }

    /**
     * A command is a text, or an argument vector as in {@code ["bash","-lc","ls"]}. What Codex types into a program that runs already
     * ({@code chars}) is one as well, where it is more than keys such as Enter.
     */
    static String command(JsonNode arguments) {
        for (String name : List.of("command", "cmd")) {
            JsonNode command = arguments.path(name);
            if (command.isTextual()) {
                return command.textValue();
            }
            if (command.isArray() && !command.isEmpty()) {
                List<String> words = new ArrayList<>();
                command.forEach(word -> words.add(word.asText()));
                return ShellCommands.line(words);
            }
        }
        String typed = text(arguments, "chars");
        return typed.chars().anyMatch(c -> c > ' ' && c != 0x7f) ? typed : "";
    }

    private static Set<String> patchedFiles(String patch) {
        Set<String> files = new LinkedHashSet<>();
        patch.lines().forEach(line -> {
            for (String mark : PATCH_MARKS) {
                if (line.startsWith(mark)) {
                    files.add(line.substring(mark.length()).strip());
                }
            }
        });
        return files;
    }

    /** The first of these arguments that is a text; empty when none is. */
    static String text(JsonNode node, String... names) {
        for (String name : names) {
            JsonNode value = node.path(name);
            if (value.isTextual()) {
                return value.textValue();
            }
        }
        return "";
    }
}
