package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.DetachEvent;
import com.vaadin.flow.component.grid.Grid;
import com.vaadin.flow.component.grid.GridVariant;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.data.provider.CallbackDataProvider;
import com.vaadin.flow.data.renderer.ComponentRenderer;
import io.plumbline.console.search.EventOffsets;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.search.TimelineEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All events of some kinds of a session, read while somebody scrolls. What comes after the list was opened waits behind a pill: no row
 * moves.
 */
final class EventGrid extends Div {
    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(EventGrid.class);
    private static final int PAGE = 50;

    private final transient Search search;
    private final String session;
    private final transient List<String> actions;
    private final boolean newestFirst;
    private final Grid<TimelineEvent> grid = new Grid<>();
    private final NativeButton pill = new NativeButton();
    private final Span note = new Span();
    private transient Search.EventList list = Search.EventList.EMPTY;
    private transient EventOffsets offsets = EventOffsets.EMPTY;
    /** What is on the page is not all that was asked for; the pill reads it again. */
    private boolean unread;

    /** @param actions which events; empty: every one */
    EventGrid(Search search, String session, List<String> actions, String id, Order order) {
        this.search = search;
        this.session = session;
        this.actions = List.copyOf(actions);
        this.newestFirst = order == Order.NEWEST_FIRST;
        addClassName("event-grid");
        pill.addClassName("pill");
        pill.setId("new-events");
        pill.addClickListener(click -> reopen());
        note.addClassName("mut");
        Div line = new Div(note, pill);
        line.addClassName("pager");
        grid.setId(id);
        grid.addThemeVariants(GridVariant.LUMO_NO_BORDER, GridVariant.LUMO_COMPACT);
        grid.setSelectionMode(Grid.SelectionMode.NONE);
        grid.setPageSize(PAGE);
        grid.setDetailsVisibleOnClick(false);
        grid.getElement().setAttribute("aria-label", "Events");
        add(line, grid);
    }

    enum Order {
        OLDEST_FIRST,
        NEWEST_FIRST
    }

    EventGrid text(String heading, String width, Function<TimelineEvent, String> text) {
        Grid.Column<TimelineEvent> column = grid.addColumn(text::apply).setHeader(heading);
        if (width.isEmpty()) {
            column.setFlexGrow(1);
        } else {
            column.setWidth(width).setFlexGrow(0);
        }
        return this;
    }

    EventGrid component(String heading, String width, Function<TimelineEvent, Component> made) {
        grid.addComponentColumn(made::apply).setHeader(heading).setWidth(width).setFlexGrow(0);
        return this;
    }

    EventGrid details(Function<TimelineEvent, Component> made) {
        grid.setItemDetailsRenderer(new ComponentRenderer<>(made::apply));
        return this;
    }

    EventGrid marked(Predicate<TimelineEvent> deviates) {
        grid.setPartNameGenerator(event -> deviates.test(event) ? "deviates" : null);
        return this;
    }

    /** By a click or, on the row that has the focus, by the space bar. */
    EventGrid onSelect(Consumer<String> select) {
        grid.setSelectionMode(Grid.SelectionMode.SINGLE);
        grid.asSingleSelect().addValueChangeListener(change -> {
            if (change.isFromClient() && change.getValue() != null) {
                select.accept(change.getValue().id());
            }
        });
        return this;
    }

    private void reopen() {
        try {
            open();
        } catch (SearchUnavailableException e) {
            unreadable(e);
        }
    }

    /**
     * Reads the list as it is now.
     *
     * @throws RuntimeException when the search copy does not answer, or nonsense; what is shown stays
     */
    EventGrid open() {
        Search.EventList newest = search.list(session, actions);
        search.release(list);
        list = newest;
        offsets = newest.offsets();
        unread = false;
        note.setText(number(offsets.total()) + " events"
                + (offsets.isCut() ? ", and more at moments that hold too many to be listed" : ""));
        pill.setVisible(false);
        grid.setItems(new CallbackDataProvider<>(
                query -> read(query.getOffset(), query.getLimit()),
                query -> {
                    // The limits of the question have to be read.
                    query.getOffset();
                    query.getLimit();
                    return (int) Math.min(offsets.total(), Integer.MAX_VALUE);
                },
                TimelineEvent::id));
        return this;
    }

    /** What has come meanwhile is counted and not put under anybody's pointer. */
    void grown(long total) {
        if (unread) {
            return;
        }
        long more = total - offsets.total();
        pill.setVisible(more > 0 && !offsets.isCut());
        pill.setText(number(more) + " new");
    }

    void toggleDetails(TimelineEvent event) {
        grid.setDetailsVisible(event, !grid.isDetailsVisible(event));
    }

    void showDetails(TimelineEvent event) {
        grid.setDetailsVisible(event, true);
        grid.getDataProvider().refreshItem(event);
    }

    private Stream<TimelineEvent> read(int offset, int limit) {
        int most = (int) Math.min(limit, Math.max(0, offsets.total() - offset));
        if (most == 0) {
            return Stream.empty();
        }
        try {
            return newestFirst
                    ? all(offsets.total() - offset - most, most).reversed().stream()
                    : all(offset, most).stream();
        } catch (SearchUnavailableException e) {
            unreadable(e);
            return Stream.empty();
        }
    }

    private void unreadable(SearchUnavailableException failure) {
        LOG.debug("a list of events could not be read", failure);
        unread = true;
        note.setText(
                failure.isForgotten()
                        ? "Nobody has read in this list for a while, and it is not kept any longer."
                        : "The search copy does not answer.");
        pill.setText("Read it again");
        pill.setVisible(true);
    }

    @Override
    protected void onDetach(DetachEvent detach) {
        search.release(list);
        list = Search.EventList.EMPTY;
        offsets = EventOffsets.EMPTY;
    }

    /** More than one question when they are in dense pieces of time. */
    private List<TimelineEvent> all(long from, int most) {
        List<TimelineEvent> events = new ArrayList<>();
        while (events.size() < most) {
            List<TimelineEvent> read =
                    search.eventsFrom(session, actions, list, from + events.size(), most - events.size());
            if (read.isEmpty()) {
                break;
            }
            events.addAll(read);
        }
        return events;
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
