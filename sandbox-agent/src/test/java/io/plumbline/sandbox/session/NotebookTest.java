package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.plumbline.sandbox.session.FileEdit.Effect;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotebookTest {
    private static final String BEFORE = """
            {"cells": [
               {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# One\\n", "two"]},
               {"cell_type": "code", "execution_count": 3, "id": "b", "metadata": {}, "outputs": [{"text": "1"}], "source": "x = 1"},
               {"cell_type": "code", "execution_count": 4.0, "metadata": {}, "outputs": [], "source": "x"}],
             "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
            """;

    @Test
    void aCellIsReplacedAndItsOutputsAreTheAgentsToClear() throws Exception {
        Effect effect = edited(Map.of("cell_id", "b", "new_source", "x = 2"));

        String rewritten = BEFORE.replace("\"x = 1\"", "[\"x = 2\"]")
                .replace("\"execution_count\": 3", "\"execution_count\": null")
                .replace("[{\"text\": \"1\"}]", "[]")
                .replace("4.0", "4");
        assertThat(same(effect, rewritten)).isTrue();
        assertThat(same(effect, BEFORE)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "two | evil",
                "\"source\": \"x\" | \"source\": \"evil\"",
                "python3 | evil",
                "\"outputs\": [], | \"outputs\": [{\"text\": \"evil\"}],",
                "x = 2 | evil"
            })
    void whatElseChangesIsAnotherContent(String right, String evil) throws Exception {
        Effect effect = edited(Map.of("cell_id", "b", "new_source", "x = 2"));
        String after = BEFORE.replace("x = 1", "x = 2");
        assertThat(after).contains(right);

        assertThat(same(effect, after)).isTrue();
        assertThat(same(effect, after.replace(right, evil))).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"text\": \"1\"} | {\"data\": {\"text/html\": \"<script>evil()</script>\"}}",
                "\"execution_count\": 3, | \"execution_count\": 9,",
                "\"execution_count\": 3, | \"attachments\": {\"a\": \"evil\"}, \"execution_count\": 3,",
                "\"id\": \"b\", \"metadata\": {}, | \"id\": \"b\", \"metadata\": {\"init_cell\": true},"
            })
    void whatIsNewBesideTheSourceOfTheEditedCellIsAnotherContent(String right, String evil) throws Exception {
        Effect effect = edited(Map.of("cell_id", "b", "new_source", "x = 2"));
        String after = BEFORE.replace("x = 1", "x = 2");
        assertThat(after).contains(right);

        assertThat(same(effect, after.replace(right, evil))).isFalse();
    }

    /** Tags say which cells are run, and who may change one. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"tags\": [\"skip-execution\"]} | {}",
                "\"metadata\": {\"tags\": [\"skip-execution\"]}, | ''",
                "\"id\": \"b\" | \"id\": \"c\""
            })
    void whatIsNotTheAgentsToClearStaysInTheEditedCell(String right, String evil) throws Exception {
        String tagged = BEFORE.replace(
                "\"id\": \"b\", \"metadata\": {}", "\"id\": \"b\", \"metadata\": {\"tags\": [\"skip-execution\"]}");
        Effect effect = edited(Map.of("cell_id", "b", "new_source", "x = 2"), tagged);
        String after = tagged.replace("x = 1", "x = 2");
        assertThat(after).contains(right);

        assertThat(same(effect, after)).isTrue();
        assertThat(same(effect, after.replace(right, evil))).isFalse();
    }

    @Test
    void aCellThatIsPutInHasNothingBesideItsSource() throws Exception {
        Effect effect = edited(Map.of("edit_mode", "insert", "cell_type", "code", "new_source", "new"));
        String cell = "{\"cell_type\": \"code\", \"id\": \"made\", \"outputs\": [%s], \"source\": \"new\"},";
        String first = "{\"cell_type\": \"markdown\"";

        assertThat(same(effect, BEFORE.replace(first, cell.formatted("") + first)))
                .isTrue();
        assertThat(same(effect, BEFORE.replace(first, cell.formatted("{\"text\": \"evil\"}") + first)))
                .isFalse();
    }

    @Test
    void aCellIsPutInBehindAnotherOrFirst() throws Exception {
        String cell =
                "{\"cell_type\": \"code\", \"id\": \"made\", \"metadata\": {}, \"outputs\": [], \"source\": \"new\"},";
        Map<String, Object> arguments = Map.of("edit_mode", "insert", "cell_type", "code", "new_source", "new");
        Effect first = edited(arguments);
        Effect behind = edited(with(arguments, "cell_id", "a"));

        String atBegin = BEFORE.replace("{\"cell_type\": \"markdown\"", cell + "{\"cell_type\": \"markdown\"");
        String second = BEFORE.replace(
                "{\"cell_type\": \"code\", \"execution_count\": 3",
                cell + "{\"cell_type\": \"code\", \"execution_count\": 3");
        assertThat(same(first, atBegin)).isTrue();
        assertThat(same(first, second)).isFalse();
        assertThat(same(behind, second)).isTrue();
        assertThat(same(behind, atBegin)).isFalse();
    }

    @Test
    void aCellIsRemovedByItsNumberWhereItHasNoId() throws Exception {
        Effect effect = edited(Map.of("edit_mode", "delete", "cell_id", "cell-2", "new_source", ""));

        String after = BEFORE.substring(0, BEFORE.indexOf(",\n   {\"cell_type\": \"code\", \"execution_count\": 4.0"))
                + BEFORE.substring(BEFORE.lastIndexOf("]"));
        assertThat(same(effect, after)).isTrue();
        assertThat(same(effect, BEFORE)).isFalse();
    }

    @Test
    void theTypeOfACellMayChange() throws Exception {
        Effect effect = edited(Map.of("cell_id", "a", "new_source", "y", "cell_type", "code"));

        assertThat(same(effect, BEFORE.replace("markdown", "code").replace("[\"# One\\n\", \"two\"]", "\"y\"")))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "cell_id, z, not-found",
        "cell_id, '', not-found",
        "cell_id, cell-1, not-found",
        "edit_mode, merge, unreadable-arguments",
        "fuzzy, yes, unknown-argument"
    })
    void whatIsNotSureIsNotKnown(String name, String value, String why) throws Exception {
        assertThat(edited(with(Map.of("cell_id", "b", "new_source", "y"), name, value))
                        .after()
                        .unknown())
                .isEqualTo(why);
    }

    @Test
    void twoCellsOfOneIdAreAmbiguousAndOtherFilesAreNoNotebook() throws Exception {
        Map<String, Object> arguments = Map.of("cell_id", "b", "new_source", "y");

        assertThat(edited(arguments, BEFORE.replace("\"a\"", "\"b\"")).after().unknown())
                .isEqualTo("ambiguous");
        assertThat(edited(arguments, "{\"cells\": {}}").after().unknown()).isEqualTo("notebook");
        assertThat(edited(arguments, "{\"cells\": [1]}").after().unknown()).isEqualTo("notebook");
        assertThat(edited(arguments, "[".repeat(5_000)).after().unknown()).isEqualTo("notebook");
        assertThat(same(edited(arguments), "no notebook any more")).isFalse();
        String after = BEFORE.replace("x = 1", "y");
        assertThat(same(edited(arguments), after + "\n\n")).isTrue();
        assertThat(same(edited(arguments), after + "{}")).isFalse();
    }

    private static Map<String, Object> with(Map<String, Object> arguments, String name, String value) {
        Map<String, Object> more = new LinkedHashMap<>(arguments);
        more.put(name, value);
        return more;
    }

    private static Effect edited(Map<String, Object> arguments) throws Exception {
        return edited(arguments, BEFORE);
    }

    private static Effect edited(Map<String, Object> arguments, String before) throws Exception {
        JsonMapper json = new JsonMapper();
        return Notebook.edited(json.readTree(json.writeValueAsString(arguments)), FileContent.of(before));
    }

    private static boolean same(Effect effect, String now) {
        assertThat(effect.after().unknown()).isEmpty();
        return effect.after()
                .digests()
                .sameAs(effect.form().apply(FileContent.of(now)).digests());
    }
}
