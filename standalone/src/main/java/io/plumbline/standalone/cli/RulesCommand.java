package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleMatch;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.agent.AgentEvents;
import io.plumbline.rules.correlation.LinkedCorrelation;
import io.plumbline.rules.engine.EventLimitException;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.workbench.Backtest;
import io.plumbline.rules.workbench.Check;
import io.plumbline.rules.workbench.Diagnostics;
import io.plumbline.rules.workbench.Explanation;
import io.plumbline.rules.workbench.JUnitReport;
import io.plumbline.rules.workbench.Lint;
import io.plumbline.rules.workbench.Mutations;
import io.plumbline.rules.workbench.Recordings;
import io.plumbline.rules.workbench.Recordings.Recording;
import io.plumbline.rules.workbench.Remark;
import io.plumbline.rules.workbench.RuleCases;
import io.plumbline.rules.workbench.RuleFiles;
import io.plumbline.rules.workbench.Sarif;
import io.plumbline.rules.workbench.Severity;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Printable;
import io.plumbline.watcher.activation.Contents;
import io.plumbline.watcher.judge.RulesJudge;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
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
        description =
                "Check Sigma rules, run their cases, explain a match, try foreign rules, measure and convert them, put them in"
                        + " force.",
        subcommands = {
            RulesCommand.LintRules.class,
            RulesCommand.TestRules.class,
            RulesCommand.ExplainRule.class,
            RulesCommand.ImportRules.class,
            RulesBacktestCommand.class,
            RulesConvertCommand.class,
            RulesCoverageCommand.class,
            RulesWatchCommand.class,
            RulesSchemaCommand.class,
            RulesCommand.ActivateRules.class,
            RulesCommand.ActiveRules.class,
            RulesCommand.RollbackRules.class
        })
