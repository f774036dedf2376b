package io.plumbline.standalone.cli;

import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.ProcessTree;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.Secrets;
import io.plumbline.standalone.demo.Demo;
import io.plumbline.standalone.session.FollowedSession;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the demo. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Start everything, run a real agent twice in real sandboxes, and show what became of it.",
            "Exit code 0 only if the honest session was left alone and the other one was frozen."
        })
final class DemoCommand implements Callable<Integer> {
    @Option(
            names = "--once",
            description = "Do not stay up: kill the frozen session as a person would, print a report, stop everything.")
    private boolean once;

    @Option(
            names = "--agent",
            defaultValue = "claude-code",
            description = "claude-code or codex (default: ${DEFAULT-VALUE}).")
    private String agent;

    @Option(names = "--json", description = "With --once: print the report as one JSON object at the end.")
    private boolean json;

    @Option(names = "--console-port", defaultValue = "0", description = "Port of the console; 0 takes a free one.")
    private int consolePort;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Layout layout = Layout.current();
        PrintWriter out = spec.commandLine().getOut();
        layout.create();
        boolean ours = RunState.read(layout.runState()).filter(RunState::alive).isEmpty();
        RunState running = ProcessTree.start(layout, consolePort, 0, out);
        Thread stop = new Thread(() -> stop(layout));
        if (ours) {
            Runtime.getRuntime().addShutdownHook(stop);
        }
        Demo.Outcome outcome =
                Demo.run(layout, running, agent, out, once, frozen -> hold(layout, running, frozen, out));
        if (once && json) {
            out.println(outcome.json());
        }
        out.println(
                outcome.fault().map(fault -> "demo: NOT AS STATED: " + fault).orElse("demo: both outcomes as stated"));
        out.flush();
        return outcome.fault().isEmpty() ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private void hold(Layout layout, RunState running, FollowedSession frozen, PrintWriter out)
            throws InterruptedException {
        if (once) {
            return;
        }
        out.println();
        out.println("console   " + running.endpoint("console") + "/session/" + frozen.id(Duration.ofSeconds(1)));
        out.println("user      admin");
        out.println("password  " + Secrets.read(new Secrets(layout).adminPassword()));
        out.println("The session is frozen; Thaw or Kill it in the console. Ctrl-C stops everything.");
        out.flush();
        while (!frozen.ended()) {
            Thread.sleep(Duration.ofMillis(500));
        }
        out.println("The session was ended. The console stays up; Ctrl-C stops everything.");
        out.flush();
        Thread.sleep(Duration.ofDays(365));
    }

    private static void stop(Layout layout) {
        try {
            ProcessTree.stop(layout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
