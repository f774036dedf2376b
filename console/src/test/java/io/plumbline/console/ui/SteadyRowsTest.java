package io.plumbline.console.ui;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SteadyRowsTest {
    private record Item(String id, int version) {}

    private final SteadyRows<Item> rows = new SteadyRows<>(Item::id);

    @Test
    void newRowsWaitUntilTheyAreAskedFor() {
        rows.update(List.of(new Item("a", 1)));
        rows.showNewest();

        rows.update(List.of(new Item("b", 1), new Item("a", 1)));

        assertThat(rows.waiting()).isEqualTo(1);
        assertThat(rows.rows()).extracting(row -> row.value().id()).containsExactly("a");
        assertThat(rows.showNewest()).extracting(row -> row.value().id()).containsExactly("b", "a");
        assertThat(rows.waiting()).isZero();
    }

    @Test
    void aChangedRowKeepsItsPlaceAndItsIdentity() {
        rows.update(List.of(new Item("a", 1), new Item("b", 1)));
        SteadyRows.Row<Item> selected = rows.showNewest().getFirst();

        List<SteadyRows.Row<Item>> changed = rows.update(List.of(new Item("b", 1), new Item("a", 2)));

        assertThat(changed).containsExactly(selected);
        assertThat(selected.value().version()).isEqualTo(2);
        assertThat(rows.rows()).extracting(row -> row.value().id()).containsExactly("a", "b");
        assertThat(rows.showNewest()).contains(selected);
    }

    @Test
    void aRowThatIsGoneStaysUntilTheListIsRenewed() {
        rows.update(List.of(new Item("a", 1)));
        rows.showNewest();

        rows.update(List.of());

        assertThat(rows.rows()).hasSize(1);
        assertThat(rows.showNewest()).isEmpty();
    }
}
