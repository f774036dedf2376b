package io.plumbline.standalone.cli;

import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Printable;
import io.plumbline.standalone.RunState;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what a session in review mode changed, and applies it or throws it away. */
@Command(
        name = "review",
        mixinStandardHelpOptions = true,
        description = {
            "Show what a session with workspace: review has changed; apply it or throw it away.",
            "A session leaves one set of changes; with --changes a decision is refused when it is not the one named."
        })
final class ReviewCommand implements Callable<Integer> {
    /** Characters of a line on the terminal; what is longer goes on in the next. */
    private static final int WIDTH = 160;

    /** Before what goes on from the line above: no line of a review begins so. */
    private static final String CONTINUED = "| ";

    @Parameters(paramLabel = "SESSION", description = "Id of the session.")
    private String session;

    @ArgGroup(exclusive = true, multiplicity = "0..1")
    private @Nullable Decision decision;

    @Option(
            names = "--changes",
            paramLabel = "SHA256",
            defaultValue = "",
            description = "Hash of the changes that were shown; without it they are shown again and decided on.")
    private String changes;

    @Option(names = "--reason", defaultValue = "", description = "Why; kept with the decision.")
    private String reason;

    @Spec
    private CommandSpec spec;

    private static final class Decision {
        @Option(names = "--accept", required = true, description = "Apply the changes to the workspace.")
        private boolean accept;

        @Option(
                names = "--accept-unseen",
                required = true,
                description = "Apply the changes, also files whose content could not be shown.")
        private boolean acceptUnseen;

        @Option(names = "--reject", required = true, description = "Throw the changes away.")
        private boolean reject;
    }

    @Override
    public Integer call() {
        Layout layout = Layout.current();
        RunState running = RunState.read(layout.runState())
                .filter(RunState::alive)
                .orElseThrow(() -> new CommandException(
                        "plumbline is not running on " + layout.home() + " (expected: ./plumbline up)",
                        ExitCodes.NOT_RUNNING));
        RunClient client = new RunClient(Path.of(running.endpoint("host")));
        PrintWriter out = spec.commandLine().getOut();
        try {
            RunClient.Review review = client.review(session);
            if (decision == null) {
                show(review, out);
                return ExitCodes.OK;
            }
            if (reason.isBlank()) {
                throw new CommandException("--reason is missing (expected: why)", ExitCodes.USAGE);
            }
            if (changes.isEmpty()) {
                show(review, out);
            } else if (!review.sha256().equals(changes)) {
                throw new CommandException(
                        "--changes " + Printable.line(changes, 64) + " (expected: " + review.sha256()
                                + ", as plumbline review " + session + " shows it)",
                        ExitCodes.USAGE);
            }
            if (decision.accept) {
                client.accept(session, review, reason);
                out.println(session + " accepted");
            } else if (decision.acceptUnseen) {
                client.acceptUnseen(session, review, reason);
                out.println(session + " accepted, " + review.unseen() + " unseen");
            } else {
                client.reject(session, review, reason);
                out.println(session + " rejected");
            }
            out.flush();
            return ExitCodes.OK;
        } catch (RunClient.RefusedException e) {
            throw new CommandException(Printable.line(String.valueOf(e.getMessage()), 500));
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.NOT_RUNNING);
        }
    }

    /** All of a line, whatever is in it. */
    static void wrap(String line, PrintWriter out) {
        String rest = line;
        String prefix = "";
        do {
            int end = rest.offsetByCodePoints(0, Math.min(WIDTH, rest.codePointCount(0, rest.length())));
            out.println(prefix + Printable.line(rest.substring(0, end), Integer.MAX_VALUE));
            rest = rest.substring(end);
            prefix = CONTINUED;
        } while (!rest.isEmpty());
    }

    private static void show(RunClient.Review review, PrintWriter out) {
        for (String line : review.diff().split("\n", -1)) {
            wrap(line, out);
        }
        if (review.unseen() > 0) {
            out.println("NOT SHOWN: the content of " + review.unseen()
                    + " changed files; --accept is refused, --accept-unseen applies them too");
        }
        out.println("changes " + review.sha256());
        out.flush();
    }
}
