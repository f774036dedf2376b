package io.plumbline.standalone.cli;

import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.ProcessTree;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Stops the process tree in order. */
@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description = "Stop everything in order; sessions that still run are ended. Data stays.")
final class DownCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        boolean stopped = ProcessTree.stop(Layout.current());
        out.println(stopped ? "stopped" : "not running");
        out.flush();
        return stopped ? ExitCodes.OK : ExitCodes.NOT_RUNNING;
    }
}