final class RulesCommand implements Callable<Integer> {
    private static final int MAX_LINE = 400;

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
            try {
                return file == null ? Placeholders.NONE : Placeholders.read(file.toString(), text());
            } catch (RuleException e) {
                throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
            }
        }

        /** The file's text; empty without one. */
        String text() {
            try {
                return file == null ? "" : Files.readString(file);
            } catch (IOException e) {
                throw new CommandException("pipeline " + file + " (expected: a readable file)", ExitCodes.USAGE);
            }
        }
    }

    /** The rules of paths; those of the product when there are none. */
    static List<RuleSource> sources(List<Path> paths) {
        try {
            return paths.isEmpty() ? RulePack.sources() : RuleFiles.read(paths);
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
    }

    static Optional<RuleSource> cases(RuleSource source, boolean pack) {
        try {
            return pack ? Optional.of(RulePack.cases(source)) : RuleFiles.cases(source);
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
    }

    @Command(
            name = "lint",
            mixinStandardHelpOptions = true,
            description = {
                "Say what is wrong or doubtful in rules.",
                "Exit code 1 when there is an error among the remarks, with --strict also a warning."
            })
    static final class LintRules implements Callable<Integer> {
        @Parameters(
                paramLabel = "PATH",
                arity = "0..*",
                description = "Files or folders; none: the rules of the product.")
        private List<Path> paths = List.of();

        @Mixin
        private final Pipeline pipeline = new Pipeline();

        @Mixin
        private final Answers answers = new Answers();

        @ArgGroup
        private @Nullable Form form;

        @Option(names = "--strict", description = "Fail on warnings too.")
        private boolean strict;

        @Option(names = "--quiet", description = "Leave notes out, but for their number.")
        private boolean quiet;

        @Spec
        private CommandSpec spec;

        /** Another form than a line for each remark. */
        static final class Form {
            @Option(names = "--sarif", description = "Print one SARIF 2.1.0 log.")
            private boolean sarif;

            @Option(
                    names = "--lsp",
                    description =
                            "Print for each file what an editor's publishDiagnostics takes, one JSON object per line.")
            private boolean lsp;

            @Option(names = "--list", description = "List the checks instead of running them.")
            private boolean list;
        }

        @Override
        public Integer call() {
            if (form != null && form.list) {
                for (Check check : Check.values()) {
                    answers.tell(
                            Answers.object()
                                    .put("check", check.id())
                                    .put("severity", check.severity().word())
                                    .put("meaning", check.meaning()),
                            "%-8s %-24s %s".formatted(check.severity().word(), check.id(), check.meaning()));
                }
                return ExitCodes.OK;
            }
            List<RuleSource> sources = sources(paths);
            List<Remark> remarks =
                    Lint.check(sources, pipeline.placeholders(), source -> cases(source, paths.isEmpty()));
            PrintWriter out = spec.commandLine().getOut();
            if (form != null && form.sarif) {
                out.println(Sarif.render(remarks));
                out.flush();
            } else if (form != null && form.lsp) {
                Diagnostics.render(sources, remarks).forEach(out::println);
                out.flush();
            } else {
                remarks.stream()
                        .filter(remark -> !quiet || remark.severity() != Severity.NOTE)
                        .forEach(remark -> answers.tell(object(remark), line(remark)));
                answers.line(counts(remarks) + " in " + sources.size() + " files");
            }
            boolean failed = remarks.stream()
                    .anyMatch(remark ->
                            remark.severity() == Severity.ERROR || (strict && remark.severity() == Severity.WARNING));
            return failed ? ExitCodes.FAILED : ExitCodes.OK;
        }
    }

    static ObjectNode object(Remark remark) {
        return Answers.object()
                .put("file", remark.position().source())
                .put("line", remark.position().line())
                .put("column", remark.position().column())
                .put("end_column", remark.end().column())
                .put("severity", remark.severity().word())
                .put("check", remark.check().id())
                .put("text", remark.text());
    }

    static String line(Remark remark) {
        return remark.position() + ": " + remark.severity().word() + ": "
                + remark.check().id() + ": " + remark.text();
    }

    static String counts(List<Remark> remarks) {
        List<String> counts = new ArrayList<>();
        for (Severity severity : Severity.values()) {
            long count = remarks.stream()
                    .filter(remark -> remark.severity() == severity)
                    .count();
            counts.add(count + " " + severity.word() + (count == 1 ? "" : "s"));
        }
        return String.join(", ", counts);
    }

    @Command(
            name = "test",
            mixinStandardHelpOptions = true,
            description = {
                "Run the cases that lie beside rules (NAME.cases.yml or NAME.cases.jsonl).",
                "With --mutate also say which part of a rule no case protects: it is changed at one place at a time.",
                "Exit code 1 when a case fails or a change is noticed by no case."
            })
    static final class TestRules implements Callable<Integer> {
        @Parameters(
                paramLabel = "PATH",
                arity = "0..*",
                description = "Files or folders; none: the rules of the product.")
        private List<Path> paths = List.of();

        @Mixin
        private final Pipeline pipeline = new Pipeline();

        @Mixin
        private final Answers answers = new Answers();

        @Option(names = "--mutate", description = "Try changes of the rules as well.")
        private boolean mutate;

        @Option(names = "--junit", paramLabel = "FILE", description = "Write JUnit XML as well.")
        private @Nullable Path junit;

        @Override
        public Integer call() {
            Placeholders placeholders = pipeline.placeholders();
            JUnitReport report = new JUnitReport();
            Totals totals = new Totals();
            for (RuleSource source : sources(paths)) {
                Optional<RuleSource> cases = cases(source, paths.isEmpty());
                if (cases.isEmpty()) {
                    totals.without++;
                    continue;
                }
                try {
                    List<RuleCases.Result> results = RuleCases.run(source, cases.get(), placeholders);
                    report.ran(source.name(), results);
                    results.forEach(result -> tell(result, totals));
                    if (mutate && results.stream().allMatch(RuleCases.Result::passed)) {
                        tell(Mutations.run(source, cases.get(), placeholders), totals);
                    }
                } catch (RuleException e) {
                    totals.failed++;
                    report.refused(source.name(), e);
                    answers.tell(
                            Answers.object()
                                    .put("file", source.name())
                                    .put("passed", false)
                                    .put("error", e.getMessage()),
                            String.valueOf(e.getMessage()));
                }
            }
            answers.line(totals.passed + " cases passed, " + totals.failed + " failed, " + totals.without
                    + " files without cases");
            if (mutate) {
                answers.line(totals.noticed + " changes noticed, " + totals.survived + " by no case"
                        + (totals.left == 0 ? "" : ", " + totals.left + " not tried"));
            }
            if (junit != null) {
                try {
                    Files.writeString(junit, report.render());
                } catch (IOException e) {
                    throw new CommandException("report " + junit + " (expected: a file that can be written)");
                }
            }
            return totals.failed == 0 && totals.survived == 0 ? ExitCodes.OK : ExitCodes.FAILED;
        }

        private static final class Totals {
            private int passed;
            private int failed;
            private int without;
            private int noticed;
            private int survived;
            private int left;
        }

        private void tell(RuleCases.Result result, Totals totals) {
            totals.passed += result.passed() ? 1 : 0;
            totals.failed += result.passed() ? 0 : 1;
            answers.object(object(result));
            if (!result.passed()) {
                answers.line(failure(result));
            }
        }

        private void tell(Mutations.Outcome outcome, Totals totals) {
            totals.noticed += outcome.noticed();
            totals.survived += outcome.survivors().size();
            totals.left += outcome.left();
            outcome.survivors()
                    .forEach(survivor -> answers.tell(
                            Answers.object()
                                    .put("rule", survivor.rule())
                                    .put("place", survivor.position().toString())
                                    .put("change", survivor.change())
                                    .put("noticed", false),
                            survivor.position() + ": no case notices: " + survivor.change()));
        }
    }

    static ObjectNode object(RuleCases.Result result) {
        return Answers.object()
                .put("rule", result.rule())
                .put("case", result.position().toString())
                .put("expected", result.expected())
                .put("matched", result.matched())
                .put("passed", result.passed());
    }

    static String failure(RuleCases.Result result) {
        return result.position() + ": rule " + result.rule() + (result.matched() ? " matches" : " does not match")
                + " (expected: " + (result.expected() ? "a match" : "none") + ")";
    }

    @Command(
            name = "explain",
            mixinStandardHelpOptions = true,
            description = {
                "Say what each part of a rule says about an event; of a correlation, what each of its rules says about the events.",
                "Exit code 1: no rule of the file matches."
            })
    static final class ExplainRule implements Callable<Integer> {
        @Parameters(paramLabel = "RULE", index = "0", description = "File with rules.")
        private Path rule;

        @Parameters(
                paramLabel = "EVENT",
                index = "1",
                description = {
                    "File with one JSON object: fields with Sigma's names;",
                    "or .jsonl with one on each line, as backtest takes them."
                })
        private Path event;

        @Mixin
        private final Pipeline pipeline = new Pipeline();

        @Mixin
        private final Answers answers = new Answers();

        @Override
        public Integer call() {
            RuleSet set;
            List<Recording> recordings;
            try {
                set = RuleSet.load(sources(List.of(rule)), pipeline.placeholders());
                recordings = event.toString().matches(".*\\.jsonl(\\.gz)?")
                        ? Recordings.read(List.of(event))
                        : List.of(new Recording(
                                event.toString(),
                                List.of(JsonEvents.read(Files.readString(event)).build())));
            } catch (RuleException | EventLimitException e) {
                throw new CommandException(Printable.line(String.valueOf(e.getMessage()), MAX_LINE), ExitCodes.USAGE);
            } catch (IOException e) {
                throw new CommandException(
                        "event " + event + " (expected: a readable file with a JSON object, or one on each line: "
                                + Printable.line(String.valueOf(e.getMessage()), MAX_LINE) + ")",
                        ExitCodes.USAGE);
            }
            boolean matches = false;
            for (Recording recording : recordings) {
                Map<String, RuleMatch> last = new HashMap<>();
                Backtest.run(set, List.of(recording))
                        .forEach(hit -> last.put(hit.match().rule(), hit.match()));
                for (SigmaDocument.Detection detection : set.detections()) {
                    Optional<Explained> explained = newest(detection, recording.events());
                    if (explained.isPresent()) {
                        matches |= explained.get().explanation().holds();
                        tell(
                                detection,
                                "for events of " + detection.logSource()
                                        + (recording.events().size() == 1
                                                ? ""
                                                : ", at " + explained.get().event()),
                                explained.get().explanation());
                    }
                }
                for (LinkedCorrelation linked : set.correlations()) {
                    if (set.reports(linked.definition())) {
                        Optional<RuleMatch> match = Optional.ofNullable(
                                last.get(linked.definition().metadata().id()));
                        matches |= match.isPresent();
                        tell(
                                linked.definition(),
                                "over " + recording.events().size() + " events of " + recording.name(),
                                Explanation.of(linked.definition(), set, recording.events(), match));
                    }
                }
            }
            return matches ? ExitCodes.OK : ExitCodes.FAILED;
        }

        /** What a rule says of an event, and which one. */
        private record Explained(String event, Explanation explanation) {}

        /** Of the newest event that the rule matches, else of the last of its log source. */
        private static Optional<Explained> newest(SigmaDocument.Detection rule, List<SigmaEvent> events) {
            Optional<Explained> newest = Optional.empty();
            for (SigmaEvent one : events) {
                if (one.logSources().isEmpty() || one.logSources().stream().anyMatch(rule.logSource()::accepts)) {
                    Explanation explanation = Explanation.of(rule.expression(), one);
                    if (explanation.holds()
                            || newest.map(known -> !known.explanation().holds()).orElse(true)) {
                        newest = Optional.of(new Explained(one.id(), explanation));
                    }
                }
            }
            return newest;
        }

        private void tell(SigmaDocument rule, String about, Explanation explanation) {
            answers.tell(
                    object(explanation)
                            .put("rule", rule.metadata().id())
                            .put("title", rule.metadata().title()),
                    rule.metadata().title() + " (" + rule.metadata().id() + "), " + about);
            explanation.lines().forEach(line -> answers.line("  " + line));
        }

        private static ObjectNode object(Explanation explanation) {
            ObjectNode node = Answers.object().put("holds", explanation.holds()).put("text", explanation.text());
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
        /** Lines of a licence file that are shown. */
        private static final int MAX_LICENCE_LINES = 20;

        private static final int MAX_LICENCE_BYTES = 64 << 10;

        /** Folders above a path in which its licence is looked for. */
        private static final int MAX_ABOVE = 3;

        @Parameters(paramLabel = "PATH", arity = "1..*", description = "Files or folders.")
        private List<Path> paths = List.of();

        @Mixin
        private final Pipeline pipeline = new Pipeline();

        @Mixin
        private final Answers answers = new Answers();

        @Option(
                names = "--to",
                paramLabel = "FOLDER",
                description = "Copy the files of which every document loads here.")
        private @Nullable Path target;

        @Override
        public Integer call() {
            List<RuleSource> sources = sources(paths);
            RuleSet.Loaded loaded = RuleSet.loadUsable(sources, pipeline.placeholders());
            List<String> refused = new ArrayList<>();
            for (RuleException problem : loaded.problems()) {
                refused.add(problem.position().source());
                answers.tell(
                        Answers.object()
                                .put("file", problem.position().source())
                                .put("line", problem.position().line())
                                .put("column", problem.position().column())
                                .put("code", problem.code().name())
                                .put("problem", problem.problem()),
                        String.valueOf(problem.getMessage()));
            }
            int copied = target == null ? 0 : copy(target, sources, refused);
            List<Path> licences = licenceFiles();
            if (target != null) {
                copyLicences(target, licences);
            }
            tellLicences(loaded.set(), licences);
            int usable = loaded.set().documents().size();
            long unfed = loaded.set().detections().stream()
                    .filter(rule -> AgentEvents.LOG_SOURCES.stream()
                            .flatMap(List::stream)
                            .noneMatch(rule.logSource()::accepts))
                    .count();
            answers.tell(
                    Answers.object()
                            .put("files", sources.size())
                            .put("usable", usable)
                            .put("refused", refused.size())
                            .put("copied", copied)
                            .put("unfed", unfed)
                            .put("rule_set", loaded.set().hash()),
                    sources.size() + " files: " + usable + " documents usable, " + refused.size() + " refused"
                            + (target == null ? "" : ", " + copied + " files copied")
                            + (unfed == 0 ? "" : "; " + unfed + " rules are for log sources that nothing here feeds"));
            return ExitCodes.OK;
        }

        /** What the rules say themselves, and the licence files that lie in their folders or above. */
        private void tellLicences(RuleSet set, List<Path> files) {
            Map<String, Integer> said = new TreeMap<>();
            set.documents().forEach(document -> said.merge(document.metadata().license(), 1, Integer::sum));
            said.forEach((licence, count) -> answers.tell(
                    Answers.object().put("license", licence).put("documents", count),
                    "licence " + (licence.isEmpty() ? "not said in the rule" : licence) + ": " + count + " documents"));
            for (Path file : files) {
                String text;
                try (InputStream in = Files.newInputStream(file)) {
                    text = new String(in.readNBytes(MAX_LICENCE_BYTES), StandardCharsets.UTF_8);
                } catch (IOException e) {
                    throw new CommandException("licence " + file + " (expected: a readable text)", ExitCodes.USAGE);
                }
                answers.tell(
                        Answers.object().put("license_file", file.toString()).put("text", text),
                        "licence file " + file);
                text.lines()
                        .filter(line -> !line.isBlank())
                        .limit(MAX_LICENCE_LINES)
                        .forEach(line -> answers.line("  " + Printable.line(line, MAX_LINE)));
            }
        }

        private List<Path> licenceFiles() {
            Set<Path> found = new LinkedHashSet<>();
            for (Path path : paths) {
                Path folder = path.toAbsolutePath().normalize();
                for (int up = 0; folder != null && up <= MAX_ABOVE; up++) {
                    Path file = folder.resolve("LICENSE");
                    if (Files.isRegularFile(file)) {
                        found.add(file);
                        break;
                    }
                    folder = folder.getParent();
                }
            }
            return List.copyOf(found);
        }

        private static void copyLicences(Path folder, List<Path> files) {
            for (int i = 0; i < files.size(); i++) {
                Path file = folder.resolve("LICENSE");
                try {
                    Files.createDirectories(folder);
                    // One that an earlier import left stays: it is that of other rules.
                    for (int next = 1; Files.exists(file) && Files.mismatch(file, files.get(i)) >= 0; next++) {
                        file = folder.resolve("LICENSE." + next);
                    }
                    Files.copy(files.get(i), file, StandardCopyOption.REPLACE_EXISTING);
                } catch (IOException e) {
                    throw new CommandException("licence " + file + " cannot be written: " + e.getMessage());
                }
            }
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

        @Mixin
        private final Pipeline pipeline = new Pipeline();

        ActivateRules() {
            super("rules");
        }

        @Override
        Activations.Content content() {
            if (path.equals(ActivationOrder.SHIPPED)) {
                return new Activations.Content(ActivationOrder.SHIPPED, "", new byte[0]);
            }
            List<RuleSource> sources = sources(List.of(Path.of(path)));
            RuleSet.Loaded loaded = RuleSet.loadUsable(sources, pipeline.placeholders());
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
                    name == null ? "rules" : name.toString(),
                    RulesJudge.version(loaded.set()),
                    Contents.of(new RuleBundle(sources, pipeline.text())));
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
