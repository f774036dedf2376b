package io.plumbline.events.claims;

import static io.plumbline.events.claims.ToolArguments.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import java.util.Optional;

/** Plans that agents write down with a tool of theirs. */
final class Plans {
    private Plans() {}

    /** The plan that a call of a planning tool carries; empty for other tools. */
    static Optional<Plan> of(String tool, JsonNode arguments, String call) {
        return switch (tool) {
            // Claude Code, Qwen Code, Gemini CLI: the whole list each time.
            case "TodoWrite", "todo_write", "write_todos" ->
                Optional.of(list(arguments.path("todos"), call).build());
            // Codex.
            case "update_plan" -> Optional.of(list(arguments.path("plan"), call).build());
            // Claude Code's later task tools: one item each time.
            case "TaskCreate" ->
                Optional.of(Plan.newBuilder()
                        .setCall(call)
                        .setIncremental(true)
                        .addItems(PlanItem.newBuilder()
                                .setText(joined(text(arguments, "subject"), text(arguments, "description")))
                                .setStatus("pending"))
                        .build());
            case "TaskUpdate" ->
                Optional.of(Plan.newBuilder()
                        .setCall(call)
                        .setIncremental(true)
                        .addItems(PlanItem.newBuilder()
                                .setItem(scalar(arguments, "taskId", "task_id", "id"))
                                .setText(joined(text(arguments, "subject"), text(arguments, "description")))
                                .setStatus(text(arguments, "status")))
                        .build());
            default -> Optional.empty();
        };
    }

    private static Plan.Builder list(JsonNode items, String call) {
        Plan.Builder plan = Plan.newBuilder().setCall(call);
        for (JsonNode item : items) {
            plan.addItems(PlanItem.newBuilder()
                    .setText(item.isTextual() ? item.textValue() : text(item, "content", "step", "description", "text"))
                    .setStatus(text(item, "status"))
                    .setItem(scalar(item, "id")));
        }
        return plan;
    }

    private static String joined(String subject, String description) {
        return subject.isEmpty() || description.isEmpty() ? subject + description : subject + ": " + description;
    }

    private static String scalar(JsonNode node, String... names) {
        for (String name : names) {
            JsonNode value = node.path(name);
            if (value.isValueNode() && !value.isNull()) {
                return value.asText();
            }
        }
        return "";
    }
}
