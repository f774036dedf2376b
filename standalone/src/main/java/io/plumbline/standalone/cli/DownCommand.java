package io.plumbline.standalone.cli;

import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Stops the process tree in order. */
@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description = "Stop everything in order; sessions that still run are ended. Data stays.")
final class DownCommand implements Callable<Integer> {
    private static final long LIMIT_SECONDS = 120;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        boolean stopped = stop(Layout.current());
        out.println(stopped ? "stopped" : "not running");
        out.flush();
        return stopped ? ExitCodes.OK : ExitCodes.NOT_RUNNING;
    }

    /** False when nothing ran. */
    static boolean stop(Layout layout) throws InterruptedException {
        Optional<RunState> running = RunState.read(layout.runState()).filter(RunState::alive);
        if (running.isEmpty()) {
            return false;
        }
        ProcessHandle supervisor = ProcessHandle.of(running.get().pid()).orElseThrow();
        supervisor.destroy();
        try {
            supervisor.onExit().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new CommandException("the supervisor (pid " + supervisor.pid() + ") still runs after " + LIMIT_SECONDS
                    + " s (log: " + layout.log("supervisor") + ")");
        }
        return true;
    }
}
