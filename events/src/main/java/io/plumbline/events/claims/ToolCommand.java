package io.plumbline.events.claims;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;

/** The shell command in the arguments of a tool call, as the watcher takes it from them. */
public final class ToolCommand {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ToolCommand() {}

    /**
     * Reads the arguments.
     *
     * @param argumentsJson as the agent gave them
     * @return empty where they hold no command, or are no JSON
     */
    public static Optional<String> in(String argumentsJson) {
        try {
            return Optional.of(ToolArguments.command(JSON.readTree(argumentsJson)))
                    .filter(command -> !command.isEmpty());
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
