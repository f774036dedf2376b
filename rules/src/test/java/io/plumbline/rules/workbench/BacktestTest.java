package io.plumbline.rules.workbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.rules.RuleSet;
import io.plumbline.rules.Rules;
import io.plumbline.rules.workbench.Backtest.Hit;
import io.plumbline.rules.workbench.Backtest.Row;
import io.plumbline.rules.workbench.Backtest.Verdicts;
import io.plumbline.rules.workbench.Recordings.Recording;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BacktestTest {
    private static final String LINES = """
            {"_source": "test/x", "_at": 1, "_id": "a", "SessionId": "s1", "F": "x"}
            {"_source": "test/x", "_at": 2.5, "_id": "b", "SessionId": "s2", "F": "x"}

            {"_source": "test/x", "_at": 3, "SessionId": "s1", "F": ["y", "x"]}
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private List<Recording> recordings() throws IOException {
        Files.writeString(folder.resolve("r.jsonl"), LINES);
        return Recordings.read(List.of(folder));
    }

    private static RuleSet set() {
        return Rules.load(Rules.selection("F: x")
                + "---\ntitle: twice\nid: twice\ncorrelation: {type: event_count, rules: [the-rule], group-by: [SessionId],"
                + " timespan: 10s, condition: {gte: 2}, generate: true}\n");
    }

    @Test
    void eachSessionHasWindowsOfItsOwn() throws IOException {
        assertThat(Backtest.run(set(), recordings()))
                .extracting(Hit::key)
                .containsExactly(
                        "the-rule a {}", "the-rule r.jsonl:4 {}", "twice r.jsonl:4 {SessionId=s1}", "the-rule b {}");
    }

    @Test
    void rowsHavePrecisionWhereThereAreVerdicts() throws IOException {
        List<Hit> hits = Backtest.run(set(), recordings());
        Verdicts verdicts =
                new Verdicts(Map.of(Verdicts.key("the-rule", "a"), true, Verdicts.key("the-rule", "b"), false));
        List<Row> rows = Backtest.rows(set(), hits, verdicts);
        assertThat(rows.getFirst()).isEqualTo(new Row("the-rule", "a rule", 3, 1, 1));
        assertThat(rows.getFirst().precision()).isEqualTo(0.5);
        assertThat(rows.getLast().precision()).isNegative();
    }

    @Test
    void anotherSetLosesAndFindsHits() throws IOException {
        List<Hit> hits = Backtest.run(set(), recordings());
        List<Hit> other = Backtest.run(Rules.load(Rules.selection("F: y")), recordings());
        assertThat(Backtest.without(hits, other))
                .extracting(Hit::key)
                .doesNotContain("the-rule r.jsonl:4 {}")
                .hasSize(3);
        assertThat(Backtest.without(other, hits)).isEmpty();
    }

    @Test
    void theTimeOfARuleIsThatOfItsLogSource() throws IOException {
        AtomicLong clock = new AtomicLong();
        assertThat(Backtest.time(set(), recordings(), () -> clock.addAndGet(7)))
                .containsExactly(Map.entry("the-rule", 7L));
    }

    @Test
    void compressedFilesAreReadAndBadLinesAreNamed() throws IOException {
        Path packed = folder.resolve("r.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(LINES.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(Recordings.read(List.of(packed))).hasSize(2);
        for (String bad : List.of("{\"F\": 1}", "[1]", "{\"_source\": \"a/b\", \"_at\": \"now\"}", "{")) {
            Path file = folder.resolve("bad.txt");
            Files.writeString(file, bad);
            assertThatThrownBy(() -> Recordings.read(List.of(file)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("bad.txt:1: ");
        }
        assertThatThrownBy(() -> Recordings.read(List.of(folder.resolve("none"))))
                .hasMessageContaining("expected: a readable file or folder");
    }
}
