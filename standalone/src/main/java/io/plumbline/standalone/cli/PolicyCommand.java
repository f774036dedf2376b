package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicySignature;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Task policies. */
@Command(
        name = "policy",
        mixinStandardHelpOptions = true,
        description =
                "Check, explain, compare, try, learn and sign policies, or revise the policy of a running session.",
        subcommands = {
            PolicyQuestions.Lint.class,
            PolicyQuestions.Explain.class,
            PolicyQuestions.Diff.class,
            PolicyQuestions.Show.class,
            PolicySimulateCommand.class,
            PolicyLearnCommand.class,
            PolicyCommand.Sign.class,
            PolicyCommand.Revise.class
        })
final class PolicyCommand implements Callable<Integer> {
    private static final Duration CONFIRMATION = Duration.ofSeconds(30);

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }

    @Command(
            name = "sign",
            mixinStandardHelpOptions = true,
            description = {
                "Sign a policy file for the start of sessions: writes FILE.sig, which plumbline run sends with FILE.",
                "The signature fits this text and one tenant; it has to be made again after each change."
            })
    static final class Sign implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "Task policy, YAML.")
        private Path file;

        @Option(
                names = "--key",
                paramLabel = "KEY",
                required = true,
                description = "PEM with an Ed25519 private key and its public key.")
        private Path key;

        @Option(
                names = "--tenant",
                defaultValue = "default",
                description = "Whose sessions it holds for (default: ${DEFAULT-VALUE}).")
        private String tenant;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            String yaml = PolicyFiles.read(file);
            PolicyFiles.parse(file, yaml);
            SigningKey signing = signingKey();
            Path target = PolicyFiles.signatureOf(file.toAbsolutePath());
            try {
                Path fresh = Files.createTempFile(target.getParent(), ".signature", "");
                try {
                    Files.writeString(fresh, PolicySignature.sign(yaml, tenant, signing));
                    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
                    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                } finally {
                    Files.deleteIfExists(fresh);
                }
            } catch (PolicyException e) {
                throw new CommandException(file + ": " + e.getMessage(), ExitCodes.USAGE);
            } catch (IOException e) {
                throw new CommandException("policy signature " + target + " cannot be written: " + e.getMessage());
            }
            PrintWriter out = spec.commandLine().getOut();
            out.println(target + " by key " + PolicyStatements.name(signing.published()) + " for tenant " + tenant);
            out.flush();
            return ExitCodes.OK;
        }

        private SigningKey signingKey() {
            try {
                return SigningKey.parse(Files.readString(key));
            } catch (PolicyException e) {
                throw new CommandException("key " + key + ": " + e.getMessage(), ExitCodes.USAGE);
            } catch (IOException e) {
                throw new CommandException("key " + key + " (expected: a readable file)", ExitCodes.USAGE);
            }
        }
    }

    @Command(
            name = "revise",
            mixinStandardHelpOptions = true,
            description = {
                "Put a revised policy in force while the session runs.",
                "Waits until the session's host has confirmed it; a revision that cannot hold is refused and changes nothing."
            })
    static final class Revise implements Callable<Integer> {
        @Parameters(paramLabel = "SESSION", index = "0", description = "Id of the session, from plumbline sessions.")
        private String session;

        @Parameters(paramLabel = "FILE", index = "1", description = "The whole policy, YAML.")
        private Path file;

        @Option(names = "--reason", required = true, description = "Why; kept with the order.")
        private String reason;

        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws InterruptedException {
            String yaml = PolicyFiles.read(file);
            PolicyFiles.parse(file, yaml);
            ConsoleApi api = ConsoleApi.of(Layout.current());
            long before = api.session(session).path("policy_revision").asLong();
            String order = api.revise(session, yaml, reason).path("event").asText();
            long revision = awaitAnswer(api, before + 1, order);
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(new ObjectMapper()
                        .createObjectNode()
                        .put("session", session)
                        .put("policy_revision", revision));
            } else {
                out.println(session + " policy revision " + revision + " in force");
            }
            out.flush();
            return ExitCodes.OK;
        }

        private long awaitAnswer(ConsoleApi api, long expected, String order) throws InterruptedException {
            long deadline = System.nanoTime() + CONFIRMATION.toNanos();
            while (System.nanoTime() < deadline) {
                JsonNode summary = api.session(session);
                JsonNode refused = summary.path("policy_refused");
                if (refused.path("order").asText().equals(order)) {
                    throw new CommandException("policy revision " + expected + " of " + session + " was refused: "
                            + Printable.line(refused.path("reason").asText(), 300));
                }
                long revision = summary.path("policy_revision").asLong();
                if (revision >= expected && summary.path("policy_confirmed").asBoolean()) {
                    return revision;
                }
                Thread.sleep(Duration.ofMillis(200));
            }
            throw new CommandException("policy revision " + expected + " of " + session
                    + " was ordered but not confirmed in " + CONFIRMATION.toSeconds() + " s");
        }
    }
}
