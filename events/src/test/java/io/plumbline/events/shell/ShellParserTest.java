package io.plumbline.events.shell;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plumbline.events.shell.ShellNode.Compound;
import io.plumbline.events.shell.ShellNode.Function;
import io.plumbline.events.shell.ShellNode.Item;
import io.plumbline.events.shell.ShellNode.Joint;
import io.plumbline.events.shell.ShellNode.Kind;
import io.plumbline.events.shell.ShellNode.Pipeline;
import io.plumbline.events.shell.ShellNode.Redirection;
import io.plumbline.events.shell.ShellNode.Sequence;
import io.plumbline.events.shell.ShellNode.Simple;
import io.plumbline.events.shell.ShellWord.Part;
import io.plumbline.events.shell.Uninspectable.Reason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShellParserTest {
    @Test
    void separatesListsAndPipelines() {
        List<Item> items = items("a && b | c || d & e; f\ng # not h");

        assertThat(items)
                .extracting(Item::joint)
                .containsExactly(Joint.FIRST, Joint.AND, Joint.OR, Joint.AFTER_BACKGROUND, Joint.THEN, Joint.THEN);
        assertThat(items.get(1).node()).isInstanceOfSatisfying(Pipeline.class, pipeline -> assertThat(pipeline.stages())
                .hasSize(2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '¤',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "'a b'¦a b",
                "\"a b\"¦a b",
                "a\\ b¦a b",
                "a'b'\"c\"d¦abcd",
                "$'a\\x62\\u0063\\144'¦abcd",
                "\"a\\$b\\`c\\\\d\\e\"¦a$b`c\\d\\e",
                "'a\\b'¦a\\b",
                "@(a|b)¦@(a|b)",
                "\"\"¦",
                "a$¦a$"
            })
    void removesQuotes(String word, String expected) {
        Simple simple = simple("x " + word);

        assertThat(simple.words().get(1).literal()).contains(expected == null ? "" : expected);
    }

    @Test
    void keepsExpansionsAsParts() {
        Simple simple = simple("x a$b\"${c:-d}$(e f)\"`g`$((1 + $h))<(i)");

        assertThat(simple.words().get(1).parts())
                .hasExactlyElementsOfTypes(
                        Part.Text.class,
                        Part.Variable.class,
                        Part.Variable.class,
                        Part.CommandOutput.class,
                        Part.CommandOutput.class,
                        Part.Arithmetic.class,
                        Part.ProcessFile.class);
        assertThat(simple.words().get(1).literal()).isEmpty();
    }

    @Test
    void readsAssignmentsAndRedirections() {
        Simple simple = simple("A=1 B+='x y' C=(1 2) run <in >>out 2>&1 {fd}>x &>all >|force <<<here");

        assertThat(simple.assignments()).extracting(ShellNode.Assignment::name).containsExactly("A", "B", "C");
        assertThat(simple.assignments().get(2).values()).hasSize(2);
        assertThat(simple.words()).hasSize(1);
        assertThat(simple.redirections())
                .extracting(Redirection::operator)
                .containsExactly("<", ">>", ">&", ">", "&>", ">|", "<<<");
    }

    @Test
    void readsHereDocumentsAfterTheLineThatNamesThem() {
        List<Item> items = items("cat <<A <<-'B' | wc\n$x\nA\n\tplain $y\n\tB\nnext");

        Pipeline pipeline = (Pipeline) items.getFirst().node();
        List<Redirection> texts = ((Simple) pipeline.stages().getFirst()).redirections();
        assertThat(texts.get(0).target().literal()).as("expanded").isEmpty();
        assertThat(texts.get(1).target().literal()).contains("plain $y\n");
        assertThat(simple(items.get(1)).words().getFirst().literal()).contains("next");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "if a; then b; elif c; then d; else e; fi¦IF¦5",
                "while a; do b; done¦WHILE¦2",
                "until a; do b; done < in¦UNTIL¦2",
                "for i in 1 2; do a; b; done¦FOR¦1",
                "for ((i = 0; i < 3; i++)); do a; done¦FOR¦1",
                "for i; do a; done¦FOR¦1",
                "select i in a; do b; done¦SELECT¦1",
                "case $x in a|b) c;; (d) e;& *) f; esac¦CASE¦3",
                "{ a; b; }¦GROUP¦1",
                "(a; (b))¦SUBSHELL¦1",
                "((a) | (b))¦SUBSHELL¦1",
                "((1 + 2))¦TEST¦0",
                "[[ -f a && b =~ ^c$ ]]¦TEST¦0"
            })
    void readsCompoundCommands(String text, Kind kind, int parts) {
        assertThat(items(text)).singleElement().satisfies(item -> {
            Compound compound = (Compound) item.node();
            assertThat(compound.kind()).isEqualTo(kind);
            assertThat(compound.parts()).hasSize(parts);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"f() { a; }", "f () ( a )", "function f { a; }", "function f() { a; }"})
    void readsFunctions(String text) {
        assertThat(items(text)).singleElement().satisfies(item -> assertThat(((Function) item.node()).name())
                .isEqualTo("f"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a 'b",
                "a \"b",
                "a $(b",
                "a `b",
                "if a; then b",
                "case a in b) c",
                "( a",
                "a )",
                "done",
                "for",
                "a ${b",
                "f( x",
                "a | | b",
                "a && ; b",
                "<",
                "[[ a"
            })
    void whatItCannotParseIsUninspectableAndWhatStandsBeforeItIsKept(String text) {
        ShellScript script = ShellParser.parse("first; " + text);

        assertThat(script.uninspectable()).extracting(Uninspectable::reason).contains(Reason.SYNTAX);
        assertThat(((Sequence) script.root()).items()).isNotEmpty();
    }

    @Test
    void namesThePlaceThatItCannotParse() {
        Uninspectable why = ShellParser.parse("echo a; echo )").uninspectable().getFirst();

        assertThat(why.at()).isEqualTo(13);
        assertThat(why.detail()).isEqualTo(")");
    }

    @Test
    void isBoundedInLengthDepthAndSize() {
        assertThat(ShellParser.parse("a".repeat(ShellParser.MAX_CHARACTERS + 1)).uninspectable())
                .extracting(Uninspectable::reason)
                .containsExactly(Reason.TOO_LONG);
        for (String open : List.of("$(", "(", "{ ", "\"$(", "`\\`", "${a:-", "if ", "((", "<(", "!(")) {
            String deep = open.repeat(ShellParser.MAX_CHARACTERS / open.length());
            assertThat(ShellParser.parse(deep).uninspectable()).as(open).isNotEmpty();
        }
        assertThat(ShellParser.parse("a;".repeat(ShellParser.MAX_NODES / 2 + 10))
                        .uninspectable())
                .extracting(Uninspectable::reason)
                .containsExactly(Reason.TOO_LARGE);
    }

    @FuzzTest
    void anyTextHasAResult(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        ShellCommands commands = ShellCommands.of(text);
        for (Uninspectable part : commands.uninspectable()) {
            assertThat(part.detail().length()).isLessThanOrEqualTo(Uninspectable.MAX_DETAIL + 1);
        }
        assertThat(ShellCommands.of(text)).isEqualTo(commands);
    }

    private static List<Item> items(String text) {
        ShellScript script = ShellParser.parse(text);
        assertThat(script.uninspectable()).as(text).isEmpty();
        return ((Sequence) script.root()).items();
    }

    private static Simple simple(String text) {
        List<Item> items = items(text);
        assertThat(items).hasSize(1);
        return simple(items.getFirst());
    }

    private static Simple simple(Item item) {
        return (Simple) item.node();
    }
}
