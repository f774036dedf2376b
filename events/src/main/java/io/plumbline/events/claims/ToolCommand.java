package io.plumbline.events.claims;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Optional;

/** The shell command in the arguments of a tool call, as the watcher takes it from them. */
public final class ToolCommand {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ToolCommand() {}

    /**
     * Reads the arguments.
     *
     * @param tool as the agent names it; those of servers and patches run no command, whatever their arguments are called
     * @param argumentsJson as the agent gave them
     * @return empty where they hold no command, or are not one JSON value
     */
    public static Optional<String> in(String tool, String argumentsJson) {
        try {
            return Optional.of(ToolArguments.call(tool, JSON.readTree(argumentsJson), argumentsJson)
                            .getCommand())
                    .filter(command -> !command.isEmpty());
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
