package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RulesCommandTest {
    private static final String RULE = """
            title: t
            id: 5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b
            level: low
            description: d
            logsource: {category: process_creation, product: linux}
            detection: {selection: {Image|endswith: /nc}, condition: selection}
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writeFiles() throws IOException {
        Files.writeString(folder.resolve("good.yml"), RULE);
        Files.writeString(folder.resolve("good.cases.yml"), "match:\n  - Image: /bin/nc\nnone:\n  - Image: /bin/ls\n");
        Files.writeString(folder.resolve("event.json"), "{\"Image\":\"/bin/nc\"}");
    }

    private int rules(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "rules";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return PlumblineCommand.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all);
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void lintFailsOnWhatIsRefusedAndNamesThePlace() throws IOException {
        assertThat(rules("lint", file("good.yml"))).isEqualTo(ExitCodes.OK);
        Files.writeString(folder.resolve("bad.yml"), RULE.replace("condition: selection", "condition: other"));
        assertThat(rules("lint", folder.toString())).isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("bad.yml:6:", "error: refused: CONDITION: 'other'");
        assertThat(rules("lint", "--sarif", folder.toString())).isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("\"version\":\"2.1.0\"", "\"startLine\":6");
    }

    @Test
    void testRunsTheCasesBesideTheRules() throws IOException {
        assertThat(rules("test", folder.toString())).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains("2 cases passed, 0 failed");
        Files.writeString(folder.resolve("good.cases.yml"), "match:\n  - Image: /bin/ls\nnone:\n  - Image: /bin/cp\n");
        assertThat(rules("test", "--json", folder.toString())).isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("\"expected\":true,\"matched\":false,\"passed\":false");
    }

    @Test
    void theProductsOwnRulesPassTheirCases() {
        assertThat(rules("test")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains(" 0 failed, 0 files without cases");
    }

    @Test
    void explainSaysWhatEachPartSays() throws IOException {
        assertThat(rules("explain", file("good.yml"), file("event.json"))).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains("yes Image is '*/nc'; the event has /bin/nc");
        Files.writeString(folder.resolve("event.json"), "{}");
        assertThat(rules("explain", "--json", file("good.yml"), file("event.json")))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("\"holds\":false");
    }

    @Test
    void explainTakesEventsLineByLineForACorrelation() throws IOException {
        Files.writeString(folder.resolve("many.yml"), RULE + """
                name: nc
                ---
                title: Netcat twice
                id: 6a0f8f30-6d14-4f6e-9a3e-0d2f4f1f7c02
                correlation:
                  type: temporal_ordered
                  rules: [nc, ls]
                  group-by: [User]
                  timespan: 1m
                level: high
                ---
                title: Ls
                id: 6a0f8f30-6d14-4f6e-9a3e-0d2f4f1f7c03
                name: ls
                logsource: {category: process_creation, product: linux}
                detection: {selection: {Image|endswith: /ls}, condition: selection}
                level: low
                """);
        String nc =
                "{\"_source\":\"process_creation/linux\",\"_at\":0,\"_id\":\"a\",\"User\":\"ada\",\"Image\":\"/bin/nc\"}\n";
        String ls = nc.replace("/nc", "/ls").replace("\"a\"", "\"b\"");
        Files.writeString(folder.resolve("events.jsonl"), nc + ls.replace(":0,", ":60,"));
        assertThat(rules("explain", file("many.yml"), file("events.jsonl"))).isEqualTo(ExitCodes.OK);
        assertThat(out.toString())
                .contains(
                        "yes temporal_ordered by User within 60 s gte 2; the event has 1 before it",
                        "  yes group-by User; the event has ada",
                        "  yes rule 'Ls' matches 1 of 2 events");

        Files.writeString(folder.resolve("events.jsonl"), nc + nc.replace(":0,", ":10,"));
        rules("explain", file("many.yml"), file("events.jsonl"));
        assertThat(out.toString())
                .contains(
                        "no  temporal_ordered by User within 60 s",
                        "  no  rule 'Ls' matches 0 of 2 events",
                        "    no  Image is '*/ls'; the event has /bin/nc");
        Files.writeString(folder.resolve("events.jsonl"), "{\n");
        assertThat(rules("explain", file("many.yml"), file("events.jsonl"))).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("events.jsonl:1:");
    }

    @Test
    void importListsWhatDoesNotLoadAndCopiesTheRest() throws IOException {
        Files.writeString(
                folder.resolve("old.yml"),
                RULE.replace("5f0e", "6f0e").replace("condition: selection", "timeframe: 5m, condition: selection"));
        assertThat(rules("import", folder.toString(), "--to", file("taken"))).isEqualTo(ExitCodes.OK);
        assertThat(out.toString())
                .contains("old.yml:6:", "UNSUPPORTED: timeframe", "1 documents usable, 1 refused, 1 files copied");
        assertThat(folder.resolve("taken/good.yml")).exists();
        assertThat(folder.resolve("taken/old.yml")).doesNotExist();
    }

    @Test
    void importShowsTheLicenceAndWhatNothingFeeds() throws IOException {
        Path rules = Files.createDirectory(folder.resolve("rules"));
        Files.writeString(folder.resolve("LICENSE"), "# Licenses\n\nDetection Rule License 1.1\n");
        Files.writeString(rules.resolve("fed.yml"), RULE + "license: Apache-2.0\n");
        Files.writeString(
                rules.resolve("unfed.yml"),
                RULE.replace("5f0e", "7f0e")
                        .replace("{category: process_creation, product: linux}", "{product: linux, service: auditd}"));

        assertThat(rules("import", rules.toString(), "--to", file("taken"))).isEqualTo(ExitCodes.OK);

        assertThat(out.toString())
                .contains(
                        "licence Apache-2.0: 1 documents",
                        "licence not said in the rule: 1 documents",
                        "LICENSE",
                        "  Detection Rule License 1.1",
                        "2 files copied; 1 rules are for log sources that nothing here feeds");
        assertThat(folder.resolve("taken/LICENSE")).hasContent("# Licenses\n\nDetection Rule License 1.1\n");
    }

    @Test
    void rulesWhosePlaceholdersNobodyGivesAreNotActivated() throws IOException {
        Files.writeString(folder.resolve("good.yml"), RULE.replace("Image|endswith: /nc", "Image|expand: '%tools%'"));
        assertThat(rules("activate", file("good.yml"), "--reason", "try")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("good.yml:6:", "tools");
        Files.writeString(folder.resolve("pipeline.yml"), "transformations: []\n");
        assertThat(rules("activate", file("good.yml"), "--pipeline", file("pipeline.yml"), "--reason", "try"))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("pipeline.yml:1:1:");
    }

    @Test
    void whatCannotBeReadIsUsage() {
        assertThat(rules("lint", file("missing"))).isEqualTo(ExitCodes.USAGE);
        assertThat(rules("explain", file("good.yml"), file("missing.json"))).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("missing (expected: a readable file or folder)", "missing.json (expected:");
    }

    private String events() throws IOException {
        Files.writeString(
                folder.resolve("events.jsonl"),
                "{\"_source\":\"process_creation/linux\",\"_at\":1,\"_id\":\"e1\",\"Image\":\"/bin/nc\"}\n");
        return file("events.jsonl");
    }

    @Test
    void lintHasTheFormsOfEditorsAndAListOfItsChecks() {
        assertThat(rules("lint", "--lsp", file("good.yml"))).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains("\"diagnostics\":[{\"range\":{\"start\":{\"line\":0,\"character\":7}");
        assertThat(rules("lint", "--list")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains("warning  shadowed-rule");
        assertThat(rules("lint", "--lsp", "--sarif", file("good.yml"))).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void mutationNamesWhatNoCaseProtectsAndJUnitIsWritten() throws IOException {
        Files.writeString(folder.resolve("good.yml"), RULE.replace("/nc}", "[/nc, /ncat]}"));
        assertThat(rules("test", "--mutate", "--junit", file("junit.xml"), file("good.yml")))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("good.yml:6:", "no case notices: without '/ncat'", "1 by no case");
        assertThat(Files.readString(folder.resolve("junit.xml"))).contains("tests=\"2\" failures=\"0\"");
    }

    @Test
    void backtestFailsWhenHitsAreLost() throws IOException {
        String recorded = events();
        assertThat(rules("backtest", file("good.yml"), "--events", recorded, "--hits"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains("hit  t [5f0e3f0e", "1 hits in 1 events of 1 recordings");
        Files.writeString(folder.resolve("other.yml"), RULE.replace("/nc", "/ncat"));
        assertThat(rules("backtest", file("other.yml"), "--events", recorded, "--against", file("good.yml")))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("1 hits lost, 0 new against");
        Files.writeString(folder.resolve("verdicts"), "{\"rule\":\"5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b\"}\n");
        assertThat(rules("backtest", "--events", recorded, "--verdicts", file("verdicts")))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(rules("backtest", file("good.yml"))).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("verdicts:1: no verdict (expected: ", "no events (expected: --events");
    }

    @Test
    void backtestHasThePrecisionByVerdictsAndTheTimeOfEachRule() throws IOException {
        String hit = "{\"_source\":\"process_creation/linux\",\"_at\":1,\"_id\":\"e1\",\"Image\":\"/bin/nc\"}\n";
        Files.writeString(
                folder.resolve("three.jsonl"), hit + hit.replace("\"e1\"", "\"e2\"") + hit.replace("\"e1\"", "\"e3\""));
        String said =
                "{\"rule\":\"5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b\",\"event\":\"e1\",\"verdict\":\"true_positive\"}\n";
        Files.writeString(
                folder.resolve("said"),
                said + said.replace("\"e1\"", "\"e2\"").replace("true_positive", "false_positive"));

        assertThat(rules(
                        "backtest",
                        file("good.yml"),
                        "--events",
                        file("three.jsonl"),
                        "--verdicts",
                        file("said"),
                        "--time"))
                .isEqualTo(ExitCodes.OK);

        assertThat(out.toString()).containsPattern("     3  t +precision 0\\.50 of 2  [0-9]+\\.[0-9] us");
    }

    @Test
    void convertNamesWhatItRefuses() throws IOException {
        assertThat(rules("convert", file("good.yml"))).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains("\"process.executable\"", "# 1 rules as dsl, 0 refused");
        Files.writeString(folder.resolve("bad.yml"), RULE.replace("Image|", "ParentImage|"));
        assertThat(rules("convert", "--to", "ESQL", file("bad.yml"))).isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("refused: field ParentImage (expected: ");
        assertThat(rules("convert", "--index", "x | y", file("good.yml"))).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void coverageWritesALayerAndWatchChecksOnce() throws IOException {
        assertThat(rules("coverage", "--layer", file("layer.json"), "--gaps")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains("techniques of attack 19 have a rule", "T1591 ");
        assertThat(Files.readString(folder.resolve("layer.json"))).contains("\"techniqueID\"");
        assertThat(rules("watch", "--once", folder.toString())).isEqualTo(ExitCodes.OK);
        Files.writeString(folder.resolve("good.cases.yml"), "match:\n  - Image: /bin/ls\nnone:\n  - Image: /bin/cp\n");
        assertThat(rules("watch", "--once", folder.toString())).isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("does not match (expected: a match)", "1 cases passed, 1 failed");
        assertThat(rules("watch", file("good.yml"))).isEqualTo(ExitCodes.USAGE);
        assertThat(rules("schema")).isEqualTo(ExitCodes.OK);
    }

    @Test
    void watchChecksAfterEachChangeUntilItIsInterrupted() throws Exception {
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Writer told = new StringWriter() {
            @Override
            public void flush() {
                lines.addAll(toString().lines().toList());
                getBuffer().setLength(0);
            }
        };
        FutureTask<Integer> watching = new FutureTask<>(() -> PlumblineCommand.commandLine()
                .setOut(new PrintWriter(told, true))
                .execute("rules", "watch", folder.toString()));
        Thread thread = Thread.ofPlatform().start(watching);
        assertThat(awaited(lines, "cases passed")).contains("2 cases passed, 0 failed");
        Files.writeString(folder.resolve("good.cases.yml"), "match:\n  - Image: /bin/ls\nnone:\n  - Image: /bin/cp\n");
        assertThat(awaited(lines, "cases passed")).contains("1 cases passed, 1 failed");
        Path below = Files.createDirectory(folder.resolve("below"));
        Files.writeString(below.resolve("half.yml"), "title: [");
        assertThat(awaited(lines, "half.yml")).contains("error: refused");
        thread.interrupt();
        assertThat(watching.get(60, TimeUnit.SECONDS)).isEqualTo(ExitCodes.OK);
    }

    private static String awaited(BlockingQueue<String> lines, String text) throws InterruptedException {
        for (String line = ""; line != null; line = lines.poll(60, TimeUnit.SECONDS)) {
            if (line.contains(text)) {
                return line;
            }
        }
        throw new AssertionError("no line with '" + text + "' for a minute");
    }
}
