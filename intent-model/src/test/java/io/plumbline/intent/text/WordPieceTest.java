package io.plumbline.intent.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.intent.IntentModelException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class WordPieceTest {
    private static final String VOCABULARY = """
            [PAD]
            [UNK]
            [CLS]
            [SEP]
            un
            ##aff
            ##able
            cafe
            .
            -
            x
            \u4e2d
            """;

    @Test
    void takesTheLongestPiecesFromTheLeft() throws IntentModelException {
        assertThat(tokenizer().pieces("UNaffable caf\u00e9.-x \u4e2dzz", 20))
                .containsExactly(4, 5, 6, 7, 8, 9, 10, 11, 1);
    }

    @Test
    void stopsAtItsLimit() throws IntentModelException {
        assertThat(tokenizer().pieces("x ".repeat(50), 7)).hasSize(7);
        assertThat(tokenizer().pieces("y".repeat(5_000), 7)).containsExactly(1);
    }

    @Test
    void framesAWindow() throws IntentModelException {
        assertThat(tokenizer().framed(new int[] {4, 5, 6}, 1, 3)).containsExactly(2, 5, 6, 3);
    }

    @Test
    void refusesAFileWithoutVocabulary() {
        assertThatThrownBy(() -> WordPiece.read("no\npieces\n".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IntentModelException.class)
                .hasMessageContaining("[UNK]");
    }

    @Test
    void refusesAPieceThatIsThereTwice() {
        assertThatThrownBy(() -> WordPiece.read((VOCABULARY + "cafe\n").getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IntentModelException.class)
                .hasMessageContaining("'cafe' twice");
    }

    @Test
    void theShippedVocabularyIsThatOfTheBaseModel() throws IntentModelException {
        assertThat(WordPiece.shipped().pieces("list the files", 9)).containsExactly(2862, 1996, 6764);
    }

    private static WordPiece tokenizer() throws IntentModelException {
        return WordPiece.read(VOCABULARY.getBytes(StandardCharsets.UTF_8));
    }
}
