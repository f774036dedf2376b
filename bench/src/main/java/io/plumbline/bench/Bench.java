package io.plumbline.bench;

import io.plumbline.events.Version;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The benchmarks' command line: one subcommand each. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        version = "plumbline " + Version.CURRENT,
        description = {
            "Measure the platform on this machine, in real sandboxes.",
            "Starts everything when it does not run, and stops what it started."
        },
        synopsisSubcommandLabel = "NAME",
        footer = {"", "Exit codes: 0 every target met, 1 missed or failed, 2 usage, 5 machine unfit."},
        subcommands = {
            FreezeBench.class,
            GateBench.class,
            BarrierBench.class,
            LossBench.class,
            SessionBench.class,
            TelemetryBench.class,
            SandboxBench.class,
            RulesBench.class,
            WatchBench.class,
            ModelBench.class,
            ConsoleBench.class
        })
public final class Bench {
    private Bench() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments.length == 0 ? new String[] {"--help"} : arguments));
    }

    static CommandLine commandLine() {
        CommandLine commands = new CommandLine(new Bench());
        commands.setExecutionExceptionHandler((exception, command, parsed) -> {
            PrintWriter err = command.getErr();
            if (exception instanceof CommandException failure) {
                err.println("bench: " + failure.line());
                return failure.exitCode();
            }
            err.println("bench: unexpected " + exception);
            return ExitCodes.FAILED;
        });
        commands.setParameterExceptionHandler((exception, arguments) -> {
            exception.getCommandLine().getErr().println("bench: " + message(exception));
            return ExitCodes.USAGE;
        });
        return commands;
    }

    private static String message(ParameterException exception) {
        CommandLine failed = exception.getCommandLine();
        boolean root = failed.getParent() == null;
        if (root && exception instanceof UnmatchedArgumentException unmatched) {
            return "unknown benchmark '" + unmatched.getUnmatched().getFirst() + "' (expected: one of "
                    + String.join(", ", failed.getSubcommands().keySet()) + ")";
        }
        return exception.getMessage() + " (expected: see plumbline bench " + (root ? "" : failed.getCommandName() + " ")
                + "--help)";
    }
}
