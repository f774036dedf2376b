package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.engine.EventLimitException;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.workbench.Explanation;
import io.plumbline.rules.workbench.Lint;
import io.plumbline.rules.workbench.Lint.Remark;
import io.plumbline.rules.workbench.RuleCases;
import io.plumbline.rules.workbench.RuleFiles;
import io.plumbline.rules.workbench.Sarif;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Printable;
import io.plumbline.watcher.activation.Contents;
import io.plumbline.watcher.judge.RulesJudge;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sigma rules before they go live. */
@Command(
        name = "rules",
        mixinStandardHelpOptions = true,
        description = "Check Sigma rules, run their cases, explain a match, try foreign rules, put them in force.",
        subcommands = {
            RulesCommand.LintRules.class,
            RulesCommand.TestRules.class,
            RulesCommand.ExplainRule.class,
            RulesCommand.ImportRules.class,
            RulesCommand.ActivateRules.class,
            RulesCommand.ActiveRules.class,
            RulesCommand.RollbackRules.class
        })
final class RulesCommand implements Callable<Integer> {
    private static final int MAX_LINE = 400;
    private static final ObjectMapper JSON = new ObjectMapper();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }

    /** Where placeholders get their values. */
    static final class Pipeline {
        @Option(
                names = "--pipeline",
                paramLabel = "FILE",
                description = "YAML whose vars give placeholders their values.")
        private @Nullable Path file;

        Placeholders placeholders() {
            if (file == null) {
                return Placeholders.NONE;
            }
            try {
                return Placeholders.read(file.toString(), Files.readString(file));
            } catch (IOException e) {
                throw new CommandException("pipeline " + file + " (expected: a readable file)", ExitCodes.USAGE);
            } catch (RuleException e) {
                throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
            }
        }
    }

    private static List<RuleSource> sources(List<Path> paths) {
        try {
            return paths.isEmpty() ? RulePack.sources() : RuleFiles.read(paths);
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
    }

    private static Optional<RuleSource> cases(RuleSource source, boolean pack) {
        try {
            return pack ? Optional.of(RulePack.cases(source)) : RuleFiles.cases(source);
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
    }

    @Command(name = "lint", mixinStandardHelpOptions = true, description = "Say what is wrong or doubtful in rules.")
    static final class LintRules implements Callable<Integer> {
        @Parameters(
                paramLabel = "PATH",
                arity = "0..*",
                description = "Files or folders; none: the rules of the product.")
        private List<Path> paths = List.of();

        @Mixin
        private Pipeline pipeline = new Pipeline();

        @Option(names = "--json", description = "Print one JSON object per remark.")
        private boolean json;

        @Option(names = "--sarif", description = "Print one SARIF 2.1.0 log.")
        private boolean sarif;

        @Option(names = "--strict", description = "Fail on warnings too.")
        private boolean strict;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            List<Remark> remarks = Lint.check(sources(paths), pipeline.placeholders());
            PrintWriter out = spec.commandLine().getOut();
            if (sarif) {
                out.println(Sarif.render(remarks));
            } else {
                remarks.forEach(remark -> out.println(json ? object(remark).toString() : line(remark)));
                if (!json) {
                    out.println(remarks.size() + " remarks");
                }
            }
            out.flush();
            boolean failed = remarks.stream()
                    .anyMatch(remark -> remark.severity() == Lint.Severity.ERROR
                            || (strict && remark.severity() == Lint.Severity.WARNING));
            return failed ? ExitCodes.FAILED : ExitCodes.OK;
        }

        private static String line(Remark remark) {
            return Printable.line(
                    remark.position() + ": " + remark.severity().name().toLowerCase(java.util.Locale.ROOT) + ": "
                            + remark.check().id() + ": " + remark.text(),
                    MAX_LINE);
        }

        private static ObjectNode object(Remark remark) {
            return JSON.createObjectNode()
                    .put("file", remark.position().source())
                    .put("line", remark.position().line())
                    .put("column", remark.position().column())
                    .put("severity", remark.severity().name().toLowerCase(java.util.Locale.ROOT))
                    .put("check", remark.check().id())
                    .put("text", remark.text());
        }
    }

    @Command(
            name = "test",
            mixinStandardHelpOptions = true,
            description = "Run the cases that lie beside rules (NAME.cases.yml).")
    static final class TestRules implements Callable<Integer> {
        @Parameters(
                paramLabel = "PATH",
                arity = "0..*",
                description = "Files or folders; none: the rules of the product.")
        private List<Path> paths = List.of();

        @Mixin
        private Pipeline pipeline = new Pipeline();

        @Option(names = "--json", description = "Print one JSON object per case.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            Placeholders placeholders = pipeline.placeholders();
            int passed = 0;
            int failed = 0;
            int without = 0;
            for (RuleSource source : sources(paths)) {
                Optional<RuleSource> cases = cases(source, paths.isEmpty());
                if (cases.isEmpty()) {
                    without++;
                    continue;
                }
                try {
                    for (RuleCases.Result result : RuleCases.run(source, cases.get(), placeholders)) {
                        passed += result.passed() ? 1 : 0;
                        failed += result.passed() ? 0 : 1;
                        tell(out, result);
                    }
                } catch (RuleException e) {
                    failed++;
                    refused(out, source, e);
                }
            }
            if (!json) {
                out.println(passed + " cases passed, " + failed + " failed, " + without + " files without cases");
            }
            out.flush();
            return failed == 0 ? ExitCodes.OK : ExitCodes.FAILED;
        }

        private void tell(PrintWriter out, RuleCases.Result result) {
            if (json) {
                out.println(JSON.createObjectNode()
                        .put("rule", result.rule())
                        .put("case", result.position().toString())
                        .put("expected", result.expected())
                        .put("matched", result.matched())
                        .put("passed", result.passed()));
            } else if (!result.passed()) {
                out.println(Printable.line(
                        result.position() + ": rule " + result.rule()
                                + (result.matched() ? " matches" : " does not match") + " (expected: "
                                + (result.expected() ? "a match" : "none") + ")",
                        MAX_LINE));
            }
        }

        private void refused(PrintWriter out, RuleSource source, RuleException e) {
            if (json) {
                out.println(JSON.createObjectNode()
                        .put("file", source.name())
                        .put("passed", false)
                        .put("error", e.getMessage()));
            } else {
                out.println(Printable.line(String.valueOf(e.getMessage()), MAX_LINE));
            }
        }
    }

    @Command(
            name = "explain",
            mixinStandardHelpOptions = true,
            description = "Say what each part of a rule says about an event. Exit code 1: no rule of the file matches.")
    static final class ExplainRule implements Callable<Integer> {
        @Parameters(paramLabel = "RULE", index = "0", description = "File with rules.")
        private Path rule;

        @Parameters(
                paramLabel = "EVENT",
                index = "1",
                description = "File with one JSON object: fields with Sigma's names.")
        private Path event;

        @Mixin
        private Pipeline pipeline = new Pipeline();

        @Option(names = "--json", description = "Print one JSON object per rule.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            RuleSet set;
            SigmaEvent read;
            try {
                set = RuleSet.load(sources(List.of(rule)), pipeline.placeholders());
                read = JsonEvents.read(Files.readString(event)).build();
            } catch (RuleException | EventLimitException e) {
                throw new CommandException(Printable.line(String.valueOf(e.getMessage()), MAX_LINE), ExitCodes.USAGE);
            } catch (IOException e) {
                throw new CommandException(
                        "event " + event + " (expected: a readable file with a JSON object)", ExitCodes.USAGE);
            }
            PrintWriter out = spec.commandLine().getOut();
            boolean matches = false;
            for (SigmaDocument.Detection detection : set.detections()) {
                Explanation explanation = Explanation.of(detection.expression(), read);
                matches |= explanation.holds();
                if (json) {
                    out.println(object(explanation)
                            .put("rule", detection.metadata().id())
                            .put("title", detection.metadata().title()));
                } else {
                    out.println(Printable.line(
                            detection.metadata().title() + " ("
                                    + detection.metadata().id() + "), for events of " + detection.logSource(),
                            MAX_LINE));
                    explanation.lines().forEach(line -> out.println("  " + Printable.line(line, MAX_LINE)));
                }
            }
            out.flush();
            return matches ? ExitCodes.OK : ExitCodes.FAILED;
        }

        private static ObjectNode object(Explanation explanation) {
            ObjectNode node =
                    JSON.createObjectNode().put("holds", explanation.holds()).put("text", explanation.text());
            if (!explanation.parts().isEmpty()) {
                var parts = node.putArray("parts");
                explanation.parts().forEach(part -> parts.add(object(part)));
            }
            return node;
        }
    }

    @Command(
            name = "import",
            mixinStandardHelpOptions = true,
            description = {
                "Try foreign rules: which load, and why the others do not.",
                "Exit code 0 also when some are refused; they are listed."
            })
    static final class ImportRules implements Callable<Integer> {
        @Parameters(paramLabel = "PATH", arity = "1..*", description = "Files or folders.")
        private List<Path> paths = List.of();

        @Mixin
        private Pipeline pipeline = new Pipeline();

        @Option(
                names = "--to",
                paramLabel = "FOLDER",
                description = "Copy the files of which every document loads here.")
        private @Nullable Path target;

        @Option(names = "--json", description = "Print one JSON object per refused document, then one with the counts.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            List<RuleSource> sources = sources(paths);
            RuleSet.Loaded loaded = RuleSet.loadUsable(sources, pipeline.placeholders());
            PrintWriter out = spec.commandLine().getOut();
            List<String> refused = new ArrayList<>();
            for (RuleException problem : loaded.problems()) {
                refused.add(problem.position().source());
                if (json) {
                    out.println(JSON.createObjectNode()
                            .put("file", problem.position().source())
                            .put("line", problem.position().line())
                            .put("column", problem.position().column())
                            .put("code", problem.code().name())
                            .put("problem", problem.problem()));
                } else {
                    out.println(Printable.line(String.valueOf(problem.getMessage()), MAX_LINE));
                }
            }
            int copied = target == null ? 0 : copy(target, sources, refused);
            int usable = loaded.set().documents().size();
            if (json) {
                out.println(JSON.createObjectNode()
                        .put("files", sources.size())
                        .put("usable", usable)
                        .put("refused", refused.size())
                        .put("copied", copied)
                        .put("rule_set", loaded.set().hash()));
            } else {
                out.println(sources.size() + " files: " + usable + " documents usable, " + refused.size() + " refused"
                        + (target == null ? "" : ", " + copied + " files copied"));
            }
            out.flush();
            return ExitCodes.OK;
        }

        private static int copy(Path folder, List<RuleSource> sources, List<String> refused) {
            int copied = 0;
            for (RuleSource source : sources) {
                if (!refused.contains(source.name())) {
                    Path file =
                            folder.resolve(String.valueOf(Path.of(source.name()).getFileName()));
                    try {
                        Files.createDirectories(folder);
                        if (Files.exists(file)) {
                            throw new CommandException(
                                    file + " is there (expected: a folder without files of the same names)");
                        }
                        Files.writeString(file, source.text());
                    } catch (IOException e) {
                        throw new CommandException("rule file " + file + " cannot be written: " + e.getMessage());
                    }
                    copied++;
                }
            }
            return copied;
        }
    }

    @Command(
            name = "activate",
            mixinStandardHelpOptions = true,
            description = {
                "Let rules judge every session from now on. They take the place of those before.",
                "A set with a single rule that does not load is refused, here and by the watch job."
            })
    static final class ActivateRules extends Activations.Activate {
        @Parameters(
                paramLabel = "PATH",
                description = "File or folder with rules; shipped: those that come with the product.")
        private String path;

        ActivateRules() {
            super("rules");
        }

        @Override
        Activations.Content content() {
            if (path.equals(ActivationOrder.SHIPPED)) {
                return new Activations.Content(ActivationOrder.SHIPPED, "", new byte[0]);
            }
            List<RuleSource> sources = sources(List.of(Path.of(path)));
            RuleSet.Loaded loaded = RuleSet.loadUsable(sources, Placeholders.NONE);
            if (!loaded.problems().isEmpty()) {
                throw new CommandException(
                        Printable.line(
                                        String.valueOf(
                                                loaded.problems().getFirst().getMessage()),
                                        MAX_LINE)
                                + (loaded.problems().size() == 1
                                        ? ""
                                        : " (and " + (loaded.problems().size() - 1)
                                                + " more; see plumbline rules lint)"),
                        ExitCodes.USAGE);
            }
            if (loaded.set().detections().isEmpty()) {
                throw new CommandException("path " + path + " (expected: at least one rule)", ExitCodes.USAGE);
            }
            Path name = Path.of(path).toAbsolutePath().normalize().getFileName();
            return new Activations.Content(
                    name == null ? "rules" : name.toString(), RulesJudge.version(loaded.set()), Contents.of(sources));
        }
    }

    @Command(
            name = "active",
            mixinStandardHelpOptions = true,
            description = "Show which rules judge, what a shadow counts, and what was refused last.")
    static final class ActiveRules extends Activations.Active {
        ActiveRules() {
            super("rules");
        }
    }

    @Command(
            name = "rollback",
            mixinStandardHelpOptions = true,
            description = "End the shadow, or else bring back the rules that judged before.")
    static final class RollbackRules extends Activations.Rollback {
        RollbackRules() {
            super("rules");
        }
    }
}
