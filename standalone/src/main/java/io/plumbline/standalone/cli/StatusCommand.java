package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what runs. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Show what runs. Exit code 0 only when everything is ready, 3 when nothing runs.")
final class StatusCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Optional<RunState> running = RunState.read(Layout.current().runState()).filter(RunState::alive);
        if (json) {
            ObjectMapper mapper = new ObjectMapper();
            ObjectNode status = running.map(state -> mapper.convertValue(state, ObjectNode.class))
                    .orElseGet(() -> mapper.createObjectNode().put("state", "down"));
            out.println(status);
        } else if (running.isEmpty()) {
            out.println("down");
        } else {
            out.println(running.get().state() + " (pid " + running.get().pid() + ")");
            Table table = new Table("PART", "PID", "RESTARTS", "ENDPOINT");
            for (String part : new TreeSet<>(running.get().children().keySet())) {
                table.row(
                        part,
                        String.valueOf(running.get().children().get(part)),
                        String.valueOf(running.get().restarts().getOrDefault(part, 0)),
                        running.get().endpoints().getOrDefault(part, "starting"));
            }
            out.print(table);
        }
        out.flush();
        return running.map(state -> state.state().equals("ready") ? ExitCodes.OK : ExitCodes.FAILED)
                .orElse(ExitCodes.NOT_RUNNING);
    }
}
