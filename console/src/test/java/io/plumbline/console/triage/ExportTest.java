package io.plumbline.console.triage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExportTest {
    private static String row(String title) {
        return Export.csv(List.of(Causes.cause(title, List.of(), List.of())));
    }

    @Test
    void noCellIsAFormula() {
        for (String formula : List.of("=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "|calc", "＝1+1")) {
            assertThat(row(formula)).contains(",\"'").doesNotContain(",\"" + formula);
        }
        assertThat(row("a = b")).contains(",\"a = b\"");
    }

    @Test
    void quotesAndLinesStayInTheirCell() {
        String csv = row("a\",\"b\nc\u202e");

        assertThat(csv).contains("\"a\"\",\"\"b\nc\\u202e\"");
        assertThat(csv.lines().findFirst())
                .hasValueSatisfying(head -> assertThat(head).startsWith("\"session\",\"cause\",\"first\""));
    }

    @Test
    void jsonCarriesTheTextAsItCame() throws Exception {
        var list = new ObjectMapper()
                .readTree(Export.json(List.of(
                        Causes.cause("=1+1", List.of(Causes.decision("e-1", "bea", "benign", "")), List.of()))));

        assertThat(list.at("/0/title").asText()).isEqualTo("=1+1");
        assertThat(list.at("/0/history/0/by").asText()).isEqualTo("bea");
    }

    @Test
    void anEmptyListHasAHeader() {
        assertThat(Export.csv(List.of())).startsWith("\"session\"").hasLineCount(1);
    }
}
