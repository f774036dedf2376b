package io.plumbline.standalone.cli;

import io.plumbline.rules.workbench.RuleSchema;
import io.plumbline.standalone.ExitCodes;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The form of rules, for editors. */
@Command(
        name = "schema",
        mixinStandardHelpOptions = true,
        description = "Print the JSON Schema of rules, correlations and filters, for editors.")
final class RulesSchemaCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.println(RuleSchema.render().toPrettyString());
        out.flush();
        return ExitCodes.OK;
    }
}
