package io.plumbline.events.claims;

import static io.plumbline.events.claims.ToolArguments.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Plans that agents write down with a tool of theirs. */
final class Plans {
    /** Lines of a message that are looked at; what follows stays in the last one. */
    private static final int MAX_LINES = 400;

    private static final Pattern HEADING = Pattern.compile("(?i)[#* ]{0,6}[a-z' ]{0,30}plan( is)?:?[* ]{0,4}");
    private static final Pattern ITEM = Pattern.compile("(?:[0-9]{1,3}[.)]|[-*])\\s+(.{1,500})");

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

    /**
     * The plan that stands in a message as text: a line "Plan:" (or "My plan is:" and the like) and the numbered or dashed
     * lines that follow it. Agents without a planning tool write it so. Empty when there is none.
     */
    static Optional<Plan> inText(String message) {
        Plan.Builder plan = Plan.newBuilder();
        boolean inside = false;
        for (String line : message.split("\n", MAX_LINES)) {
            String text = line.strip();
            if (!inside) {
                inside = HEADING.matcher(text).matches();
                continue;
            }
            Matcher item = ITEM.matcher(text);
            if (item.matches()) {
                plan.addItems(PlanItem.newBuilder().setText(item.group(1)).setStatus("pending"));
            } else if (!text.isEmpty() || plan.getItemsCount() > 0) {
                break;
            }
        }
        return plan.getItemsCount() == 0 ? Optional.empty() : Optional.of(plan.build());
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
