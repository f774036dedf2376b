package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.hunt.ConversionException;
import io.plumbline.rules.hunt.Hunt;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Rules as questions to the store. */
@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        description = {
            "Print rules as queries that find the same events in Elasticsearch, one after the other.",
            "What cannot be asked for there is refused and named; correlations are never converted. Exit code 1: a rule was refused."
        })
final class RulesConvertCommand implements Callable<Integer> {
    /** What a query is written in. */
    enum To {
        DSL,
        ESQL
    }

    @Parameters(paramLabel = "PATH", arity = "0..*", description = "Files or folders; none: the rules of the product.")
    private List<Path> paths = List.of();

    @Mixin
    private final RulesCommand.Pipeline pipeline = new RulesCommand.Pipeline();

    @Mixin
    private final Answers answers = new Answers();

    @Option(names = "--to", defaultValue = "DSL", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private To to;

    @Option(
            names = "--index",
            paramLabel = "NAME",
            defaultValue = "plumbline-events-*",
            description = "Index of ES|QL (default: ${DEFAULT-VALUE}).")
    private String index;

    @Override
    public Integer call() {
        if (!index.matches("[a-z0-9*._,-]+")) {
            throw new CommandException(
                    "index '" + index + "' (expected: a name or pattern of Elasticsearch)", ExitCodes.USAGE);
        }
        RuleSet set;
        try {
            set = RuleSet.load(RulesCommand.sources(paths), pipeline.placeholders());
        } catch (RuleException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
        int refused = 0;
        for (Detection rule : set.detections()) {
            ObjectNode object = Answers.object()
                    .put("rule", rule.metadata().id())
                    .put("title", rule.metadata().title());
            try {
                Hunt hunt = Hunt.of(rule);
                answers.line(
                        "# " + rule.metadata().title() + " (" + rule.metadata().id() + ")");
                switch (to) {
                    case DSL -> {
                        object.set("query", hunt.queryDsl());
                        answers.text(
                                Answers.object().set("query", hunt.queryDsl()).toPrettyString());
                    }
                    case ESQL -> {
                        String statement = hunt.esql(index);
                        object.put("esql", statement);
                        answers.text(statement);
                    }
                }
                answers.object(object);
            } catch (ConversionException e) {
                refused++;
                answers.tell(
                        object.put("refused", e.getMessage()),
                        "# " + rule.metadata().position() + ": refused: " + String.valueOf(e.getMessage()));
            }
        }
        answers.line("# " + (set.detections().size() - refused) + " rules as "
                + to.name().toLowerCase(Locale.ROOT) + ", " + refused + " refused, "
                + set.correlations().size() + " correlations left out");
        return refused == 0 ? ExitCodes.OK : ExitCodes.FAILED;
    }
}
