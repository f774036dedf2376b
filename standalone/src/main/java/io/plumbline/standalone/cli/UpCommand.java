package io.plumbline.standalone.cli;

import io.plumbline.standalone.Layout;
import io.plumbline.standalone.ProcessTree;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.Secrets;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Starts the process tree in the background and waits until it is ready. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = "Start everything in the background and wait until it is ready.")
final class UpCommand implements Callable<Integer> {
    @Option(names = "--console-port", defaultValue = "0", description = "Port of the console; 0 takes a free one.")
    private int consolePort;

    @Option(
            names = "--ingest-port",
            defaultValue = "0",
            description = "Port of the door for agents; 0 takes a free one.")
    private int ingestPort;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Layout layout = Layout.current();
        PrintWriter out = spec.commandLine().getOut();
        RunState running = ProcessTree.start(layout, consolePort, ingestPort, out);
        out.println("console   " + running.endpoint("console"));
        out.println("user      admin");
        out.println("password  " + Secrets.read(new Secrets(layout).adminPassword()));
        out.flush();
        return 0;
    }
}
