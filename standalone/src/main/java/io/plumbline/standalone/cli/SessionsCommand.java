package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists sessions, or shows one. */
@Command(name = "sessions", mixinStandardHelpOptions = true, description = "List sessions, or show one.")
final class SessionsCommand implements Callable<Integer> {
    @Parameters(paramLabel = "SESSION", arity = "0..1", description = "Show this session only.", defaultValue = "")
    private String session;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        ConsoleApi api = ConsoleApi.of(Layout.current());
        JsonNode answer = session.isEmpty() ? api.sessions() : api.session(session);
        if (json || !session.isEmpty()) {
            out.println(answer.toPrettyString());
        } else {
            Table table = new Table("SESSION", "STATE", "RISK", "ALERTS", "AGENT", "TASK");
            for (JsonNode row : answer.path("sessions")) {
                table.row(
                        row.path("session").asText(),
                        named(row.path("state").asText(), row),
                        row.path("risk").asText(),
                        row.path("alerts").asText(),
                        agent(row.path("agent").asText()),
                        row.path("task").asText());
            }
            out.print(table);
        }
        out.flush();
        return ExitCodes.OK;
    }

    /** A word about a session; behind it whether that runs without the kernel's own evidence. */
    static String named(String word, JsonNode row) {
        return row.path("degraded").asBoolean() ? word + " (degraded)" : word;
    }

    /** A program that nobody hears has no claims to hold its evidence against. */
    static String agent(String name) {
        return name.isEmpty() || name.equals("none") ? "no claims" : name;
    }
}
