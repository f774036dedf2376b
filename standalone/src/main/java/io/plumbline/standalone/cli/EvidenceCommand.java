package io.plumbline.standalone.cli;

import io.plumbline.events.evidence.BundleVerifier;
import io.plumbline.events.evidence.Verification;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes out the evidence of a session, and checks evidence that somebody hands over. */
@Command(
        name = "evidence",
        mixinStandardHelpOptions = true,
        description = "Export the evidence of a session, or verify an exported bundle.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {EvidenceCommand.Export.class, EvidenceCommand.Verify.class})
final class EvidenceCommand {
    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description = "Write all records of a session, as the log has them, into one signed zip file.")
    static final class Export implements Callable<Integer> {
        @Parameters(paramLabel = "SESSION", description = "The session.")
        private String session = "";

        @Option(
                names = "--out",
                required = true,
                paramLabel = "FILE",
                description = "The file; it must not be there yet.")
        private Path out = Path.of("");

        @Mixin
        private Answers answers = new Answers();

        @Override
        public Integer call() {
            if (Files.exists(out)) {
                throw new CommandException(out + ": is there already (expected: a new file)", ExitCodes.USAGE);
            }
            ConsoleApi.of(Layout.current()).evidence(session, out);
            answers.tell(Answers.object().put("file", out.toString()), "written to " + out);
            return ExitCodes.OK;
        }
    }

    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = {
                "Check an evidence bundle: digests, chains, ids, numbers and signatures.",
                "One line for each thing that is wrong; exit code 1 when there is one.",
                "Exit code 6 when nothing is wrong and no key was given: anybody could have made it."
            })
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "The bundle.")
        private Path file = Path.of("");

        @Option(
                names = "--key",
                paramLabel = "FILE",
                description = {
                    "PEM with the Ed25519 public keys whose signatures count.",
                    "Without it the signatures are not checked, and that is said."
                })
        private @Nullable Path key;

        @Mixin
        private Answers answers = new Answers();

        @Override
        public Integer call() {
            Verification verification = verify();
            verification
                    .findings()
                    .forEach(finding -> answers.tell(Answers.object().put("wrong", finding), "wrong: " + finding));
            verification.notes().forEach(note -> answers.tell(Answers.object().put("note", note), "note: " + note));
            String session = verification.tenant() + "/" + verification.session();
            answers.tell(
                    Answers.object()
                            .put("intact", verification.isIntact())
                            .put("origin_verified", verification.isIntact() && key != null)
                            .put("session", session)
                            .put("records", verification.records()),
                    verdict(verification) + ": " + session + ", " + verification.records() + " records");
            if (!verification.isIntact()) {
                return ExitCodes.FAILED;
            }
            return key == null ? ExitCodes.ORIGIN_NOT_VERIFIED : ExitCodes.OK;
        }

        private String verdict(Verification verification) {
            if (!verification.isIntact()) {
                return "NOT intact";
            }
            return key == null
                    ? "complete and unchanged as far as hashes tell, origin not verified (expected: --key)"
                    : "intact";
        }

        private Verification verify() {
            try {
                return BundleVerifier.verify(file, keys());
            } catch (IOException e) {
                throw new CommandException(file + " (expected: a readable file)", ExitCodes.USAGE);
            }
        }

        private TrustedKeys keys() {
            if (key == null) {
                return TrustedKeys.none();
            }
            try {
                return TrustedKeys.parse(Files.readString(key));
            } catch (IOException e) {
                throw new CommandException(key + " (expected: a readable PEM file)", ExitCodes.USAGE);
            } catch (PolicyException e) {
                throw new CommandException(key + ": " + e.getMessage(), ExitCodes.USAGE);
            }
        }
    }
}
