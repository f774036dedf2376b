package io.plumbline.console.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VisibleTextTest {
    @ParameterizedTest
    @CsvSource({
        "202e", "202d", "2066", "2069", "200b", "200d", "2060", "feff", "001b", "0000", "009b", "2028", "00a0", "fe0f",
        "3164", "00ad"
    })
    void escapesWhatAReaderCannotSee(String hex) {
        String character = new String(Character.toChars(Integer.parseInt(hex, 16)));

        assertThat(VisibleText.block("a" + character + "b")).isEqualTo("a\\u" + hex + "b");
        assertThat(VisibleText.explain("\\u" + hex)).isNotEmpty();
    }

    @Test
    void escapesTagCharactersBeyondTheBasicPlane() {
        assertThat(VisibleText.line(new String(Character.toChars(0xe0041)))).isEqualTo("\\u{e0041}");
    }

    @Test
    void keepsLettersOfEveryScriptAndMarkupAsTheyAre() {
        String text = "grüße 日本語 עברית 🙂 <b>&amp;</b>";

        assertThat(VisibleText.block(text)).isEqualTo(text);
    }

    @Test
    void oneLineHasNoLineFeed() {
        assertThat(VisibleText.line("a\nb\tc\rd")).isEqualTo("a\\nb\\tc\\u000dd");
        assertThat(VisibleText.block("a\nb\tc")).isEqualTo("a\nb\tc");
    }

    @Test
    void cutsBetweenCharactersNotInsideOne() {
        assertThat(VisibleText.line("abcdef", 4)).isEqualTo("abc…");
        assertThat(VisibleText.line("ab🙂def", 4)).isEqualTo("ab…");
    }

    @Test
    void aLoneSurrogateIsEscaped() {
        assertThat(VisibleText.line("a\ud83db")).isEqualTo("a\\ud83db");
    }

    @Test
    void piecesTellEscapesFromTextThatLooksLikeOne() {
        assertThat(VisibleText.pieces("\\u202e\u202e"))
                .containsExactly(new VisibleText.Piece("\\u202e", false), new VisibleText.Piece("\\u202e", true));
    }
}
