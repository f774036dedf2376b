package io.plumbline.sandbox.container;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.sandbox.runtime.Command;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** A runtime's command line: the program and the arguments that every call begins with. */
record RuntimeProgram(List<String> prefix) {
    private static final ObjectMapper JSON = new ObjectMapper();

    RuntimeProgram {
        prefix = List.copyOf(prefix);
    }

    List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(arguments);
        return List.copyOf(command);
    }

    /** Its status and what it printed, at most 1 MiB. A program that takes longer than {@code limit} is killed. */
    Command.Result run(List<String> arguments, Duration limit) throws ContainerException {
        try {
            return Command.run(command(arguments), limit);
        } catch (TimeoutException e) {
            throw new ContainerException(
                    ContainerException.Reason.LATE, name() + ": no answer in " + limit.toMillis() + " ms", e);
        } catch (IOException e) {
            throw new ContainerException(ContainerException.Reason.UNREACHABLE, name() + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ContainerException(ContainerException.Reason.UNREACHABLE, name() + ": interrupted", e);
        }
    }

    /** What it printed; refused when its status is not 0. */
    String output(List<String> arguments, Duration limit) throws ContainerException {
        Command.Result result = run(arguments, limit);
        if (!result.succeeded()) {
            throw refused(arguments, result);
        }
        return result.output();
    }

    ContainerException refused(List<String> arguments, Command.Result result) {
        String line = result.output().lines().reduce("", (first, second) -> second.isBlank() ? first : second);
        return new ContainerException(
                ContainerException.Reason.REFUSED,
                name() + " " + String.join(" ", arguments) + ": status " + result.code() + ": "
                        + line.substring(0, Math.min(line.length(), 300)));
    }

    /** The JSON in an output; a program may print warnings on lines before it. */
    JsonNode json(String output) throws ContainerException {
        int from = output.startsWith("{") || output.startsWith("[") ? 0 : output.indexOf("\n{") + 1;
        try {
            return JSON.readTree(output.substring(from));
        } catch (JsonProcessingException e) {
            throw new ContainerException(ContainerException.Reason.UNREACHABLE, name() + ": its answer is no JSON", e);
        }
    }

    private String name() {
        return prefix.getFirst();
    }
}
