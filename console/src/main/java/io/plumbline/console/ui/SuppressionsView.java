package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.grid.Grid;
import com.vaadin.flow.component.grid.GridVariant;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SuppressionRow;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.text.VisibleText;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The suppressions of the tenant, those in force first, with what each has kept from waiting, and how each ends. */
@Route(value = "suppressions", layout = MainLayout.class)
@PageTitle("Plumbline · suppressions")
@PermitAll
public class SuppressionsView extends Div implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private final transient Search search;
    private final transient Orders orders;
    private final transient Clock clock;
    private final transient Person person = SignedIn.person();
    private final Grid<SuppressionRow> grid = new Grid<>();
    private final Span summary = new Span();
    private final Div status = new Div();
    private final Div message = new Div();
    private final transient PageReading reading = new PageReading();
    private transient Map<String, Long> covered = Map.of();

    private record Known(List<SuppressionRow> rows, Map<String, Long> covered) {}

    public SuppressionsView(Search search, Orders orders, Clock clock) {
        this.search = search;
        this.orders = orders;
        this.clock = clock;
        addClassName("list-page");
        summary.addClassName("mut");
        summary.setId("suppressions-summary");
        status.setId("suppression-status");
        status.getElement().setAttribute("role", "status");
        status.addClassName("decision-status");
        Div head = new Div(new H1("Suppressions"), summary, Parts.text("", "sp"), status);
        head.addClassName("page-head");
        message.addClassName("empty");
        columns();
        add(head, message, grid);
    }

    private void columns() {
        grid.setId("suppressions");
        grid.addThemeVariants(GridVariant.LUMO_NO_BORDER, GridVariant.LUMO_COMPACT, GridVariant.LUMO_WRAP_CELL_CONTENT);
        grid.setSelectionMode(Grid.SelectionMode.NONE);
        grid.getElement().setAttribute("aria-label", "Suppressions of the tenant");
        grid.addComponentColumn(this::state).setHeader("State").setWidth("90px").setFlexGrow(0);
        grid.addComponentColumn(row -> Parts.said(row.scope(), 300, "mono", "whole"))
                .setHeader("Covers")
                .setFlexGrow(3);
        grid.addComponentColumn(this::alerts)
                .setHeader("Alerts kept")
                .setWidth("110px")
                .setFlexGrow(0);
        grid.addColumn(row -> VisibleText.line(row.owner(), 40))
                .setHeader("Owner")
                .setWidth("120px")
                .setFlexGrow(0);
        grid.addComponentColumn(row -> Parts.said(row.reason(), 500, "whole"))
                .setHeader("Reason")
                .setFlexGrow(3);
        grid.addComponentColumn(this::until)
                .setHeader("Until")
                .setWidth("210px")
                .setFlexGrow(0);
        grid.addComponentColumn(this::ending).setHeader("End").setWidth("110px").setFlexGrow(0);
    }

    private Component state(SuppressionRow row) {
        String state = row.state(clock.instant());
        return Parts.text(state, state.equals("in force") ? "waits" : state.equals("refused") ? "bad" : "mut");
    }

    private Component alerts(SuppressionRow row) {
        RouterLink link = new RouterLink();
        link.setRoute(AlertsView.class);
        link.setQueryParameters(
                QueryParameters.simple(Map.of("state", "suppressed", "q", "plumbline.suppression:" + row.id())));
        link.setText(Long.toString(covered.getOrDefault(row.id(), 0L)));
        return link;
    }

    private Component until(SuppressionRow row) {
        if (!row.refused().isEmpty()) {
            return Parts.said(row.refused(), 200, "bad", "whole");
        }
        return row.end()
                .map(end -> Parts.said(
                        "ended by " + end.by() + ", " + Parts.moment(end.at(), clock.instant()) + ": " + end.reason(),
                        300,
                        "mut",
                        "whole"))
                .orElseGet(() -> Parts.text(Parts.moment(row.expires(), clock.instant()), "whole"));
    }

    private Component ending(SuppressionRow row) {
        if (!row.isInForce(clock.instant())) {
            return new Span();
        }
        NativeButton end = Parts.button("End…", "end-" + row.id(), "small", () -> end(row));
        end.getElement().setAttribute("aria-label", "End the suppression of " + VisibleText.line(row.scope(), 80));
        return Parts.permitted(end, person, Permission.TRIAGE);
    }

    private void end(SuppressionRow row) {
        new ReasonDialog(
                        "End the suppression",
                        VisibleText.line(row.scope(), 160) + ": what it kept from waiting is open again.",
                        "End it",
                        "confirm-end",
                        words -> switch (orders.endSuppression(row.id(), words, person)) {
                            case Outcome.Accepted accepted -> {
                                status.setText("requested: end");
                                follow(row.id(), accepted.event());
                                yield "";
                            }
                            case Outcome.Refused refused -> refused.explanation();
                        })
                .open();
    }

    private void follow(String id, String order) {
        UI ui = UI.getCurrent();
        Watch.until(() -> {
            Optional<SuppressionRow.End> end = search.suppression(id).flatMap(SuppressionRow::end);
            end.ifPresent(told -> ui.access(() -> {
                status.setText(
                        told.event().equals(order)
                                ? "recorded: ended"
                                : "refused: " + VisibleText.line(told.by(), 60) + " has ended it before");
                read(ui);
            }));
            return end.isPresent();
        });
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        message.setVisible(false);
        read(event.getUI());
    }

    private void read(UI ui) {
        summary.setText("reading…");
        reading.ask(
                this,
                ui,
                () -> new Known(search.suppressions(Search.MAX_RESULTS), search.suppressedAlerts()),
                this::show,
                () -> {
                    grid.setVisible(false);
                    summary.setText("not known");
                    message.setVisible(true);
                    message.setText("The search copy does not answer. Nothing is known about suppressions right now.");
                });
    }

    private void show(Known known) {
        Instant now = clock.instant();
        List<SuppressionRow> rows = known.rows();
        covered = known.covered();
        long inForce = rows.stream().filter(row -> row.isInForce(now)).count();
        summary.setText(inForce + " in force");
        grid.setItems(Stream.concat(
                        rows.stream().filter(row -> row.isInForce(now)),
                        rows.stream().filter(row -> !row.isInForce(now)))
                .toList());
        grid.setVisible(!rows.isEmpty());
        message.setVisible(rows.isEmpty());
        message.setText("Nothing is suppressed for the whole tenant. Suppress an alert and choose all sessions.");
    }
}
