package io.plumbline.intent.encoder;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.encoder.EncoderTraining.Settings;
import io.plumbline.intent.head.Head;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.training.TrainedModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code plumbline model encoder}: from the base model and the corpus to a whole model. The launcher runs it, with PyTorch. */
@Command(
        name = "plumbline model encoder",
        mixinStandardHelpOptions = true,
        description = {
            "Train the encoder and a head that fits it, from the base model and the grammar.",
            "About ten minutes on two cores. Writes encoder.onnx, head.bin, head.sha256."
        })
final class TrainEncoder implements Callable<Integer> {
    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Where the files go.")
    private Path out;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "0",
            description = "Lessons; the shipped encoder's number when left out.")
    private int steps;

    @Spec
    private CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new TrainEncoder())
                .setExecutionExceptionHandler((exception, line, result) -> {
                    line.getErr().println("plumbline: training: " + exception.getMessage());
                    return 1;
                })
                .execute(arguments));
    }

    @Override
    public Integer call() throws IOException, IntentModelException {
        PrintWriter printer = spec.commandLine().getOut();
        try {
            Files.createDirectories(out);
        } catch (IOException e) {
            throw new IOException("--out " + out + ": cannot be made (expected: a folder to write to)", e);
        }
        Settings shipped = Settings.SHIPPED;
        byte[] encoder = EncoderTraining.train(
                new Settings(
                        shipped.layers(),
                        steps == 0 ? shipped.steps() : steps,
                        shipped.size(),
                        shipped.rate(),
                        shipped.seed()),
                line -> {
                    printer.println(line);
                    printer.flush();
                });
        Files.write(out.resolve("encoder.onnx"), encoder);
        printer.println("encoder in " + out + ": " + encoder.length + " bytes, SHA-256 " + Head.sha256(encoder));
        printer.flush();
        try (Encoder loaded = Encoder.of(encoder)) {
            TrainedModel trained = TrainedModel.train(loaded, Optional.empty(), List.of());
            trained.write(out);
            printer.println("model " + trained.head().version() + ": " + trained.acts() + " acts");
            printer.flush();
        }
        return CommandLine.ExitCode.OK;
    }
}
