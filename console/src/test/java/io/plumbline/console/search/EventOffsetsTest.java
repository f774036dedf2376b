package io.plumbline.console.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.console.search.EventOffsets.Piece;
import io.plumbline.console.search.EventOffsets.Place;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventOffsetsTest {
    private static final EventOffsets OFFSETS =
            EventOffsets.of(List.of(new Piece(100, 3), new Piece(200, 0), new Piece(300, 2)));

    @Test
    void eachEventIsInThePieceThatHoldsIt() {
        assertThat(OFFSETS.total()).isEqualTo(5);
        assertThat(OFFSETS.place(0)).isEqualTo(new Place(100, 0));
        assertThat(OFFSETS.place(2)).isEqualTo(new Place(100, 2));
        assertThat(OFFSETS.place(3)).isEqualTo(new Place(300, 0));
        assertThat(OFFSETS.place(4)).isEqualTo(new Place(300, 1));
        assertThat(OFFSETS.readable(3)).isEqualTo(2);
    }

    @Test
    void beyondTheEndThereIsNothing() {
        assertThatThrownBy(() -> OFFSETS.place(5)).hasMessageContaining("offset: 5 (expected: 0 to 4)");
        assertThatThrownBy(() -> EventOffsets.EMPTY.place(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void morePerPieceThanTheStorePagesIsSaidToBeCut() {
        EventOffsets dense = EventOffsets.of(List.of(new Piece(1, 20_000), new Piece(2, 1)));
        assertThat(dense.isCut()).isTrue();
        assertThat(dense.total()).isEqualTo(EventOffsets.MAX_IN_PIECE + 1L);
        assertThat(dense.place(EventOffsets.MAX_IN_PIECE)).isEqualTo(new Place(2, 0));
        // Not into those that are not counted: they would stand where the next piece's are.
        assertThat(dense.readable(EventOffsets.MAX_IN_PIECE - 10)).isEqualTo(10);
        assertThat(dense.readable(EventOffsets.MAX_IN_PIECE)).isEqualTo(1);
        assertThat(OFFSETS.isCut()).isFalse();
    }

    @Test
    void piecesComeInTheOrderOfTime() {
        assertThatThrownBy(() -> EventOffsets.of(List.of(new Piece(2, 1), new Piece(2, 1))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
