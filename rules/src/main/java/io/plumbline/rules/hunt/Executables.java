package io.plumbline.rules.hunt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventLimits;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which program each process of a session runs. Documents tell it where it starts; those of its other acts get it when they are read, as the
 * watcher has it from its table of processes.
 */
final class Executables {
    /** What documents that tell it are about. */
    static final List<String> ACTIONS = List.of("process-started", "process-forked");

    private record Program(String executable, String commandLine) {}

    private final Map<String, Program> programs = new HashMap<>();
    private String session = "";

    /**
     * Takes the next document of a session, in the order of their time; a document of another session begins anew.
     *
     * @param document of an act gets {@code process.executable} and {@code process.command_line}, where they are known
     */
    void complete(JsonNode document) {
        String next = document.at("/plumbline/session").asText();
        if (!next.equals(session)) {
            programs.clear();
            session = next;
        }
        if (!(document.path("process") instanceof ObjectNode process)) {
            return;
        }
        String acting = process.path("entity_id").asText();
        switch (document.at("/event/action").asText()) {
            case "process-started" -> {
                if (document.at("/event/outcome").asText().equals("success")) {
                    programs.put(
                            acting,
                            new Program(
                                    process.path("executable").asText(),
                                    EventLimits.commandLine(
                                            process.path("command_line").asText())));
                }
            }
            case "process-forked" -> {
                Program parent = programs.get(acting);
                String child = document.at("/plumbline/child/entity_id").asText();
                if (parent != null && !child.equals(acting)) {
                    programs.put(child, parent);
                }
            }
            default -> {
                Program program = programs.get(acting);
                if (program != null) {
                    process.put("executable", program.executable()).put("command_line", program.commandLine());
                }
            }
        }
    }
}
