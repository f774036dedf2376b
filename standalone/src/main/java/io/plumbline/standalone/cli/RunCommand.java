package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.sandbox.posix.TerminalSize;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.sandbox.session.Stdio;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Printable;
import io.plumbline.standalone.RunState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a command in a watched sandbox. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Run an agent or a command in a fresh sandbox, watched, with a policy made for this task.",
            "On a terminal the command gets a terminal of its own; else its input and output are piped through.",
            "The exit code is the command's; 137 when the session was killed."
        })
final class RunCommand implements Callable<Integer> {
    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description =
                    "Task policy, YAML, with its signature FILE.sig when that is there; the defaults when left out.")
    private @Nullable Path policy;

    @Option(names = "--task", paramLabel = "TEXT", defaultValue = "", description = "What the agent is asked to do.")
    private String task;

    @Option(names = "--task-file", paramLabel = "FILE", description = "Read the task from a file.")
    private @Nullable Path taskFile;

    @Option(
            names = "--agent",
            defaultValue = "none",
            description =
                    "claude-code, codex, gemini, qwen, opencode, or none for a plain command (default: ${DEFAULT-VALUE});"
                            + " another word runs as none under that name: no claims.")
    private String agent;

    @Option(
            names = "--workspace",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "Folder that the session works on (default: the current one).")
    private Path workspace;

    @Option(
            names = "--image",
            paramLabel = "ROOTFS",
            description = "Folder with the root file system to use, such as an unpacked container image;"
                    + " a selection of the host's own system when left out.")
    private @Nullable Path image;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "Socket of the sandbox host, run.sock in its data directory;"
                    + " that of this machine's own process tree when left out.")
    private @Nullable Path socket;

    @Option(
            names = "--json",
            description = "Print each state and how the session ended on standard error, one JSON object a line.")
    private boolean json;

    @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "Program and arguments, after --.")
    private List<String> command;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        String yaml = policy == null ? "{}" : read("policy", policy);
        try {
            PolicyParser.parse(yaml);
        } catch (PolicyException e) {
            throw new CommandException(
                    policy == null ? String.valueOf(e.getMessage()) : policy + ": " + e.getMessage(), ExitCodes.USAGE);
        }
        if (!Files.isDirectory(workspace)) {
            throw new CommandException("workspace " + workspace + " (expected: an existing folder)", ExitCodes.USAGE);
        }
        if (image != null && !Files.isDirectory(image)) {
            throw new CommandException("image " + image + " (expected: an existing folder)", ExitCodes.USAGE);
        }
        Optional<UserTerminal> terminal = UserTerminal.find();
        RunClient.Request request = new RunClient.Request(
                yaml,
                taskFile == null ? task : read("task file", taskFile),
                agent,
                workspace.toAbsolutePath().normalize(),
                command,
                terminal.isPresent() ? terminal.get().stdio() : new Stdio.Piped(),
                Optional.ofNullable(image).map(path -> path.toAbsolutePath().normalize()),
                policy == null ? "" : PolicyFiles.signature(policy));
        Follower follower = new Follower(spec.commandLine().getErr(), json, terminal.isPresent());
        try {
            RunClient client = new RunClient(socket == null ? standalone() : socket.toAbsolutePath());
            RunClient.Exit exit = terminal.isPresent()
                    ? terminal.get().use(keyboard -> client.run(request, follower, keyboard))
                    : client.run(request, follower, new PipedKeyboard());
            report(follower.id, exit);
            return exit.code();
        } catch (RunClient.RefusedException e) {
            throw PolicyFiles.refused(policy, e);
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.NOT_RUNNING);
        }
    }

    private static Path standalone() {
        Layout layout = Layout.current();
        return RunState.read(layout.runState())
                .filter(RunState::alive)
                .map(running -> Path.of(running.endpoint("host")))
                .orElseThrow(() -> new CommandException(
                        "plumbline is not running on " + layout.home() + " (expected: ./plumbline up)",
                        ExitCodes.NOT_RUNNING));
    }

    private void report(String id, RunClient.Exit exit) {
        PrintWriter err = spec.commandLine().getErr();
        if (json) {
            err.println(new ObjectMapper()
                    .createObjectNode()
                    .put("session", id)
                    .put("code", exit.code())
                    .put("reason", exit.reason()));
        }
        err.flush();
    }

    private static String read(String what, Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new CommandException(what + " " + file + " (expected: a readable file)", ExitCodes.USAGE);
        }
    }

    /** Standard input to its end. */
    private static final class PipedKeyboard implements RunClient.Keyboard {
        @Override
        public InputStream bytes() {
            return System.in;
        }

        @Override
        public void onResize(Consumer<TerminalSize> resized) {
            // There is no terminal.
        }
    }

    /** Passes the session's output through; says on standard error what becomes of the session. */
    private static final class Follower implements RunClient.Follower {
        private final PrintWriter err;
        private final boolean json;

        /** A terminal in raw mode does not go back to the first column by itself. */
        private final String lineEnd;

        private String id = "";

        Follower(PrintWriter err, boolean json, boolean terminal) {
            this.err = err;
            this.json = json;
            this.lineEnd = terminal ? "\r\n" : "\n";
        }

        @Override
        public void session(String session) {
            id = session;
        }

        @Override
        public void degraded(String runtime) {
            if (json) {
                say(new ObjectMapper()
                        .createObjectNode()
                        .put("session", id)
                        .put("degraded", true)
                        .put("runtime", runtime)
                        .toString());
            } else {
                say("plumbline: session " + id + " is degraded: no kernel of its own, " + Printable.line(runtime, 100));
            }
        }

        @Override
        public void stdout(byte[] bytes) {
            write(System.out, bytes);
        }

        @Override
        public void stderr(byte[] bytes) {
            write(System.err, bytes);
        }

        @Override
        public void state(String state, String reason) {
            if (json) {
                say(new ObjectMapper()
                        .createObjectNode()
                        .put("session", id)
                        .put("state", state)
                        .put("reason", reason)
                        .toString());
            } else if (!state.equals("CREATED") && !state.equals("RUNNING") && !state.equals("EXITED")) {
                say("plumbline: session " + id + " is " + state + ": " + Printable.line(reason, 300));
            }
        }

        private void say(String line) {
            err.print(line + lineEnd);
            err.flush();
        }

        private static void write(OutputStream out, byte[] bytes) {
            try {
                out.write(bytes);
                out.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
