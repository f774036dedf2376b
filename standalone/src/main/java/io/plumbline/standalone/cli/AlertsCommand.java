package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists alerts. */
@Command(name = "alerts", mixinStandardHelpOptions = true, description = "List alerts, newest first.")
final class AlertsCommand implements Callable<Integer> {
    @Option(names = "--session", paramLabel = "SESSION", description = "Of this session only.", defaultValue = "")
    private String session;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        JsonNode answer = ConsoleApi.of(Layout.current()).alerts(session);
        if (json) {
            out.println(answer.toPrettyString());
        } else {
            Table table = new Table("SEVERITY", "KIND", "SESSION", "SEEN");
            for (JsonNode row : answer.path("alerts")) {
                table.row(
                        row.path("severity").asText(),
                        row.path("kind").asText(),
                        SessionsCommand.named(row.path("session").asText(), row),
                        row.path("seen").asText());
            }
            out.print(table);
        }
        out.flush();
        return ExitCodes.OK;
    }
}
