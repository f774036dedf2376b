package io.plumbline.console.ui;

import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouteAlias;
import com.vaadin.flow.router.RouteParameters;
import io.plumbline.console.live.LiveView;
import io.plumbline.console.live.Snapshot;
import io.plumbline.console.search.AlertRow;
import io.plumbline.console.text.VisibleText;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The alerts: open ones first, then by severity, then the newest. */
@Route(value = "alerts", layout = MainLayout.class)
@RouteAlias(value = "", layout = MainLayout.class)
@PageTitle("Plumbline · alerts")
@PermitAll
public class AlertsView extends ListPage<AlertRow> implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private static final Comparator<AlertRow> ORDER = Comparator.comparing(AlertRow::isOpen)
            .thenComparingInt(AlertRow::severityNumber)
            .thenComparing(AlertRow::at)
            .reversed();

    public AlertsView(LiveView live, Clock clock) {
        super(live, "Alerts", "alerts", AlertRow::id);
        grid().addComponentColumn(row -> severity(row.value()))
                .setHeader("Severity")
                .setWidth("120px")
                .setFlexGrow(0);
        grid().addComponentColumn(row -> what(row.value()))
                .setHeader("What was seen")
                .setFlexGrow(5);
        grid().addColumn(row -> row.value().kind())
                .setHeader("Kind")
                .setWidth("130px")
                .setFlexGrow(0);
        grid().addColumn(row -> VisibleText.line(row.value().task(), 120))
                .setHeader("Task")
                .setFlexGrow(2);
        grid().addColumn(row -> VisibleText.line(row.value().agent(), 30))
                .setHeader("Agent")
                .setWidth("120px")
                .setFlexGrow(0);
        grid().addColumn(row ->
                        "+" + row.value().riskAdded() + " → " + row.value().risk())
                .setHeader("Risk")
                .setWidth("100px")
                .setFlexGrow(0);
        grid().addColumn(row -> row.value().status().replace('_', ' '))
                .setHeader("Triage")
                .setWidth("120px")
                .setFlexGrow(0);
        grid().addColumn(row -> Parts.age(Optional.of(row.value().at()), clock.instant()))
                .setHeader("Age")
                .setWidth("80px")
                .setFlexGrow(0);
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        if (event.getLocation().getPath().isEmpty()) {
            event.forwardTo("alerts");
        }
    }

    private static Span severity(AlertRow alert) {
        return Parts.text(Parts.tierMark(alert.severity()) + alert.severity(), "tier", alert.severity());
    }

    private static Div what(AlertRow alert) {
        Div cell =
                new Div(Parts.said(alert.title(), 100), Parts.text("  "), Parts.said(alert.seen(), 140, "mono", "mut"));
        cell.getStyle().set("overflow", "hidden").set("text-overflow", "ellipsis");
        return cell;
    }

    @Override
    List<AlertRow> select(Snapshot snapshot) {
        return snapshot.alerts().stream().sorted(ORDER).toList();
    }

    @Override
    String summarise(Snapshot snapshot) {
        return snapshot.openAlerts() + " open";
    }

    @Override
    void open(AlertRow alert) {
        getUI().ifPresent(ui -> ui.navigate(
                SessionView.class, new RouteParameters("id", alert.session()), QueryParameters.of("at", alert.id())));
    }
}
