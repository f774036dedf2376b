package io.plumbline.standalone.cli;

import io.plumbline.events.Version;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.PrintWriter;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The root of the command line. */
@Command(
        name = "plumbline",
        mixinStandardHelpOptions = true,
        version = "plumbline " + Version.CURRENT,
        description = "Runtime security for autonomous coding agents.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Also: build, test [--fast], bench NAME [--json], mvn ARGS (see README.md).",
            "Exit codes: 0 done, 1 failed, 2 usage, 3 not running, 4 not found, 5 machine unfit."
        },
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            StatusCommand.class,
            DownCommand.class,
            DoctorCommand.class,
            RunCommand.class,
            AttachCommand.class,
            ReviewCommand.class,
            SessionsCommand.class,
            AlertsCommand.class,
            ApprovalsCommand.class,
            EvidenceCommand.class,
            OrderCommands.Freeze.class,
            OrderCommands.Thaw.class,
            OrderCommands.Kill.class,
            PolicyCommand.class,
            RulesCommand.class,
            ModelCommand.class,
            ScenarioCommand.class,
            AgentConfigCommand.class,
            AutoComplete.GenerateCompletion.class
        })
public final class PlumblineCommand {
    /** Runs one command; its exit code is one of {@link ExitCodes}. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The command line, for tests and for the generated reference. */
    public static CommandLine commandLine() {
        CommandLine commands = new CommandLine(new PlumblineCommand());
        commands.setExecutionExceptionHandler((exception, command, parsed) -> {
            PrintWriter err = command.getErr();
            if (exception instanceof CommandException failure) {
                err.println("plumbline: " + failure.line());
                return failure.exitCode();
            }
            err.println("plumbline: unexpected " + exception);
            return ExitCodes.FAILED;
        });
        commands.setParameterExceptionHandler((exception, arguments) -> {
            CommandLine failed = exception.getCommandLine();
            failed.getErr()
                    .println("plumbline: " + exception.getMessage() + " (expected: see plumbline "
                            + failed.getCommandName() + " --help)");
            return ExitCodes.USAGE;
        });
        return commands;
    }
}
