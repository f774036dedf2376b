package io.plumbline.standalone.cli;

import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.activation.ActivationException;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.events.activation.ContentSignature;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.Score;
import io.plumbline.intent.corpus.Feedback;
import io.plumbline.intent.corpus.Split;
import io.plumbline.intent.evaluation.Evaluation;
import io.plumbline.intent.evaluation.ModelCard;
import io.plumbline.intent.evaluation.Report;
import io.plumbline.intent.head.Head;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.training.TrainedModel;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The classifier that says whether an act serves the intent: train, measure, describe, ask. */
@Command(
        name = "model",
        mixinStandardHelpOptions = true,
        description = {
            "Train, evaluate, describe or ask the intent model, put one in force.",
            "plumbline model encoder trains the encoder itself, and a head for it, from nothing (see its --help)."
        },
        subcommands = {
            ModelCommand.Train.class,
            ModelCommand.Evaluate.class,
            ModelCommand.Card.class,
            ModelCommand.Explain.class,
            ModelCommand.Sign.class,
            ModelFeedbackCommand.class,
            ModelSessionsCommand.class,
            ModelCommand.ActivateModel.class,
            ModelCommand.ActiveModel.class,
            ModelCommand.RollbackModel.class
        })
final class ModelCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }

    private static byte[] head(@Nullable Path file) throws IOException {
        if (file != null) {
            return Files.readAllBytes(file);
        }
        try (InputStream shipped = IntentModel.class.getResourceAsStream(IntentModel.HEAD)) {
            return Objects.requireNonNull(shipped, IntentModel.HEAD).readAllBytes();
        }
    }

    @Command(
            name = "train",
            mixinStandardHelpOptions = true,
            description = {
                "Train a head from the grammar in the module: a few minutes on one core.",
                "Two runs on one machine write the same bytes; processors with other instructions may differ slightly."
            })
    static final class Train implements Callable<Integer> {
        @Option(
                names = "--out",
                paramLabel = "DIR",
                required = true,
                description = "Where head.bin and head.sha256 go.")
        private Path out;

        @Option(names = "--vectors", paramLabel = "FILE", description = "Keep the encoder's work here between runs.")
        private @Nullable Path vectors;

        @Option(
                names = "--feedback",
                paramLabel = "FILE",
                description = "Reviewed records of plumbline model feedback export; may be repeated.")
        private List<Path> feedback = List.of();

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            try (Encoder encoder = Encoder.load()) {
                List<Feedback> records = Feedback.read(feedback);
                TrainedModel trained = TrainedModel.train(encoder, Optional.ofNullable(vectors), records);
                trained.write(out);
                PrintWriter printer = spec.commandLine().getOut();
                printer.println("model " + trained.head().version() + " in " + out + ": " + trained.acts() + " acts, "
                        + trained.texts() + " texts, "
                        + (records.isEmpty()
                                ? ""
                                : trained.feedback() + " of " + records.size() + " records of feedback, ")
                        + "SHA-256 "
                        + Head.sha256(trained.head().bytes()));
                printer.flush();
                return ExitCodes.OK;
            } catch (IntentModelException | IOException e) {
                throw new CommandException("training: " + e.getMessage());
            }
        }
    }

    @Command(
            name = "evaluate",
            mixinStandardHelpOptions = true,
            description =
                    "Measure the model: own split, other sources, recorded sessions, attacks, baselines, latency.")
    static final class Evaluate implements Callable<Integer> {
        @Option(
                names = "--out",
                paramLabel = "DIR",
                required = true,
                description = "Where report.json, reliability.svg and card.md go.")
        private Path out;

        @Option(names = "--model", paramLabel = "FILE", description = "A head.bin; the shipped one when left out.")
        private @Nullable Path model;

        @Option(
                names = "--pairs",
                paramLabel = "DIR",
                description = "Folder with intents.txt and acts.txt, line by line; may be repeated.")
        private List<Path> pairs = List.of();

        @Option(
                names = "--sessions",
                paramLabel = "DIR",
                description = "Folder of plumbline model sessions, or one like it; may be repeated.")
        private List<Path> sessions = List.of();

        @Option(
                names = "--split",
                defaultValue = "TEST",
                description = "TEST judges; DEVELOPMENT is for choices between models (default: ${DEFAULT-VALUE}).")
        private Split split;

        @Option(
                names = "--limit",
                defaultValue = "3000",
                description = "Pairs of each folder at most, at equal distances (default: ${DEFAULT-VALUE}).")
        private int limit;

        @Option(names = "--vectors", paramLabel = "FILE", description = "Keep the encoder's work here between runs.")
        private @Nullable Path vectors;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            try {
                Evaluation.Outcome outcome =
                        Evaluation.run(head(model), split, pairs, limit, sessions, Optional.ofNullable(vectors));
                Files.createDirectories(out);
                Files.writeString(out.resolve("report.json"), outcome.report().json());
                Files.writeString(out.resolve("reliability.svg"), outcome.svg());
                String card = ModelCard.of(outcome.report());
                Files.writeString(out.resolve("card.md"), card);
                PrintWriter printer = spec.commandLine().getOut();
                printer.print(card);
                printer.flush();
                return ExitCodes.OK;
            } catch (IntentModelException | IOException e) {
                throw new CommandException("evaluation: " + e.getMessage());
            }
        }
    }

    @Command(name = "card", mixinStandardHelpOptions = true, description = "Write the model card of an evaluation.")
    static final class Card implements Callable<Integer> {
        @Parameters(paramLabel = "REPORT", description = "report.json of plumbline model evaluate.")
        private Path report;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            try {
                PrintWriter printer = spec.commandLine().getOut();
                printer.print(ModelCard.of(Report.read(report)));
                printer.flush();
                return ExitCodes.OK;
            } catch (IOException e) {
                throw new CommandException(
                        "report " + report + " (expected: report.json of plumbline model evaluate)", ExitCodes.USAGE);
            }
        }
    }

    @Command(
            name = "explain",
            mixinStandardHelpOptions = true,
            description = "Score one act against a task and say why.")
    static final class Explain implements Callable<Integer> {
        @Parameters(paramLabel = "ACT", description = "Command line, edit, paths or METHOD host:port/path.")
        private String act;

        @Option(names = "--task", required = true, description = "What a person asked for.")
        private String task;

        @Option(names = "--plan", defaultValue = "", description = "The plan's active item.")
        private String plan;

        @Option(names = "--reason", defaultValue = "", description = "The reason stated with the act.")
        private String reason;

        @Option(
                names = "--kind",
                defaultValue = "COMMAND",
                description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
        private Act.Kind kind;

        @Option(names = "--folder", description = "Folder that the policy allows; may be repeated.")
        private List<String> folders = List.of();

        @Option(names = "--host", description = "Host that the policy allows; may be repeated.")
        private List<String> hosts = List.of();

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter printer = spec.commandLine().getOut();
            Intent intent = new Intent(task, plan, reason, new Intent.Scope(folders, hosts), List.of());
            int code;
            try (IntentModel model = IntentModel.load()) {
                code = print(printer, model.score(intent, new Act(kind, act)));
            } catch (IntentModelException e) {
                code = print(printer, new Score.NotScored(Score.Cause.NO_MODEL, String.valueOf(e.getMessage())));
            }
            printer.flush();
            return code;
        }

        private static int print(PrintWriter printer, Score score) {
            return switch (score) {
                case Score.Scored scored -> {
                    print(printer, scored);
                    yield ExitCodes.OK;
                }
                case Score.NotScored none -> {
                    printer.println("NOT_SCORED " + none.cause() + ": " + Printable.line(none.detail(), 300));
                    yield ExitCodes.FAILED;
                }
            };
        }

        private static void print(PrintWriter printer, Score.Scored scored) {
            printer.printf(
                    Locale.ROOT,
                    "%s  risk %.3f (model %.3f, without the agent's words %.3f, structural floor %.2f)  model version %s%n",
                    scored.band(),
                    scored.risk(),
                    scored.model(),
                    scored.blind(),
                    scored.floor(),
                    scored.version());
            for (Score.Reason why : scored.reasons()) {
                printer.printf(Locale.ROOT, "  %+.2f  %s%n", why.weight(), why.words());
            }
        }
    }

    @Command(
            name = "sign",
            mixinStandardHelpOptions = true,
            description = "Sign a head.bin: FILE.sig says whose it is, and model activate --trusted checks it.")
    static final class Sign implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "A head.bin.")
        private Path file;

        @Option(
                names = "--key",
                paramLabel = "KEY",
                required = true,
                description = "PEM with an Ed25519 private key and its public key.")
        private Path key;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            try {
                byte[] head = Files.readAllBytes(file);
                SigningKey signing = SigningKey.parse(Files.readString(key));
                String text = ContentSignature.sign(
                        ActivationOrder.Subject.MODEL,
                        String.valueOf(file.toAbsolutePath().getFileName()),
                        Head.parse(head).version(),
                        head,
                        signing);
                Path target = signatureOf(file);
                Files.writeString(target, text);
                PrintWriter printer = spec.commandLine().getOut();
                printer.println(target + " by key " + PolicyStatements.name(signing.published()));
                printer.flush();
                return ExitCodes.OK;
            } catch (IntentModelException | PolicyException e) {
                throw new CommandException("model " + file + ", key " + key + ": " + e.getMessage(), ExitCodes.USAGE);
            } catch (IOException e) {
                throw new CommandException(
                        "model " + file + ", key " + key + ": " + e + " (expected: two readable files)",
                        ExitCodes.USAGE);
            }
        }
    }

    /** The file of a head's signature. */
    private static Path signatureOf(Path file) {
        return file.resolveSibling(file.getFileName() + ".sig");
    }

    @Command(
            name = "activate",
            mixinStandardHelpOptions = true,
            description = "Let a model judge every announced act and plan from now on.")
    static final class ActivateModel extends Activations.Activate {
        @Parameters(paramLabel = "FILE", description = "A head.bin; shipped: the one that comes with the product.")
        private String path;

        @Option(
                names = "--trusted",
                paramLabel = "KEYS",
                description = "PEM with public keys: FILE.sig has to be a signature of FILE by one of them.")
        private @Nullable Path trusted;

        ActivateModel() {
            super("model");
        }

        @Override
        Activations.Content content() {
            if (path.equals(ActivationOrder.SHIPPED)) {
                return new Activations.Content(ActivationOrder.SHIPPED, "", new byte[0]);
            }
            Path file = Path.of(path);
            try {
                if (Files.size(file) > ActivationContent.MAX_BYTES) {
                    throw new CommandException(
                            "model " + file + ": " + Files.size(file) + " bytes (expected: <= "
                                    + ActivationContent.MAX_BYTES + ")",
                            ExitCodes.USAGE);
                }
                byte[] head = Files.readAllBytes(file);
                checkSignature(file, head);
                try (IntentModel model = IntentModel.of(head)) {
                    return new Activations.Content(
                            String.valueOf(file.toAbsolutePath().getFileName()), model.version(), head);
                }
            } catch (IOException e) {
                throw new CommandException("model " + file + " (expected: a readable file)", ExitCodes.USAGE);
            } catch (IntentModelException e) {
                throw new CommandException("model " + file + ": " + e.getMessage(), ExitCodes.USAGE);
            }
        }

        private void checkSignature(Path file, byte[] head) throws IOException {
            if (trusted == null) {
                return;
            }
            Path signature = signatureOf(file);
            if (!Files.isReadable(signature)) {
                throw new CommandException(
                        "model " + file + ": no " + signature + " (expected: plumbline model sign)", ExitCodes.USAGE);
            }
            try {
                ContentSignature.check(
                        ActivationOrder.Subject.MODEL,
                        Files.readString(signature),
                        head,
                        TrustedKeys.parse(Files.readString(trusted)));
            } catch (ActivationException | PolicyException e) {
                throw new CommandException("model " + file + ": " + e.getMessage(), ExitCodes.USAGE);
            }
        }
    }

    @Command(
            name = "active",
            mixinStandardHelpOptions = true,
            description = "Show which model judges, what a shadow counts, and what was refused last.")
    static final class ActiveModel extends Activations.Active {
        ActiveModel() {
            super("model");
        }
    }

    @Command(
            name = "rollback",
            mixinStandardHelpOptions = true,
            description = "End the shadow, or else bring back the model that judged before.")
    static final class RollbackModel extends Activations.Rollback {
        RollbackModel() {
            super("model");
        }
    }
}
