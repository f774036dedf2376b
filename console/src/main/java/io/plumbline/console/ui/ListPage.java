package io.plumbline.console.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.DetachEvent;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.grid.Grid;
import com.vaadin.flow.component.grid.GridVariant;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Span;
import io.plumbline.console.live.Source;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A page with one live list. Changed rows are redrawn in place; new rows wait behind a pill. A click opens a row, as Enter does the selected
 * one.
 *
 * @param <S> what the rows are made from
 * @param <T> the row
 */
abstract class ListPage<S, T> extends Div {
    private static final long serialVersionUID = 1;

    private final transient Source<S> source;
    private final transient SteadyRows<T> rows;
    private final Grid<SteadyRows.Row<T>> grid = new Grid<>();
    private final NativeButton pill = new NativeButton();
    private final Span summary = new Span();
    private transient Runnable unsubscribe = () -> {};

    ListPage(Source<S> source, String title, String gridId, Function<T, String> id) {
        this.source = source;
        this.rows = new SteadyRows<>(id);
        addClassName("list-page");
        Div head = new Div();
        head.addClassName("page-head");
        summary.addClassName("mut");
        pill.addClassName("pill");
        pill.setId("new-rows");
        pill.addClickListener(click -> showNewest());
        head.add(new H1(title), summary, pill);
        grid.setId(gridId);
        grid.addThemeVariants(GridVariant.LUMO_NO_BORDER, GridVariant.LUMO_COMPACT);
        grid.setSelectionMode(Grid.SelectionMode.SINGLE);
        grid.addItemClickListener(click -> open(click.getItem().value()));
        grid.getElement().setAttribute("aria-label", title);
        Keys keys = new Keys()
                .on("j", "next", () -> step(1))
                .on("k", "previous", () -> step(-1))
                .on("Enter", "open", () -> selected().ifPresent(row -> open(row.value())))
                .on("r", "show new ones", this::showNewest);
        add(keys, head, grid);
    }

    private Optional<SteadyRows.Row<T>> selected() {
        return grid.asSingleSelect().getOptionalValue();
    }

    private void step(int by) {
        List<SteadyRows.Row<T>> all = rows.rows();
        if (!all.isEmpty()) {
            int at = selected().map(all::indexOf).orElse(-1);
            int next = Math.clamp(at + by, 0, all.size() - 1);
            grid.select(all.get(next));
            grid.scrollToIndex(Math.max(0, next - 4));
        }
    }

    abstract List<T> select(S newest);

    abstract String summarise(S newest);

    /** What stands where no row is. */
    abstract String emptiness(S newest);

    abstract void open(T row);

    /** What a row that stays on the page says once the newest list has it no more. */
    T departed(T last) {
        return last;
    }

    Grid<SteadyRows.Row<T>> grid() {
        return grid;
    }

    @Override
    protected void onAttach(AttachEvent attach) {
        UI ui = attach.getUI();
        S now = source.current();
        rows.update(select(now));
        showNewest();
        tell(now);
        unsubscribe = source.subscribe(newest -> ui.access(() -> show(newest)));
    }

    @Override
    protected void onDetach(DetachEvent detach) {
        unsubscribe.run();
    }

    private void show(S newest) {
        tell(newest);
        rows.update(select(newest)).forEach(grid.getListDataView()::refreshItem);
        rows.departed().stream()
                .flatMap(row -> rows.replace(departed(row.value())).stream())
                .forEach(grid.getListDataView()::refreshItem);
        if (rows.rows().isEmpty()) {
            // Nobody points at an empty list.
            showNewest();
            return;
        }
        updatePill();
    }

    private void tell(S newest) {
        summary.setText(summarise(newest));
        grid.setEmptyStateText(emptiness(newest));
    }

    private void showNewest() {
        grid.setItems(rows.showNewest());
        updatePill();
    }

    private void updatePill() {
        int waiting = rows.waiting();
        pill.setVisible(waiting > 0);
        pill.setText(waiting + " new");
    }
}
