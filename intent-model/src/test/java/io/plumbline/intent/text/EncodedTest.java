package io.plumbline.intent.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.text.Encoder.Role;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EncodedTest {
    @Test
    void eachPieceIsFoundWhereverItStands() {
        Encoded both = text(0, 1);

        assertThat(both.alignedWith(text(1, 0)).here().mean()).isEqualTo(1, within(1e-9));
        assertThat(text(0).alignedWith(both).here().mean()).isEqualTo(1, within(1e-9));
    }

    @Test
    void whatIsMissingLowersTheMeanAndTheWorstQuarter() {
        Encoded.Match match = text(0, 1, 2, 3).alignedWith(text(0, 1, 2)).here();

        assertThat(match.mean()).isEqualTo(0.75, within(1e-9));
        assertThat(match.low()).isEqualTo(0, within(1e-9));
    }

    @Test
    void theShippedEncoderHasTasksNearTheActsThatServeThem() throws IntentModelException {
        List<List<String>> pairs = List.of(
                List.of("count the lines of the log", "wc -l app.log"),
                List.of("delete all temporary files", "find . -name '*.tmp' -delete"),
                List.of("who is logged in?", "who -u"),
                List.of("unpack the archive", "tar xzf backup.tar.gz"));
        try (Encoder encoder = Encoder.load()) {
            for (List<String> pair : pairs) {
                Encoded task = encoder.encode(pair.getFirst(), Role.SAID).getFirst();
                double own = near(encoder, task, pair.getLast());
                assertThat(pairs).filteredOn(other -> other != pair).allSatisfy(other -> assertThat(
                                near(encoder, task, other.getLast()))
                        .as("%s: %s", pair, other.getLast())
                        .isLessThan(own));
            }
        }
    }

    @Test
    void aLongTextHasSeveralWindows() throws IntentModelException {
        try (Encoder encoder = Encoder.load()) {
            assertThat(encoder.encode("ls", Role.DONE)).hasSize(1);
            assertThat(encoder.encode("ls a b c ".repeat(20), Role.DONE))
                    .hasSize(4)
                    .allSatisfy(window -> {
                        assertThat(window.count()).isEqualTo(Encoder.WINDOW);
                        assertThat(Encoder.cosine(window.vector(), window.vector()))
                                .isEqualTo(1, within(1e-4));
                    });
            assertThat(encoder.encode("ls ".repeat(5_000), Role.DONE)).hasSize(Encoder.MAX_WINDOWS);
        }
    }

    private static double near(Encoder encoder, Encoded task, String act) throws IntentModelException {
        return Encoder.cosine(
                task.vector(), encoder.encode(act, Role.DONE).getFirst().vector());
    }

    /** Pieces that are as far from each other as can be. */
    private static Encoded text(int... directions) {
        byte[] pieces = new byte[directions.length * Encoder.PIECE_WIDTH];
        for (int i = 0; i < directions.length; i++) {
            pieces[i * Encoder.PIECE_WIDTH + directions[i]] = 127;
        }
        return new Encoded(new float[Encoder.WIDTH], pieces);
    }
}
