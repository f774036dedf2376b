package io.plumbline.standalone.cli;

import io.plumbline.sandbox.agents.DirectConfiguration;
import io.plumbline.sandbox.agents.DirectConfiguration.Content;
import io.plumbline.sandbox.agents.DirectConfiguration.Token;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.Secrets;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints or writes the configuration of an agent that reports without a sandbox of ours. */
@Command(
        name = "agent-config",
        mixinStandardHelpOptions = true,
        description = {
            "Print the configuration with which an agent outside any sandbox reports and asks before each call.",
            "Its files are an administrator's: with --out / as root they hold for every user of the machine."
        })
final class AgentConfigCommand implements Callable<Integer> {
    private static final String TOKEN_VARIABLE = "PLUMBLINE_TOKEN";

    @Parameters(paramLabel = "AGENT", description = "codex, claude, gemini, qwen or opencode.")
    private String agent;

    @Option(
            names = "--endpoint",
            paramLabel = "URL",
            description =
                    "Where ingest listens, http(s)://HOST:PORT; that of this machine's own process tree when left out.")
    private @Nullable String endpoint;

    @Option(
            names = "--token-env",
            paramLabel = "NAME",
            description =
                    "Variable in which the agent finds its token (default with --endpoint: " + TOKEN_VARIABLE + ").")
    private @Nullable String tokenVariable;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "File in which the agent finds its token (default without --endpoint: the process tree's).")
    private @Nullable Path tokenFile;

    @Option(
            names = "--inline-token",
            description = "Put the token itself into the files instead of where it is to be found.")
    private boolean inline;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Write the files below this folder, / for their real places, instead of printing them.")
    private @Nullable Path out;

    @Option(names = "--force", description = "Overwrite files that are there.")
    private boolean force;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        DirectConfiguration configuration;
        String url = endpoint == null ? running() : endpoint;
        try {
            configuration = DirectConfiguration.of(agent, new URI(url), token());
        } catch (IllegalArgumentException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        } catch (URISyntaxException e) {
            throw new CommandException("endpoint: '" + url + "' (expected: http(s)://HOST:PORT)", ExitCodes.USAGE);
        }
        if (url.startsWith("http:") && !DirectConfiguration.isLoopback(url)) {
            spec.commandLine()
                    .getErr()
                    .println("plumbline: token and telemetry go to " + url + " unencrypted (expected: https)");
        }
        PrintWriter printer = spec.commandLine().getOut();
        String made = configuration.agent() + " " + configuration.version();
        if (out == null) {
            configuration
                    .files()
                    .forEach((path, content) ->
                            printer.print("# " + path + " (" + made + ")\n" + content.text() + "\n"));
            printer.println("# before " + configuration.agent() + " is started: " + configuration.start());
        } else {
            write(out.toAbsolutePath(), configuration).keySet().forEach(printer::println);
            printer.println("made for " + made + "; before it is started: " + configuration.start());
        }
        printer.flush();
        return ExitCodes.OK;
    }

    private Token token() {
        if (tokenVariable != null && tokenFile != null) {
            throw new CommandException("--token-env and --token-file (expected: one of them)", ExitCodes.USAGE);
        }
        Token found = tokenVariable != null
                ? new Token.Variable(tokenVariable)
                : tokenFile != null
                        ? new Token.InFile(tokenFile.toAbsolutePath())
                        : endpoint != null
                                ? new Token.Variable(TOKEN_VARIABLE)
                                : new Token.InFile(new Secrets(Layout.current()).agentToken());
        return inline ? literal(found) : found;
    }

    private static Token literal(Token found) {
        return switch (found) {
            case Token.Variable variable -> {
                String text = System.getenv(variable.name());
                if (text == null) {
                    throw new CommandException(
                            "token variable " + variable.name() + " is not set (expected: the token)", ExitCodes.USAGE);
                }
                yield new Token.Literal(text);
            }
            case Token.InFile file -> new Token.Literal(Secrets.read(file.path()));
            case Token.Literal literal -> literal;
        };
    }

    private static String running() {
        Layout layout = Layout.current();
        return RunState.read(layout.runState())
                .filter(RunState::alive)
                .map(state -> state.endpoint("ingest"))
                .orElseThrow(() -> new CommandException(
                        "plumbline is not running on " + layout.home() + " (expected: ./plumbline up, or --endpoint)",
                        ExitCodes.NOT_RUNNING));
    }

    /** All of them, or nothing when one is there. */
    private Map<Path, Content> write(Path folder, DirectConfiguration configuration) {
        Map<Path, Content> files = new TreeMap<>();
        configuration.files().forEach((path, content) -> files.put(folder.resolve(path.substring(1)), content));
        if (!force) {
            // The hook is the same for all agents.
            files.forEach((file, content) -> {
                if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !holds(file, content)) {
                    throw new CommandException("file " + file + " is there (expected: none, or --force)");
                }
            });
        }
        files.forEach((file, content) -> {
            if (force || !holds(file, content)) {
                write(file, content);
            }
        });
        return files;
    }

    private static boolean holds(Path file, Content content) {
        try {
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && Files.readString(file).equals(content.text());
        } catch (IOException e) {
            return false;
        }
    }

    private void write(Path file, Content content) {
        String permissions = (content.secret() ? "rw-------" : "rw-r--r--");
        if (content.executable()) {
            permissions = content.secret() ? "rwx------" : "rwxr-xr-x";
        }
        try {
            Path folder = Files.createDirectories(file.getParent());
            // What may be read by nobody else is so from its first byte; a link is replaced, not followed.
            Path fresh = Files.createTempFile(folder, ".plumbline", "");
            try {
                Files.writeString(fresh, content.text());
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(permissions));
                if (force) {
                    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                } else {
                    Files.createLink(file, fresh);
                }
            } finally {
                Files.deleteIfExists(fresh);
            }
        } catch (FileAlreadyExistsException e) {
            throw new CommandException("file " + file + " is there (expected: none, or --force)");
        } catch (IOException e) {
            throw new CommandException("file " + file + " cannot be written: " + e.getMessage());
        }
    }
}
