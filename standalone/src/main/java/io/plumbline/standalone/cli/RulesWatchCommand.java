package io.plumbline.standalone.cli;

import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.workbench.Lint;
import io.plumbline.rules.workbench.Remark;
import io.plumbline.rules.workbench.RuleCases;
import io.plumbline.rules.workbench.Severity;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Checks rules while somebody writes them. */
@Command(
        name = "watch",
        mixinStandardHelpOptions = true,
        description = "Lint the rules of a folder and run their cases now and after each change, until interrupted.")
final class RulesWatchCommand implements Callable<Integer> {
    /** Editors write a file in several steps. */
    private static final long QUIET_MS = 200;

    private static final int MAX_FOLDERS = 2_000;

    @Parameters(paramLabel = "DIR", description = "Folder with rules.")
    private Path folder;

    @Mixin
    private final RulesCommand.Pipeline pipeline = new RulesCommand.Pipeline();

    @Mixin
    private final Answers answers = new Answers();

    @Option(names = "--notes", description = "Print notes too.")
    private boolean notes;

    @Option(names = "--once", description = "Check once and end; exit code 1 on errors and failing cases.")
    private boolean once;

    @Override
    public Integer call() {
        if (!Files.isDirectory(folder)) {
            throw new CommandException("path " + folder + " (expected: a folder)", ExitCodes.USAGE);
        }
        try (WatchService service = FileSystems.getDefault().newWatchService()) {
            while (true) {
                // Before the files are read: what changes from then on is seen.
                register(service);
                boolean good = check();
                if (once) {
                    return good ? ExitCodes.OK : ExitCodes.FAILED;
                }
                await(service);
            }
        } catch (IOException e) {
            throw new CommandException("folder " + folder + " cannot be watched: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCodes.OK;
        }
    }

    private void register(WatchService service) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            List<Path> folders =
                    walk.filter(Files::isDirectory).limit(MAX_FOLDERS + 1L).toList();
            if (folders.size() > MAX_FOLDERS) {
                throw new IOException("more folders (expected: <= " + MAX_FOLDERS + ")");
            }
            for (Path one : folders) {
                one.register(
                        service,
                        StandardWatchEventKinds.ENTRY_CREATE,
                        StandardWatchEventKinds.ENTRY_MODIFY,
                        StandardWatchEventKinds.ENTRY_DELETE);
            }
        }
    }

    /** Waits for a change, and then for quiet. */
    private static void await(WatchService service) throws InterruptedException {
        for (WatchKey key = service.take(); key != null; key = service.poll(QUIET_MS, TimeUnit.MILLISECONDS)) {
            key.pollEvents();
            key.reset();
        }
    }

    private boolean check() {
        List<RuleSource> sources;
        try {
            sources = RulesCommand.sources(List.of(folder));
        } catch (CommandException e) {
            // A file that is half written or gone again: the next change tells.
            answers.tell(Answers.object().put("error", e.getMessage()), String.valueOf(e.getMessage()));
            return false;
        }
        Placeholders placeholders = pipeline.placeholders();
        List<Remark> remarks = Lint.check(sources, placeholders, source -> RulesCommand.cases(source, false));
        remarks.stream()
                .filter(remark -> notes || remark.severity() != Severity.NOTE)
                .forEach(remark -> answers.tell(RulesCommand.object(remark), RulesCommand.line(remark)));
        int passed = 0;
        int failed = 0;
        for (RuleSource source : sources) {
            Optional<RuleSource> cases = RulesCommand.cases(source, false);
            if (cases.isEmpty()) {
                continue;
            }
            try {
                for (RuleCases.Result result : RuleCases.run(source, cases.get(), placeholders)) {
                    passed += result.passed() ? 1 : 0;
                    failed += result.passed() ? 0 : 1;
                    if (!result.passed()) {
                        answers.tell(RulesCommand.object(result), RulesCommand.failure(result));
                    }
                }
            } catch (RuleException e) {
                // Among the remarks.
                failed++;
            }
        }
        answers.tell(
                Answers.object()
                        .put("files", sources.size())
                        .put("remarks", remarks.size())
                        .put("passed", passed)
                        .put("failed", failed),
                RulesCommand.counts(remarks) + " in " + sources.size() + " files; " + passed + " cases passed, "
                        + failed + " failed");
        return failed == 0 && remarks.stream().noneMatch(remark -> remark.severity() == Severity.ERROR);
    }
}
