package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.workbench.Coverage;
import io.plumbline.rules.workbench.Coverage.Row;
import io.plumbline.rules.workbench.Techniques;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which techniques rules are tagged with. */
@Command(
        name = "coverage",
        mixinStandardHelpOptions = true,
        description = {
            "Say which techniques the rules have tags of, by tactic, and which techniques none of them has.",
            "A tag is what a rule's author says of it, no proof that the technique is seen. Rules that are refused do not count."
        })
final class RulesCoverageCommand implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", arity = "0..*", description = "Files or folders; none: the rules of the product.")
    private List<Path> paths = List.of();

    @Mixin
    private final RulesCommand.Pipeline pipeline = new RulesCommand.Pipeline();

    @Mixin
    private final Answers answers = new Answers();

    @Option(
            names = "--of",
            defaultValue = "ATTACK",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Techniques base;

    @Option(names = "--layer", paramLabel = "FILE", description = "Write a layer for the ATT&CK Navigator.")
    private @Nullable Path layer;

    @Option(names = "--gaps", description = "Name the techniques without a rule.")
    private boolean gaps;

    @Override
    public Integer call() {
        RuleSet set = RuleSet.loadUsable(RulesCommand.sources(paths), pipeline.placeholders())
                .set();
        Coverage coverage = Coverage.of(set, base);
        for (Row row : coverage.rows()) {
            ObjectNode object = Answers.object()
                    .put("tactic", row.tactic().shortName())
                    .put("techniques", row.techniques())
                    .put("covered", row.covered());
            ArrayNode missing = object.putArray("missing");
            row.missing().forEach(technique -> missing.add(technique.id()));
            answers.tell(
                    object,
                    "%-22s %3d of %3d techniques and sub-techniques"
                            .formatted(row.tactic().name(), row.covered(), row.techniques()));
            if (gaps) {
                row.missing().forEach(technique -> answers.line("    " + technique.id() + " " + technique.name()));
            }
        }
        answers.line("%d techniques of %s %s have a rule"
                .formatted(coverage.rules().size(), base.name().toLowerCase(Locale.ROOT), base.version()));
        if (layer != null) {
            try {
                Files.writeString(layer, coverage.layer("Plumbline rules").toPrettyString() + "\n");
            } catch (IOException e) {
                throw new CommandException("layer " + layer + " (expected: a file that can be written)");
            }
        }
        return ExitCodes.OK;
    }
}
